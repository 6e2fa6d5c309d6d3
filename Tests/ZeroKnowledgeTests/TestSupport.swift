import Encodings
import Foundation
import Testing
import ZeroKnowledge

/// The folder of other people's test vectors: `CAIRN_VECTORS`, else `../shared/vectors` beside the package.
enum VectorFolder {
    struct Missing: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "\(path) is not there. Test vectors are read from CAIRN_VECTORS or from ../shared/vectors."
        }
    }

    /// The records of one of the sigma drafts' files.
    static func sigma<Record: Decodable>(_ name: String, file: String = #filePath) throws -> [Record] {
        let folder =
            ProcessInfo.processInfo.environment["CAIRN_VECTORS"].map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: file).appendingPathComponent("../../../../shared/vectors").standardizedFileURL
        let url = folder.appendingPathComponent("sigma/\(name).json")
        guard let data = try? Data(contentsOf: url) else { throw Missing(path: url.path) }
        return try JSONDecoder().decode([Record].self, from: data)
    }
}
