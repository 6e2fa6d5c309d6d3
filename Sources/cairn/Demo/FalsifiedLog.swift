import AggregatorNode
import Contributor
import DAP
import Foundation
import Ledger
import TransparencyLog

/// A copy of a log in which one published sum was changed, made by somebody who holds every key of both nodes.
///
/// The leader's share gets 1 added to its first coordinate, the leader's statement about it is signed anew, and so is
/// the whole log: all signatures and hashes hold. What does not hold is the sum of the contributors' commitments, which
/// nobody can change any more, and the statement over the false share carries the leader's own signature.
enum FalsifiedLog {
    /// - Returns: The round's task id whose batch was changed.
    @discardableResult
    static func make(of nodes: LocalNodes, at folder: String) async throws -> TaskID {
        let leader = try keys(of: nodes.leader)
        let helper = try keys(of: nodes.helper)
        guard let logKey = leader.log, let witnessKey = helper.witness else {
            throw CommandFailure("the nodes' log keys are not of their roles")
        }
        let logFolder = nodes.leader.folder.logFolder
        let source = DirectoryTileSource(directory: logFolder)
        let original = try await LogReader.fetchCheckpoint(from: source).checkpoint
        var entries: [[UInt8]] = []
        var last: (index: Int, batch: BatchEntry)?
        for try await entry in LogReader(source: source, head: original.head).entries(0..<original.size) {
            if case .batch(let batch) = try LedgerEntry(decoding: entry.bytes) { last = (entries.count, batch) }
            entries.append(entry.bytes)
        }
        guard let (index, batch) = last else { throw CommandFailure("the log holds no batch to falsify") }

        var share = try await source.tile(path: Blob.path(hash: batch.leader.shareHash))
        addOne(to: &share)
        let statement = try Statement(
            role: .leader, terms: batch.leader.terms, shareHash: Blob.hash(share), key: leader.statement)
        entries[index] = LedgerEntry.batch(BatchEntry(leader: statement, helper: batch.helper)).encoded()

        try UserFile.createFolder(folder)
        try FileManager.default.copyItem(atPath: "\(logFolder)/blob", toPath: "\(folder)/blob")
        try UserFile.replace("\(folder)/\(Blob.path(hash: Blob.hash(share)))", share)
        var writer = try TileWriter(directory: folder)
        let head = try writer.append(entries: entries, startingAt: 0)
        let checkpoint = try Checkpoint(origin: original.origin, size: head.size, root: head.root)
        var signed = try SignedCheckpoint(checkpoint, signedBy: logKey)
        let time = currentTime()
        let clock = try Cosigner(name: original.origin, seed: Array(leader.statement.rawRepresentation))
        try signed.append(try clock.cosign(checkpoint, timestamp: time))
        try signed.append(try witnessKey.cosign(checkpoint, timestamp: time))
        try writer.publish(signed)
        return batch.leader.terms.taskID
    }

    private static func keys(of node: LocalNode) throws -> NodeKeys {
        try NodeKeys.load(try NodeConfiguration.load(path: node.folder.configurationFile))
    }

    /// An aggregate share begins with its first coordinate's sum, little-endian.
    private static func addOne(to share: inout [UInt8]) {
        for index in share.indices {
            share[index] &+= 1
            if share[index] != 0 { return }
        }
    }
}
