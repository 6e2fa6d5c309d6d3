// The transaction that ends an aggregation job at the helper.
//
// A report is either accepted or rejected for good, and the two are rows of two tables. Accepting one is decided by the row
// of its id, so jobs may do it side by side under the task's shared lock. A new last word needs that no job accepts the report
// meanwhile: a job that has one takes the exclusive lock, by the rule that ending a report does.

import DAP
import Ledger
import TaskTypes

struct HelperJobCommit: Sendable {
    let taskID: TaskID
    let job: AggregationJobID
    let outcomes: [HelperOutcome]
    /// With which the outcomes were found.
    let verifyKey: VerifyKey?
    let keepsLastWords: Bool
    let vdaf: any TaskVDAF
    /// The token of who has verified a job that waits; nil: the leader waits for the answer.
    let lease: Int64?

    /// Whether verification has rejected reports for good, so that no shared lock can be enough.
    var isRefusing: Bool {
        keepsLastWords
            && outcomes.contains { HelperVerdict.isLastWord($0.finding) }
    }

    /// - Returns: the encoded answer; nil where the shared lock does not do, and nothing has changed.
    func run(in session: Session, _ mode: LockMode) throws -> [UInt8]? {
        let task = try session.lockedTaskMaking(taskID, mode)
        // What this reads changes under the exclusive lock only.
        let (verdicts, awaited) = try verdicts(session, task)
        if mode == .shared, keepsLastWords, verdicts.contains(where: \.step.isLastWord) { return nil }
        // Whoever asks again while the job is under way waits here, and then gets its answer.
        let made = try session.returningMany(
            """
            INSERT INTO helper_jobs (task, job_id) VALUES ($1, $2) ON CONFLICT (task, job_id) DO NOTHING RETURNING job_id
            """, [[task, job.blob]])[0]
        let row = made == nil ? try session.lockedHelperJob(job, task) : nil
        // Another has deleted the row that was in the way: whether the reports are still this job's, the leader knows.
        if made == nil, row == nil { throw DatastoreError.busy("an aggregation job is just being deleted") }
        let request: HelperJobStep.Request
        switch HelperJobLife.after(row.stage, .answer(lease: lease)) {
        case .present: return try session.answer(to: job, task)
        case .leaseLost, .unknown: throw DatastoreError.leaseLost
        case .proceed(let change): request = change
        }
        try session.requireService(of: task, id: taskID)
        if let verifyKey { try session.requireKey(verifyKey, of: task) }
        let waiting = request == .removed ? row : nil
        return try commit(verdicts, awaited, isNew: made != nil || waiting?.isFirst == true, waiting, session, task)
    }

    // MARK: What is known

    /// - Returns: what becomes of each report, and for which of them withdrawals wait.
    private func verdicts(
        _ session: Session, _ task: TaskKey
    ) throws -> (verdicts: [HelperVerdict], awaited: Set<ReportID>) {
        // Reports of other tasks are neither rejected for good nor withdrawn.
        let ids = keepsLastWords ? outcomes.map(\.reportID.blob) : []
        var known: [ReportID: HelperKnowledge] = [:]
        var awaited: Set<ReportID> = []
        for (report, word) in try session.recordedWords(task, ids) { known[report, default: .init()].word = word }
        for row in try session.earlyWithdrawals(task, ids) {
            let report = try row.id("report_id", as: ReportID.self)
            known[report, default: .init()].withdrawals[try row.bytes("claim_key")] = try row.bytes("entry")
            awaited.insert(report)
        }
        var buckets: [BatchScope: HelperBucketStage] = [:]
        let verdicts = try outcomes.map { outcome in
            var facts = known[outcome.reportID] ?? HelperKnowledge()
            if case .verified(let report) = outcome.finding {
                facts.bucket = try buckets[report.scope] ?? session.helperStage(report.scope, task)
                buckets[report.scope] = facts.bucket
            }
            return HelperVerdict(outcome.finding, facts)
        }
        return (verdicts, awaited)
    }

    // MARK: What changes

    /// - Parameters:
    ///   - isNew: whether the job was never answered before. What it rejects is counted once, however often the leader
    ///     deletes it and posts it again.
    ///   - waiting: its row, where its request is kept.
    private func commit(
        _ verdicts: [HelperVerdict], _ awaited: Set<ReportID>, isNew: Bool, _ waiting: HelperJobRow?,
        _ session: Session, _ task: TaskKey
    ) throws -> [UInt8] {
        var answers: [VerifyResp.Outcome] = []
        var batches: [BatchID: Int64] = [:]
        var accepted: [(position: Int, id: ReportID, report: VerifiedReport, bucket: Bucket)] = []
        for (outcome, verdict) in zip(outcomes, verdicts) {
            if let error = verdict.step.rejection {
                answers.append(.reject(error))
            } else if case .verified(let report) = outcome.finding {
                let bucket = try bucket(of: report, &batches, session, task)
                accepted.append((answers.count, outcome.reportID, report, bucket))
                answers.append(.continue(payload: report.outbound))
            }
        }
        // In one order, so that no two jobs wait for each other's rows.
        accepted.sort { $0.id < $1.id }
        let rows = try session.returningMany(
            """
            INSERT INTO helper_reports (task, report_id, time, batch, state, leaf_hash, claim_key)
            VALUES ($1, $2, $3, $4, \(HelperReportState.accepted.sql), $5, $6)
            ON CONFLICT (task, report_id) DO NOTHING RETURNING report
            """,
            try accepted.map { _, id, report, bucket in
                [
                    task, id.blob, try report.time.stored("report time"), bucket.batch, report.leafHash,
                    report.claimKey,
                ]
            })
        var added: [Bucket: [KeptShare]] = [:]
        var changes: [Bucket: BucketChange] = [:]
        for ((position, id, report, bucket), row) in zip(accepted, rows) {
            guard let row else {
                answers[position] = .reject(HelperVerdict.replayed)
                continue
            }
            added[bucket, default: []].append(
                KeptShare(
                    report: try row.integer("report"), id: id, outputShare: report.outputShare,
                    inputShare: report.inputShare))
            changes[bucket, default: BucketChange()].added.append(
                SummedReport(id: id, time: try report.time.stored("report time"), outputShare: report.outputShare))
        }
        for (bucket, shares) in added.sorted(by: { Bucket.inOrder($0.key, $1.key) }) {
            try session.keep(.helper, shares, key: try session.shareKey(task, bucket), vdaf)
        }
        let settled = Set(added.values.joined().map(\.id))
        let spoken = keepsLastWords ? try record(verdicts, except: settled, session, task) : []
        let response = AggregationJobResp(
            responses: zip(outcomes, answers).map { VerifyResp(reportID: $0.reportID, outcome: $1) }
        ).encoded()
        let isKept = HelperJobLife.isKept(answers, hasWaited: waiting != nil)
        if let waiting { try session.forgetRequest(waiting, task) }
        try store(isKept ? response : nil, isPassing: HelperJobLife.isPassing(answers), session, task)
        // What everybody changes comes last.
        try session.changeSums(.helper, task, changes, vdaf)
        try session.countAccepted(added.mapValues(\.count), task)
        if isKept, isNew { try session.countRejections(answers, task) }
        try session.forgetEarlyWithdrawals(of: settled.union(spoken).intersection(awaited), task)
        if let waiting { try session.freePlaces(of: waiting, task) }
        if !spoken.isEmpty { try session.countGeneration() }
        return response
    }

    /// - Parameter batches: the numbers of those that were met before.
    private func bucket(
        of report: VerifiedReport, _ batches: inout [BatchID: Int64], _ session: Session, _ task: TaskKey
    ) throws -> Bucket {
        guard let id = report.batchID else { return .time(try report.time.stored("report time")) }
        let batch = try batches[id] ?? session.helperBatchMaking(id, task)
        batches[id] = batch
        return .batch(batch)
    }

    /// Records the last words that are new.
    ///
    /// - Parameter settled: reports that this very job has accepted.
    /// - Returns: the reports that they are about.
    private func record(
        _ verdicts: [HelperVerdict], except settled: Set<ReportID>, _ session: Session, _ task: TaskKey
    ) throws -> Set<ReportID> {
        let new = zip(outcomes, verdicts).filter { $1.step.isLastWord && !settled.contains($0.reportID) }
        guard !new.isEmpty else { return [] }
        // One that was accepted in another job stays accepted.
        let standing = try session.rows([task], matching: new.map { $0.0.reportID.blob }) {
            "SELECT report_id FROM helper_reports WHERE task = $1 AND report_id IN (\($0))"
        }
        let accepted = Set(try standing.map { try $0.id("report_id", as: ReportID.self) })
        var spoken: Set<ReportID> = []
        var rows: [SQLArguments] = []
        for (outcome, verdict) in new
        where !accepted.contains(outcome.reportID) && spoken.insert(outcome.reportID).inserted {
            let error = verdict.withdrawal == nil ? verdict.step.rejection.map { Int64($0.rawValue) } : nil
            rows.append([task, outcome.reportID.blob, error, verdict.withdrawal])
        }
        try session.executeMany(
            "INSERT INTO helper_refusals (task, report_id, error, withdrawal) VALUES ($1, $2, $3, $4)", rows)
        return spoken
    }

    /// Keeps the answer. One that says nothing but 'too early' leaves no trace, unless the leader has yet to fetch it.
    private func store(_ response: [UInt8]?, isPassing: Bool, _ session: Session, _ task: TaskKey) throws {
        if let response {
            let state = isPassing ? ", state = \(HelperJobKept.passing.sql)" : ""
            try session.execute(
                "UPDATE helper_jobs SET response = $3\(state) WHERE task = $1 AND job_id = $2",
                [task, job.blob, response])
        } else {
            try session.execute("DELETE FROM helper_jobs WHERE task = $1 AND job_id = $2", [task, job.blob])
        }
    }
}

extension VerifiedReport {
    /// The bucket, as closes and collections name it.
    fileprivate var scope: BatchScope {
        batchID.map(BatchScope.batch) ?? .interval(Interval(start: time, duration: 1))
    }
}
