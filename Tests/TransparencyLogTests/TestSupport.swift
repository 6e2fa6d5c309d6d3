// What several suites share: where the vectors are, keys and small logs.

import Foundation
import TestSupport
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
    static func publishedLog(_ count: Int, batch: Int = 1000, in directory: TemporaryFolder) throws -> TreeHead {
        var writer = try TileWriter(directory: directory.path)
        for start in stride(from: 0, to: count, by: batch) {
            _ = try writer.append(entries: entries(start..<min(start + batch, count)), startingAt: UInt64(start))
        }
        try writer.publish(checkpoint(writer.head))
        return writer.head
    }
}
