// What several suites share: where the vectors are, a seeded generator, temporary directories, keys and small logs.

import Foundation
import TransparencyLog

/// The folder of other people's test vectors.
enum Vectors {
    struct Missing: Error, CustomStringConvertible {
        let path: String
        var description: String { "no test vectors at \(path): set CAIRN_VECTORS to the folder that holds them" }
    }

    static func files(_ folder: String) throws -> [URL] {
        let root =
            ProcessInfo.processInfo.environment["CAIRN_VECTORS"].map { URL(filePath: $0) }
            ?? URL(filePath: #filePath).appending(path: "../../../../shared/vectors").standardizedFileURL
        let directory = root.appending(path: folder)
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)?
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "json" }
            .sorted { $0.path < $1.path }
        guard let files, !files.isEmpty else { throw Missing(path: directory.path) }
        return files
    }
}

/// SplitMix64, so that a failing property can be repeated from its printed seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A directory that disappears with its owner.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "cairn-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path).appending(path: name)))
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/" + name)
    }

    /// Every file below the directory with its bytes.
    func contents() throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isDirectory)
            if !isDirectory.boolValue { contents[name] = try read(name) }
        }
        return contents
    }
}

/// Keys and entries that never change, so that failures can be repeated.
enum Fixture {
    static let origin = "log.example/cairn"
    static let log = try! NoteSigner(name: origin, seed: [UInt8](repeating: 1, count: 32))
    static let helper = try! Cosigner(name: "helper.example/w", seed: [UInt8](repeating: 2, count: 32))
    static let other = try! Cosigner(name: "other.example/w", seed: [UInt8](repeating: 3, count: 32))
    static let third = try! Cosigner(name: "third.example/w", seed: [UInt8](repeating: 4, count: 32))

    static func entries(_ range: Range<Int>) -> [[UInt8]] {
        range.map { Array("entry \($0)".utf8) }
    }

    static func leafHashes(_ count: Int) -> [[UInt8]] {
        entries(0..<count).map(MerkleTree.leafHash)
    }

    static func head(_ count: Int) -> TreeHead {
        TreeHead(size: UInt64(count), root: MerkleTree.root(leafHashes: leafHashes(count)))
    }

    static func checkpoint(_ head: TreeHead, cosigners: [Cosigner] = []) throws -> SignedCheckpoint {
        var signed = try SignedCheckpoint(
            Checkpoint(origin: origin, size: head.size, root: head.root), signedBy: log)
        for cosigner in cosigners { try signed.append(cosigner.cosign(signed.checkpoint, timestamp: 1_700_000_000)) }
        return signed
    }

    /// A log of `count` entries, written in batches, published with a checkpoint.
    static func publishedLog(_ count: Int, batch: Int = 1000, in directory: TemporaryDirectory) throws -> TreeHead {
        var writer = try TileWriter(directory: directory.path)
        for start in stride(from: 0, to: count, by: batch) {
            _ = try writer.append(entries: entries(start..<min(start + batch, count)), startingAt: UInt64(start))
        }
        try writer.publish(checkpoint(writer.head))
        return writer.head
    }
}
