/// What commitments cost a report, its aggregators and whoever checks them.
package struct CommitmentRow: Sendable {
    package let benchCase: CommitmentCase
    package let threads: Int
    /// Both commitments of a report, at the client.
    package let commit: PhaseCost
    /// One aggregator's link check, per report of a job.
    package let linkCheck: PhaseCost
    /// V's verification, first step, per report of a job: what the link check is to be small beside.
    package let leaderVerify: PhaseCost
    package let helperVerify: PhaseCost
    /// The public check of both aggregate shares of a batch as large as the job, per report.
    package let audit: PhaseCost
    package let linear: LinearFormCost

    /// The link check in percent of the leader's verification.
    package var linkCheckPercent: Double { 100 * linkCheck.wall.median / leaderVerify.wall.median }
}

extension CommitmentRow {
    /// Measures a case.
    ///
    /// - Throws: `.invalidOption` for parameters that the VDAF refuses; another error if a step or a check does not do
    ///   its work.
    package init(_ benchCase: CommitmentCase, settings: BenchSettings) throws(BenchError) {
        var randomness = SeededRandomness(seed: settings.seed)
        let job = try CommittedJob(benchCase, threads: settings.threads, randomness: &randomness)
        // The first link check of a process makes the generators' table of multiples.
        try job.expectLinkCheckToFindADefect(threads: settings.threads)
        try job.expectAuditToMeanSomething()
        var (linkChecks, audits): ([Elapsed], [Elapsed]) = ([], [])
        for _ in 0..<settings.repeats {
            linkChecks.append(try job.linkCheck(threads: settings.threads))
            audits.append(try job.audit())
        }
        self.init(
            benchCase: benchCase, threads: settings.threads, commit: PhaseCost(job.commit),
            linkCheck: PhaseCost(linkChecks, reports: benchCase.jobReports), leaderVerify: PhaseCost(job.verify[0]),
            helperVerify: PhaseCost(job.verify[1]), audit: PhaseCost(audits, reports: benchCase.jobReports),
            linear: try LinearFormCost(job, settings: settings, randomness: &randomness))
    }
}
