import DAP
import TaskTypes
import VDAF

/// Why a report cannot be built.
public enum ReportBuilderError: Error, Equatable, Sendable {
    /// An aggregator's HPKE configuration cannot be used.
    case hpke(HpkeError)
    /// A committed task needs the contributor's seed; other tasks must not have a claim key.
    case claimSeed(required: Bool)
    /// The seed cannot be used.
    case claimKey(ClaimKeyError)
}

/// Turns shares into the report that a client uploads (DAP-18 section 4.4.2.1).
package enum ReportBuilder {
    /// Encrypts each share to its aggregator.
    ///
    /// - Parameters:
    ///   - taskID: The task's, where it is not its configuration's hash.
    ///   - time: In units of the task's time precision.
    ///   - commitments: The sharded report's commitments; empty in tasks without.
    ///   - claimSeed: The contributor's seed in committed tasks, nil in others.
    package static func seal(
        _ sharded: ShardedReport, taskID: TaskID? = nil, task: TaskConfiguration, time: UInt64, leader: HpkeConfig,
        helper: HpkeConfig, commitments: [[UInt8]], claimSeed: [UInt8]?
    ) throws(ReportBuilderError) -> Report {
        guard (claimSeed != nil) == !commitments.isEmpty else { throw .claimSeed(required: !commitments.isEmpty) }
        var extensions: [Extension] = []
        if let claimSeed {
            do {
                let key = try ClaimKey.make(
                    seed: claimSeed, taskID: taskID ?? task.taskID, reportID: sharded.reportID, commitments: commitments
                )
                extensions.append(key.reportExtension)
            } catch {
                throw .claimKey(error)
            }
        }
        let metadata = ReportMetadata(reportID: sharded.reportID, time: time, publicExtensions: extensions)
        return try seal(
            metadata: metadata, publicShare: sharded.publicShare,
            plaintexts: sharded.inputShares.map { PlaintextInputShare(privateExtensions: [], payload: $0) },
            taskID: taskID, task: task, leader: leader, helper: helper)
    }

    /// Encrypts plaintexts as they are. Tests build bad reports with it.
    ///
    /// - Parameter plaintexts: The leader's and the helper's.
    package static func seal(
        metadata: ReportMetadata, publicShare: [UInt8], plaintexts: [PlaintextInputShare], taskID: TaskID? = nil,
        task: TaskConfiguration, leader: HpkeConfig, helper: HpkeConfig
    ) throws(ReportBuilderError) -> Report {
        precondition(plaintexts.count == 2, "DAP has two aggregators")
        let aad = InputShareAad(
            taskID: taskID ?? task.taskID, taskConfiguration: task, metadata: metadata, publicShare: publicShare
        ).encoded()
        do {
            return Report(
                metadata: metadata, publicShare: publicShare,
                leaderEncryptedInputShare: try leader.seal(
                    info: HpkeInfo.inputShare(to: .leader), aad: aad, plaintext: plaintexts[0].encoded()),
                helperEncryptedInputShare: try helper.seal(
                    info: HpkeInfo.inputShare(to: .helper), aad: aad, plaintext: plaintexts[1].encoded()))
        } catch {
            throw .hpke(error)
        }
    }
}
