import Credit
import Encodings
import Foundation
import Tasks

/// A file with the public vector λ of a credit policy:
///
///     {"cairn_lambda": 1, "lambda": [3, -2, 7], "salt": "<64 hexadecimal digits>"}
///
/// `salt` opens the commitment of a validation policy; prices have none. A plain JSON array of integers is read, too.
struct LambdaFile: Codable {
    var cairnLambda = 1
    var lambda: [Int64]
    var salt: String?

    private enum CodingKeys: String, CodingKey {
        case cairnLambda = "cairn_lambda"
        case lambda, salt
    }

    init(lambda: [Int64], salt: [UInt8]? = nil) {
        self.lambda = lambda
        self.salt = salt.map { Hex.encode($0) }
    }

    static func read(_ path: String) throws -> LambdaFile {
        let data = Data(try UserFile.readUTF8(path, limit: 256 << 20))
        if let lambda = try? JSONDecoder().decode([Int64].self, from: data) { return LambdaFile(lambda: lambda) }
        guard let file = try? JSONDecoder().decode(LambdaFile.self, from: data), file.cairnLambda == 1,
            file.salt == nil || file.saltBytes != nil
        else {
            throw CommandFailure(
                "\(path) does not hold λ: a JSON array of integers, or what `cairn task create` wrote")
        }
        return file
    }

    var saltBytes: [UInt8]? { salt.flatMap { Hex.decode($0) } }

    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// λ of a task, if this file has it.
    func weights(for task: ValidatedTask) -> CreditWeights? {
        try? CreditWeights(lambda: lambda, salt: saltBytes, task: task)
    }
}
