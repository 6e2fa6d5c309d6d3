import DAP
import Datastore
import Logging

/// Takes an aggregation job as far as it goes, under its lease.
///
/// The order makes a job survive any crash: its reports are taken first, its request is stored before it is sent, and all
/// that its answer leads to is stored before its end, in one transaction. Whoever finds a job whose lease has run out goes on
/// with it. One that was forming has its shares verified (anew: the verdicts are the same); one that was sent is sent again
/// with the same bytes (the helper answers the same), and its shares are verified when there is an answer.
struct JobRunner: Sendable {
    let context: NodeContext
    let task: NodeTask
    let lease: JobLease
    /// Whether there is to be another line about reports that come too early.
    let earlyLines: LineRules<TaskID>

    enum Ending: Sendable, Equatable {
        /// Reports were accepted or rejected, or returned because they come too early.
        case finished
        /// The helper refuses the job: its reports wait for others.
        case returned
        /// The leader itself rejected all reports that were to be sent.
        case nothingSent
        /// There is no result yet: the job was given back, and falls due after a pause.
        case unfinished(JobProgress, pause: Duration)
        /// The task has changed while its shares were verified: that is done anew.
        case stale
    }

    private var candidates: JobCandidates { JobCandidates(task: task) }
    private var rejections: Rejections { Rejections(task: task, keys: context.keys) }
    /// Until when the log lets wait what it is told now.
    private var windowEnd: UInt64? { task.jobWindowEnd(of: context.now()) }

    func run() async throws -> Ending {
        if lease.job.isForming { return try await form() }
        // It has ended, and so its lease has.
        guard var job = try await context.store.pendingJob(lease.job.key), job.reportCount > 0 else {
            throw DatastoreError.leaseLost
        }
        job.progress = JobTurn.resumed(job.progress)
        return try await send(job, nil, nil)
    }

    /// Verifies the leader's shares of the job's reports, stores the request, and sends it.
    private func form() async throws -> Ending {
        let reports = try await context.store.reports(ofJob: lease.job.key)
        guard !reports.isEmpty else { throw DatastoreError.leaseLost }
        let candidates = candidates
        let verified = try await context.workers.runInParallel { candidates.verify(reports, threads: $0) }
        let isSelected = task.configuration.batchMode == .leaderSelected
        let batchID = isSelected ? try await context.store.batch(ofJob: lease.job.key) : nil
        let request = try candidates.request(for: verified, batchID: batchID)
        let rejected = try verified.compactMap { member in
            try member.state.failure.map { try rejections.reject(member.report.reportID, $0) }
        }
        do {
            try await context.store.sendJob(
                lease, request, rejected: rejected, loggedAfter: windowEnd, for: LeaseKeeper<LeasedJob>.duration)
        } catch {
            guard error == .stale else { throw error }
            try await context.store.releaseJob(lease, after: .zero, exchange: nil)
            return .stale
        }
        logRejections(rejected)
        guard let request else { return .nothingSent }
        let job = PendingJob(
            key: lease.job.key, task: task.id, batchID: batchID, helperID: nil,
            reportCount: verified.count - rejected.count)
        return try await send(job, request.bytes, verified.filter { $0.state.failure == nil })
    }

    /// - Parameters:
    ///   - bytes: of the request, where it was just made.
    ///   - verified: the job's reports in order, where the leader has just verified them.
    private func send(_ job: PendingJob, _ bytes: [UInt8]?, _ verified: [VerifiedCandidate]?) async throws -> Ending {
        let exchange = JobExchange(context: context, task: task)
        switch try await exchange.turn(job, bytes) {
        case .unfinished(let event, let helperID, let named):
            return try await settle(job, event, helperID: helperID, named: named, exchange)
        case .ready(let response, let named, let ahead):
            let reports = try await verifiedReports(of: job, verified)
            let verdicts = try await context.workers.run {
                JobVerdict.judge(response, reports: reports.map { (id: $0.report.reportID, state: $0.state) })
            }
            guard let verdicts else {
                let event = JobTurn.Event.wrong("the answer is not about the job's reports in their order")
                return try await settle(job, event, helperID: job.helperID, named: named, exchange)
            }
            try await finish(job, zip(reports, verdicts).map { ($0.report, $1) }, ahead: ahead ?? 0)
            // In the same company a report that came too early would make the same job, which the helper has answered.
            if let named, verdicts.contains(.tooEarly) { await exchange.delete(helperID: named) }
            return .finished
        }
    }

    private func verifiedReports(
        of job: PendingJob, _ verified: [VerifiedCandidate]?
    ) async throws -> [VerifiedCandidate] {
        if let verified { return verified }
        let reports = try await context.store.reports(ofJob: job.key)
        let candidates = candidates
        return try await context.workers.runInParallel { candidates.verify(reports, threads: $0) }
    }

    private func settle(
        _ job: PendingJob, _ event: JobTurn.Event, helperID: String?, named: String?, _ exchange: JobExchange
    ) async throws -> Ending {
        let deadline =
            task.isCommitted
            ? try await evenWhileStopping { [context] in try await context.store.earliestDeadline(ofJob: job.key) }
            : nil
        let (progress, next) = JobTurn.after(
            job.progress, event, now: context.now(),
            givenUpAt: deadline.map { $0 - min($0, Promises.margin) },
            random: .random(in: 0...1))
        switch next {
        case .again(let pause):
            // What the helper has asked for is not forgotten because this process stops.
            try await evenWhileStopping { [context, lease] in
                try await context.store.releaseJob(lease, after: pause, exchange: (progress, helperID))
            }
            return .unfinished(progress, pause: pause)
        case .returnReports:
            try await returnReports(of: job, reason: progress.reason)
            return .returned
        case .rejectReports:
            try await rejectReports(of: job, reason: progress.reason)
            // DAP-18, Aggregation Job Abandonment.
            if let named { await exchange.delete(helperID: named) }
            return .finished
        }
    }

    private func finish(
        _ job: PendingJob, _ verdicts: [(WaitingReport, ReportVerdict)], ahead: Int
    ) async throws {
        var rejected: [ReportID: [UInt8]] = [:]
        for case (let report, .rejectedByHelper) in verdicts {
            rejected[report.reportID] = try ReportMetadata(decoding: report.payload.metadata).claimKey?.publicKey
        }
        let words = await HelperLastWords(context: context, task: task).words(rejected)
        // The order in the log must not tell the order of upload.
        let outcomes = try verdicts.shuffled().map { report, verdict in
            (
                report: report.reportID,
                outcome: try outcome(of: verdict, report, batchID: job.batchID, words[report.reportID], ahead: ahead)
            )
        }
        try await context.store.finishJob(
            lease, outcomes: outcomes, loggedAfter: windowEnd, vdaf: task.vdaf)
        log(verdicts, ahead: ahead)
    }

    private func outcome(
        of verdict: ReportVerdict, _ report: WaitingReport, batchID: BatchID?, _ word: HelperLastWords.Word?,
        ahead: Int
    ) throws -> ReportOutcome {
        switch verdict {
        case .accepted(let share):
            return .accepted(outputShare: share, logEntry: try candidates.reportEntry(report, batchID: batchID))
        case .rejectedByHelper(let error):
            return .rejected(
                error, logEntry: try word?.logEntry ?? rejections.entry(report.reportID, error))
        case .rejectedByLeader(let error):
            return .rejected(error, logEntry: try rejections.entry(report.reportID, error))
        case .tooEarly:
            let start = task.configuration.seconds(of: report.time) ?? .max
            return .returned(
                notBefore: RetryRules.afterTooEarly(start: start, ahead: ahead, now: context.now()))
        }
    }

    /// DAP-18, Aggregation Job Abandonment: the helper has none of the reports, so they may be in later jobs.
    private func returnReports(of job: PendingJob, reason: String) async throws {
        let reports = try await context.store.reports(ofJob: job.key)
        let answered = try await context.store.answeredJobs(task: task.id)
        let now = context.now()
        var rejected = 0
        let outcomes = try reports.map { report in
            let outcome: ReportOutcome
            switch RetryRules.afterRefusal(report, companions: reports.count, answered: answered, now: now) {
            case .again(let notBefore): outcome = .returned(notBefore: notBefore, isSuspect: true)
            case .reject:
                rejected += 1
                outcome = .rejected(.reportDropped, logEntry: try rejections.entry(report.reportID, .reportDropped))
            }
            return (report: report.reportID, outcome: outcome)
        }
        try await context.store.finishJob(
            lease, outcomes: outcomes, loggedAfter: windowEnd, vdaf: task.vdaf)
        context.logger.warning(
            "the helper refuses an aggregation job; its reports go into smaller ones, and one that is refused alone ends",
            metadata: [
                "task": "\(task.id)", "reports": "\(reports.count)", "ended": "\(rejected)", "reason": "\(reason)",
                "first": "\(reports.first?.reportID.base64URL ?? "")",
            ])
    }

    /// The helper may have committed the reports: in another job they would be replays, and where it has not they would
    /// be counted by neither.
    private func rejectReports(of job: PendingJob, reason: String) async throws {
        let reports = try await context.store.reports(ofJob: job.key)
        let outcomes = try reports.map { report in
            (
                report: report.reportID,
                outcome: ReportOutcome.rejected(
                    .reportDropped, logEntry: try rejections.entry(report.reportID, .reportDropped))
            )
        }
        try await context.store.finishJob(
            lease, outcomes: outcomes, loggedAfter: windowEnd, vdaf: task.vdaf)
        var metadata = RejectionSummary(reports.map { ($0.reportID, .reportDropped) }).metadata
        metadata["task"] = "\(task.id)"
        metadata["reason"] = "\(reason)"
        context.logger.error(
            """
            the helper's verdicts about an aggregation job are wrong again and again, so its reports are rejected: \
            the helper, or what stands in front of it, has to be looked at
            """, metadata: metadata)
    }

    // MARK: Log lines

    private func log(_ verdicts: [(WaitingReport, ReportVerdict)], ahead: Int) {
        var rejected = RejectionSummary()
        var accepted = 0
        var early: [ReportID] = []
        for (report, verdict) in verdicts {
            switch verdict {
            case .accepted: accepted += 1
            case .rejectedByHelper(let error), .rejectedByLeader(let error): rejected.add(report.reportID, error)
            case .tooEarly: early.append(report.reportID)
            }
        }
        context.logger.info(
            "aggregation job finished",
            metadata: [
                "task": "\(task.id)", "accepted": "\(accepted)", "rejected": "\(rejected.total)",
                "early": "\(early.count)",
            ])
        if rejected.total > 0 {
            context.logger.warning(
                "reports ended in an aggregation job",
                metadata: rejected.metadata.merging(["task": "\(task.id)", "accepted": "\(accepted)"]) { $1 })
        }
        if let first = early.first, let jobs = earlyLines.line("early", about: task.id) {
            context.logger.warning(
                "reports are too early for the helper's clock, and wait until it takes them",
                metadata: [
                    "task": "\(task.id)", "reports": "\(early.count)", "first": "\(first.base64URL)",
                    "helper_ahead": "\(ahead) s", "jobs": "\(jobs)",
                ])
        }
    }

    private func logRejections(_ rejected: [EndedReport]) {
        guard !rejected.isEmpty else { return }
        let summary = RejectionSummary(rejected.map { ($0.reportID, $0.error) })
        context.logger.warning(
            "reports ended before aggregation, by the leader's own checks",
            metadata: summary.metadata.merging(["task": "\(task.id)"]) { $1 })
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
