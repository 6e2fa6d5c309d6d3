import DAP
import Encodings
import Foundation
import Tasks

/// A file with the public vector λ of a credit policy:
///
///     {"cairn_lambda": 1, "lambda": [3, -2, 7], "salt": "<64 hexadecimal digits>"}
///
/// `salt` opens the commitment of a validation policy; prices have none. A plain JSON array of integers is read, too.
package struct LambdaFile: Sendable, Equatable {
    package let lambda: [Int64]
    /// What opens the commitment of a validation policy.
    package let salt: [UInt8]?

    package init(lambda: [Int64], salt: [UInt8]? = nil) {
        self.lambda = lambda
        self.salt = salt
    }

    /// Reads the file.
    ///
    /// - Parameter name: The file's, for messages.
    /// - Throws: `.notALambdaFile`.
    package init(json: [UInt8], named name: String) throws(LambdaError) {
        let decoder = JSONDecoder()
        if let lambda = try? decoder.decode([Int64].self, from: Data(json)) {
            self.init(lambda: lambda)
            return
        }
        guard let members = try? decoder.decode(Members.self, from: Data(json)), members.version == 1 else {
            throw .notALambdaFile(name)
        }
        var salt: [UInt8]?
        if let text = members.salt {
            guard let bytes = Hex.decode(text) else { throw .notALambdaFile(name) }
            salt = bytes
        }
        self.init(lambda: members.lambda, salt: salt)
    }

    /// The file's bytes.
    package func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Integers and one string cannot fail to encode.
        let members = Members(version: 1, lambda: lambda, salt: salt.map { Hex.encode($0) })
        return ((try? encoder.encode(members)).map { Array($0) } ?? []) + [UInt8(ascii: "\n")]
    }

    /// λ of a task, if this file has it.
    package func weights(for task: ValidatedTask) -> CreditWeights? {
        try? CreditWeights(lambda: lambda, salt: salt, task: task)
    }

    private struct Members: Codable {
        var version: Int
        var lambda: [Int64]
        var salt: String?

        enum CodingKeys: String, CodingKey {
            case version = "cairn_lambda"
            case lambda, salt
        }
    }
}

/// Why there is no λ to count with. What is wrong with a claim is a ``CreditError``; this says that nobody can tell.
package enum LambdaError: Error, Equatable, Sendable {
    /// The file, of this name, holds something else.
    case notALambdaFile(String)
    /// Neither the files nor the log have the task's.
    case missing(TaskID)
    /// It is the published result, and no log is at hand.
    case needsResult
    /// It is a published result, and the log does not have the batch.
    case unknownBatch
}

extension LambdaError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notALambdaFile(let name):
            "\(name) does not hold λ: a JSON array of integers, or what `cairn task create` wrote"
        case .missing(let id):
            "λ of task \(id.base64URL) is not at hand. Whoever made the task publishes it with `cairn credit reveal`; or "
                + "name its file with --lambda."
        case .needsResult: "alignment credit needs the batch's published result. Give --log."
        case .unknownBatch: "the log does not have the claim's batch"
        }
    }
}
