import DAP
import Datastore
import Ledger
import Logging

/// Takes one aggregation job from waiting reports to its end.
///
/// The request's bytes are stored before they are sent, and nothing that a job leads to is stored before its end, in
/// one transaction. A node that is killed in between finds the job pending, verifies its shares again (the verdicts
/// are the same) and sends the same bytes again (the helper answers the same).
struct JobRunner: Sendable {
    let context: NodeContext
    let task: NodeTask

    enum Ending: Sendable, Equatable {
        /// Reports were accepted, rejected or returned.
        case finished
        /// The helper did not take the job: it is pending and has to be resumed.
        case later(job: Int64, reason: String)
        /// The reports or their batch changed while the job was formed: form it again.
        case stale
    }

    private var candidates: JobCandidates { JobCandidates(task: task) }
    private var refusals: Refusals { Refusals(task: task, keys: context.keys) }

    /// Forms a job of these reports, persists it and runs it. `formed` is called once the job is stored, or will not
    /// be.
    func form(_ reports: [WaitingReport], formed: @Sendable () -> Void) async throws -> Ending {
        let created: (job: PendingJob, reports: [VerifiedCandidate])
        do {
            defer { formed() }
            let candidates = candidates
            let verified = try await context.workers.runInParallel { candidates.verify(reports, threads: $0) }
            var batchID: BatchID?
            var members = verified[...]
            if task.configuration.batchMode == .leaderSelected {
                let batch = try await context.store.batchForNextJob(
                    task: task.id, maxBatchSize: task.maxBatchSize)
                batchID = batch.id
                members = members.prefix(Int(clamping: batch.room))
            }
            let job = try candidates.request(for: Array(members), batchID: batchID)
            let refused = try members.compactMap { member in
                try member.state.failure.map { try refusals.refuse(member.report.reportID, $0) }
            }
            let creation = try await context.store.createJob(
                job, refused: refused, task: task.id, maxBatchSize: task.maxBatchSize)
            logRefusals(refused.count, of: members.count)
            switch creation {
            case .stale: return .stale
            case .nothingToSend: return .finished
            case .created(let key):
                guard let job else { return .finished }
                created = (
                    PendingJob(key: key, task: task.id, batchID: batchID, request: job.request, helperID: nil),
                    members.filter { $0.state.failure == nil }
                )
            }
        }
        return try await run(created.job, created.reports)
    }

    /// Goes on with a stored job.
    func resume(_ job: PendingJob) async throws -> Ending {
        let reports = try await context.store.reports(ofJob: job.key)
        let candidates = candidates
        let verified = try await context.workers.runInParallel { candidates.verify(reports, threads: $0) }
        return try await run(job, verified)
    }

    private func run(_ job: PendingJob, _ reports: [VerifiedCandidate]) async throws -> Ending {
        let exchange = JobExchange(context: context, task: task)
        switch try await exchange.run(job) {
        case .later(let reason): return .later(job: job.key, reason: reason)
        case .abandon(let reason, let helperID):
            return try await abandon(job, reports, reason, helperID: helperID, exchange)
        case .ready(let response, let helperID):
            let verdicts = try await context.workers.run {
                JobVerdict.judge(response, reports: reports.map { (id: $0.report.reportID, state: $0.state) })
            }
            guard let verdicts else {
                return try await abandon(
                    job, reports, "the response does not answer the request report by report", helperID: helperID,
                    exchange)
            }
            try await finish(job, zip(reports, verdicts).map { ($0.report, $1) })
            return .finished
        }
    }

    private func finish(_ job: PendingJob, _ verdicts: [(WaitingReport, ReportVerdict)]) async throws {
        var refused: [ReportID: [UInt8]] = [:]
        for case (let report, .refusedByHelper) in verdicts {
            refused[report.reportID] = try ReportMetadata(decoding: report.payload.metadata).claimKey?.publicKey
        }
        let endings = await HelperRefusals(context: context, task: task).endings(refused)
        // The order in the log must not tell the order of upload.
        let outcomes = try verdicts.shuffled().map { report, verdict in
            (
                report: report.reportID,
                outcome: try outcome(of: verdict, report, batchID: job.batchID, endings[report.reportID])
            )
        }
        try await context.store.finishJob(job.key, outcomes: outcomes)
        let accepted = verdicts.count { if case .accepted = $1 { true } else { false } }
        context.logger.info(
            "aggregation job finished",
            metadata: ["task": "\(task.id)", "accepted": "\(accepted)", "refused": "\(verdicts.count - accepted)"])
    }

    private func outcome(
        of verdict: ReportVerdict, _ report: WaitingReport, batchID: BatchID?, _ ending: HelperRefusals.Ending?
    ) throws -> ReportOutcome {
        switch verdict {
        case .accepted(let share):
            return .accepted(outputShare: share, logEntry: try candidates.reportEntry(report, batchID: batchID))
        case .refusedByHelper(let error):
            return .rejected(
                error, logEntry: try ending?.logEntry ?? refusals.entry(report.reportID, error))
        case .refusedByLeader(let error):
            return .rejected(error, logEntry: try refusals.entry(report.reportID, error))
        case .tooEarly:
            guard RetryRules.mayTryAgain(report) else {
                return .rejected(.reportTooEarly, logEntry: try refusals.entry(report.reportID, .reportTooEarly))
            }
            return .returned(notBefore: RetryRules.afterTooEarly(report, now: context.now()))
        }
    }

    /// DAP-18, Aggregation Job Abandonment: the reports may be in later jobs.
    private func abandon(
        _ job: PendingJob, _ reports: [VerifiedCandidate], _ reason: String, helperID: String?,
        _ exchange: JobExchange
    ) async throws -> Ending {
        context.logger.warning(
            "aggregation job abandoned",
            metadata: ["task": "\(task.id)", "reports": "\(reports.count)", "reason": "\(reason)"])
        let now = context.now()
        let outcomes = try reports.map { candidate in
            let report = candidate.report
            let outcome: ReportOutcome =
                if RetryRules.mayTryAgain(report) {
                    .returned(notBefore: RetryRules.notBefore(report, now: now))
                } else {
                    .rejected(.reportDropped, logEntry: try refusals.entry(report.reportID, .reportDropped))
                }
            return (report: report.reportID, outcome: outcome)
        }
        try await context.store.finishJob(job.key, outcomes: outcomes)
        if let helperID { await exchange.delete(helperID: helperID) }
        return .finished
    }

    private func logRefusals(_ refused: Int, of total: Int) {
        guard refused > 0 else { return }
        context.logger.info(
            "reports refused before aggregation",
            metadata: ["task": "\(task.id)", "refused": "\(refused)", "of": "\(total)"])
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
