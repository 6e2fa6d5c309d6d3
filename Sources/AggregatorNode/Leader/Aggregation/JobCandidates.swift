import DAP
import Datastore
import Ledger
import TaskTypes

/// A waiting report with the leader's verification of it.
struct VerifiedCandidate: Sendable {
    let report: WaitingReport
    let state: Result<LeaderVerification, ReportError>
}

/// The leader's own part of an aggregation job: verification of its shares, the request, the log entries.
/// Nothing here touches network or storage.
struct JobCandidates: Sendable {
    let task: NodeTask

    /// Runs the leader's verification of all reports together, because hashing and link checks are batched over a job.
    /// Slow: not for a thread that serves connections. Deterministic in its verdicts, so it can be done again after a
    /// restart.
    func verify(_ reports: [WaitingReport], threads: Int) -> [VerifiedCandidate] {
        let shares = reports.map {
            ReportToVerify(
                reportID: $0.reportID, publicShare: $0.payload.publicShare, inputShare: $0.payload.inputShare)
        }
        let states = task.vdaf.leaderInitialize(
            shares, verifyKey: task.verifyKey, taskID: task.id, threads: threads)
        return zip(reports, states).map { report, state in
            VerifiedCandidate(report: report, state: fits(report) ? state : .failure(.invalidMessage))
        }
    }

    /// Whether the helper takes a job with this report. (Uploads are refused for that; what an earlier version has stored
    /// was not.)
    private func fits(_ report: WaitingReport) -> Bool {
        guard let share = try? HpkeCiphertext(decoding: report.payload.helperShare) else { return false }
        return task.vdaf.sizes.canHold(share, for: .helper)
    }

    /// The request for the candidates that passed (DAP-18, Leader Initialization).
    ///
    /// - Returns: the encoded `AggregationJobInitReq` with its reports in order; nil if none passed.
    func request(for candidates: [VerifiedCandidate], batchID: BatchID?) throws(CodecError) -> JobRequest? {
        var inits: [VerifyInit] = []
        for candidate in candidates {
            guard case .success(let state) = candidate.state else { continue }
            let payload = candidate.report.payload
            let share = ReportShare(
                metadata: try ReportMetadata(decoding: payload.metadata), publicShare: payload.publicShare,
                encryptedInputShare: try HpkeCiphertext(decoding: payload.helperShare))
            inits.append(VerifyInit(reportShare: share, payload: state.outbound))
        }
        guard !inits.isEmpty else { return nil }
        let extensions = batchID.map { [AggregationJobInitReq.leaderSelectedBatchID($0)] } ?? []
        let message = AggregationJobInitReq(
            verificationKeyID: task.verifyKeyID, aggregationParameter: [], extensions: extensions, verifyInits: inits)
        return JobRequest(bytes: message.encoded(), verifyKey: task.verifyKey)
    }

    /// The log entry of an accepted report; nil in tasks that log no reports.
    func reportEntry(_ report: WaitingReport, batchID: BatchID?) throws -> [UInt8]? {
        guard task.isCommitted else { return nil }
        let entry = try ReportEntry(
            taskID: task.id, batchID: batchID, metadata: try ReportMetadata(decoding: report.payload.metadata),
            publicShare: report.payload.publicShare, vdaf: task.vdaf)
        return LedgerEntry.report(entry).encoded()
    }
}

/// The leader's rejections, with its signed word in tasks that log reports.
struct Rejections: Sendable {
    let task: NodeTask
    let keys: NodeKeys

    func reject(_ report: ReportID, _ error: ReportError) throws -> EndedReport {
        EndedReport(reportID: report, error: error, logEntry: try entry(report, error))
    }

    func entry(_ report: ReportID, _ error: ReportError) throws -> [UInt8]? {
        guard task.isCommitted else { return nil }
        let entry = try RejectedEntry(
            taskID: task.id, reportID: report, role: .leader, error: error, key: keys.statement)
        return LedgerEntry.rejected(entry).encoded()
    }
}
