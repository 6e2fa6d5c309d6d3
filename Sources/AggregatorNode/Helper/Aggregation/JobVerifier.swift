import DAP
import Datastore
import Ledger
import TaskTypes
import TransparencyLog

/// Verifies the reports of one aggregation job: everything about them that needs neither storage nor the network.
struct JobVerifier: Sendable {
    let task: NodeTask
    /// The one that the leader chose.
    let verifyKey: [UInt8]
    let keys: [HpkeKeyPair]
    /// The batch that the leader assigned the job to (leader-selected mode).
    let batchID: BatchID?
    /// POSIX seconds.
    let now: UInt64

    /// One outcome for each report, in the order of the request.
    func verify(_ inits: [VerifyInit], threads: Int) -> [HelperOutcome] {
        let opener = task.opener(.helper, keys: keys)
        let opened = opener.open(inits.map(\.reportShare), now: now, threads: threads)
        // All that could be opened is verified together: hashing and the checks of commitments are batched.
        let positions = opened.indices.filter { if case .success = opened[$0] { true } else { false } }
        let verified = task.vdaf.helperInitialize(
            positions.compactMap { try? opened[$0].get() }, inbound: positions.map { inits[$0].payload },
            verifyKey: verifyKey, taskID: task.id, threads: threads)
        let results = Dictionary(uniqueKeysWithValues: zip(positions, verified))
        return inits.indices.map { index in
            let share = inits[index].reportShare
            let result = opened[index].flatMap { report in
                (results[index] ?? .failure(.vdafVerifyError)).map { (inputShare: report.inputShare, verification: $0) }
            }
            return HelperOutcome(reportID: share.metadata.reportID, finding: finding(result, share))
        }
    }

    private func finding(
        _ result: Result<(inputShare: [UInt8], verification: HelperVerification), ReportError>, _ share: ReportShare
    ) -> HelperOutcome.Finding {
        switch result {
        case .failure(let error): return .rejected(error)
        case .success(let (inputShare, verification)):
            return .verified(
                VerifiedReport(
                    time: share.metadata.time, batchID: batchID, leafHash: leafHash(share),
                    claimKey: task.isCommitted ? share.metadata.claimKey?.publicKey : nil,
                    outputShare: verification.outputShare, inputShare: inputShare, outbound: verification.outbound))
        }
    }

    /// The leaf that this report must become in the log. The helper computes it from what it verified, so it will
    /// only ever sign for a leaf that says the same.
    private func leafHash(_ share: ReportShare) -> [UInt8]? {
        let entry = try? ReportEntry(
            taskID: task.id, batchID: batchID, metadata: share.metadata, publicShare: share.publicShare, vdaf: task.vdaf
        )
        return entry.map { MerkleTree.leafHash(LedgerEntry.report($0).encoded()) }
    }
}
