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

/// A reproducible random generator (SplitMix64). The seed of every property test is printed; setting `CAIRN_TEST_SEED`
/// to it repeats the run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// A generator with a fresh seed, or the one in `CAIRN_TEST_SEED`; prints it with the name of the calling test.
    static func printed(test: String = #function) -> SeededGenerator {
        let seed =
            ProcessInfo.processInfo.environment["CAIRN_TEST_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0...UInt64.max)
        print("\(test): CAIRN_TEST_SEED=\(seed)")
        return SeededGenerator(seed: seed)
    }
}

/// Bytes from hexadecimal digits; a wrong digit fails the test.
func bytes(hex: String) throws -> [UInt8] {
    try #require(Hex.decode(hex), "not hexadecimal: \(hex)")
}
