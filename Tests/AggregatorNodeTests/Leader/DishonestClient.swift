import DAP
import TaskTypes

/// Reports as no honest client would make them.
enum DishonestClient {
    /// The leader's ciphertext is damaged.
    static func tampered(_ report: Report) -> Report {
        let share = report.leaderEncryptedInputShare
        var payload = share.payload
        payload[0] ^= 1
        return Report(
            metadata: report.metadata, publicShare: report.publicShare,
            leaderEncryptedInputShare: HpkeCiphertext(
                configID: share.configID, encapsulatedKey: share.encapsulatedKey, payload: payload),
            helperEncryptedInputShare: report.helperEncryptedInputShare)
    }

    /// The leader's share is sealed to a key that the leader no longer has.
    static func outdated(_ report: Report) -> Report {
        let share = report.leaderEncryptedInputShare
        return Report(
            metadata: report.metadata, publicShare: report.publicShare,
            leaderEncryptedInputShare: HpkeCiphertext(
                configID: share.configID &+ 1, encapsulatedKey: share.encapsulatedKey, payload: share.payload),
            helperEncryptedInputShare: report.helperEncryptedInputShare)
    }

    /// Only the helper can see that something is wrong.
    static func unreadableForHelper(_ report: Report) -> Report {
        let share = report.helperEncryptedInputShare
        return Report(
            metadata: report.metadata, publicShare: report.publicShare,
            leaderEncryptedInputShare: report.leaderEncryptedInputShare,
            helperEncryptedInputShare: HpkeCiphertext(
                configID: share.configID, encapsulatedKey: share.encapsulatedKey, payload: share.payload.reversed()))
    }

    /// The commitments of another report.
    static func withCommitments(of other: Report, in report: Report) -> Report {
        Report(
            metadata: report.metadata, publicShare: other.publicShare,
            leaderEncryptedInputShare: report.leaderEncryptedInputShare,
            helperEncryptedInputShare: report.helperEncryptedInputShare)
    }

    /// The joint-randomness part of one aggregator (0: leader, 1: helper) is wrong. Everything else is consistent: the
    /// report is sealed and its commitments are signed like any other.
    static func wrongJointRandomness(_ client: PairClient, of aggregator: Int) throws -> Report {
        let sharded = try client.vdaf.shard(
            taskID: client.file.taskID, measurement: .vector([1, 2, 3]), reportID: .random())
        var publicShare = sharded.publicShare
        publicShare[32 * aggregator] ^= 1
        return try client.seal(
            ShardedReport(
                reportID: sharded.reportID, publicShare: publicShare, inputShares: sharded.inputShares, opening: nil))
    }
}
