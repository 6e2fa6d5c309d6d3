import DAP
import Foundation
import Ledger
import NIOHTTP1
import Wallet

extension TaskClient {
    /// Splits each value into shares and encrypts one to each aggregator.
    ///
    /// - Parameters:
    ///   - seed: The contributor's 32 secret bytes, from which committed tasks derive a claim key for each report.
    ///   - time: POSIX seconds; coarsened to the task's unit before it leaves.
    /// - Throws: ``ContributorError``; nothing is sent.
    public nonisolated func prepare(
        _ measurements: [MeasurementValue], seed: [UInt8], time: UInt64 = currentTime()
    ) async throws -> [PreparedReport] {
        guard !file.lacksOwnerSignature else {
            throw ContributorError.invalidTask(
                "it names an owner who has not signed it: its file lacks owner_signature, as files of older versions do"
            )
        }
        let configs = try await aggregatorConfigs()
        return try measurements.enumerated().map { index, measurement in
            try prepare(measurement, index: index, seed: seed, time: time, configs: configs)
        }
    }

    private nonisolated func prepare(
        _ measurement: MeasurementValue, index: Int, seed: [UInt8], time: UInt64,
        configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws -> PreparedReport {
        let sharded: ShardedReport
        do {
            sharded = try vdaf.shard(taskID: taskID, measurement: measurement, reportID: .random())
        } catch {
            throw ContributorError.invalidMeasurement(String(describing: error))
        }
        return try seal(sharded, index: index, seed: seed, time: time, configs: configs)
    }

    /// Encrypts shares that exist already. Separate from `prepare`, so that tests and the demo can forge shares.
    package nonisolated func seal(
        _ sharded: ShardedReport, index: Int, seed: [UInt8], time: UInt64,
        configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws -> PreparedReport {
        do {
            let report = try ReportBuilder.seal(
                sharded, task: file.configuration, time: file.configuration.time(ofSeconds: time),
                leader: configs.leader,
                helper: configs.helper, commitments: try vdaf.commitments(publicShare: sharded.publicShare),
                claimSeed: task.isCommitted ? seed : nil)
            return PreparedReport(
                report: report, opening: sharded.opening, index: index, shares: SealableShares(sharded))
        } catch {
            throw ContributorError.reportFailed(String(describing: error))
        }
    }

    /// Encrypts the same report to other keys: its id, time, claim key and shares stay what they were, so whoever has both
    /// forms has one report, which either honest aggregator counts once.
    ///
    /// The metadata are copied, not made again: another signature by the claim key would be another report in the log.
    ///
    /// - Returns: nil where the shares are gone.
    private nonisolated func sealAgain(
        _ prepared: PreparedReport, configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws -> PreparedReport? {
        guard let shares = prepared.shares else { return nil }
        do {
            guard
                let report = try shares.withInputShares({ inputShares in
                    try ReportBuilder.seal(
                        metadata: prepared.report.metadata, publicShare: prepared.report.publicShare,
                        plaintexts: inputShares.map { PlaintextInputShare(privateExtensions: [], payload: $0) },
                        task: file.configuration, leader: configs.leader, helper: configs.helper)
                })
            else { return nil }
            return PreparedReport(report: report, opening: prepared.opening, index: prepared.index, shares: shares)
        } catch {
            throw ContributorError.reportFailed(String(describing: error))
        }
    }

    /// Uploads reports, several a request, and tells what the leader answered about each, in the order given.
    ///
    /// A repeated request after a broken connection may find its reports stored already; the leader then says
    /// `report_replayed`, which counts as stored here.
    public nonisolated func send(
        _ reports: [PreparedReport], progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> [UploadOutcome] {
        try await send(reports, isRepeated: false) { progress?($0.count) }
    }

    /// - Parameters:
    ///   - isRepeated: the reports were sent before, in this form or another.
    ///   - answered: gets the outcomes of each request as soon as they are known.
    private nonisolated func send(
        _ reports: [PreparedReport], isRepeated: Bool, answered: ([UploadOutcome]) throws -> Void
    ) async throws -> [UploadOutcome] {
        var outcomes: [UploadOutcome] = []
        var rest = reports[...]
        while !rest.isEmpty {
            let (chunk, sizes) = Self.chunk(of: rest)
            rest = rest.dropFirst(chunk.count)
            let (errors, promises) = try await upload(chunk, isRepeated: isRepeated)
            let new = zip(chunk, sizes).map { report, size in
                UploadOutcome(
                    reportID: report.reportID, index: report.index, error: errors[report.reportID], size: size,
                    promise: promises[report.reportID] ?? .none)
            }
            try answered(new)
            outcomes += new
        }
        return outcomes
    }

    /// Prepares and sends values, and keeps the history of each in the contributor's wallet.
    ///
    /// Every opening is on the disk before its report leaves: a claim about a logged report must never be lost to a crash.
    /// What the leader answered follows request by request.
    ///
    /// No answer makes this client send a value twice. Where the leader says that the keys were outdated, the same report
    /// is encrypted to the keys that the nodes have now, once. And before a report is made, all earlier ones of the task
    /// whose uploads ended in doubt are settled (``SettledReports``), which costs nothing where there are none. Both
    /// nodes are shown the newest checkpoint that the wallet has, so that none which was restored takes anything.
    ///
    /// - Parameters:
    ///   - again: do without that: the owner of the wallet wants these values to count beside whatever was sent before.
    ///   - patience: how long to wait for the log to show that earlier reports are withdrawn.
    ///   - notice: gets sentences about what this waits for.
    /// - Throws: ``ContributorError``, `.unsettled` where an earlier report counts or may count; nothing is sent then.
    public nonisolated func upload(
        _ measurements: [MeasurementValue], wallet: ContributorWallet, time: UInt64? = nil, again: Bool = false,
        patience: Duration = .seconds(60), progress: (@Sendable (Int) -> Void)? = nil,
        notice: (@Sendable (String) -> Void)? = nil
    ) async throws -> [UploadOutcome] {
        // Held until the last answer is in the wallet: meanwhile, 'sent' does not mean that nobody will hear an answer.
        let lock = try UploadLock(wallet: wallet.path)
        defer { lock.release() }
        let doubtful = try doubtfulReports(in: wallet, isAlone: lock.tryAlone())
        try lock.join()
        try await showNewestCheckpoint(of: wallet)
        try await settle(doubtful, wallet: wallet, again: again, patience: patience, notice: notice)

        let prepared = try await prepare(measurements, seed: wallet.seed, time: time ?? currentTime())
        defer { for report in prepared { report.shares?.wipe() } }
        try wallet.save(prepared.map { .report(record(of: $0)) })
        var outcomes = try await send(prepared, wallet: wallet, isRepeated: false, progress: progress)
        let outdated = outcomes.filter { $0.error?.asksForOtherKeys == true }
        guard !outdated.isEmpty else { return outcomes }
        let configs = try await aggregatorConfigs(refresh: true)
        let resealed = try outdated.compactMap { try sealAgain(prepared[$0.index], configs: configs) }
        for outcome in try await send(resealed, wallet: wallet, isRepeated: true, progress: nil) {
            outcomes[outcome.index] = outcome
        }
        return outcomes
    }

    private nonisolated func send(
        _ reports: [PreparedReport], wallet: ContributorWallet, isRepeated: Bool,
        progress: (@Sendable (Int) -> Void)?
    ) async throws -> [UploadOutcome] {
        var open = Set(reports.map(\.reportID))
        do {
            return try await send(reports, isRepeated: isRepeated) { outcomes in
                try wallet.save(outcomes.flatMap(records))
                open.subtract(outcomes.map(\.reportID))
                progress?(outcomes.count)
            }
        } catch ContributorError.refused(let url, let status, let problem) {
            let reason = problem.type?.rawValue ?? "HTTP \(status)"
            try wallet.save(open.map { .state(ReportKey(taskID, $0), .rejected(reason)) })
            throw ContributorError.refused(url: url, status: status, problem: problem)
        }
    }

    private nonisolated func records(of outcome: UploadOutcome) -> [WalletRecord] {
        let key = ReportKey(taskID, outcome.reportID)
        let state = WalletRecord.state(key, outcome.error.map { .rejected($0.name) } ?? .stored)
        guard case .held(let promise) = outcome.promise else { return [state] }
        return [state, .promise(key, Array(promise.utf8))]
    }

    private nonisolated func record(of report: PreparedReport) -> ReportRecord {
        ReportRecord(
            taskID: taskID, reportID: report.reportID,
            time: file.configuration.seconds(of: report.time) ?? 0, state: .sent, opening: report.opening)
    }

    private nonisolated func upload(
        _ reports: ArraySlice<PreparedReport>, isRepeated: Bool
    ) async throws -> (errors: [ReportID: ReportError], promises: [ReportID: PromiseState]) {
        let url = ResourceURL.reports(leaderURL, taskID)
        let request = UploadRequest(reports: reports.map(\.report))
        let headers = [taskHeader, (name: "Content-Type", value: MediaType.uploadReq.headerValue)]
        let answer = try await transport.sendExpectingSuccess(
            .init(.POST, url, headers: headers, body: request.encoded()))
        let statuses: [ReportUploadStatus]
        do {
            statuses = answer.body.isEmpty ? [] : try UploadErrors(decoding: answer.body).statuses
        } catch {
            throw ContributorError.unexpectedAnswer(url: url, reason: error.description)
        }
        var errors: [ReportID: ReportError] = [:]
        var replayed: Set<ReportID> = []
        for status in statuses {
            // The leader had it from an earlier attempt, or in other ciphertexts: stored is what it is.
            if status.error == .reportReplayed, isRepeated || answer.attempts > 1 {
                replayed.insert(status.reportID)
            } else {
                errors[status.reportID] = status.error
            }
        }
        var promises = promises(
            answer.header(UploadPromise.headerName), for: Array(reports), failed: Set(statuses.map(\.reportID)))
        if task.isCommitted {
            for report in replayed where errors[report] == nil {
                promises[report] = .missing("the leader says that it had the report before, and does not promise it")
            }
        }
        return (errors, promises)
    }

    /// As many reports from the front as fit one request of moderate size, at least one.
    private static func chunk(of reports: ArraySlice<PreparedReport>) -> (ArraySlice<PreparedReport>, sizes: [Int]) {
        var sizes: [Int] = []
        var total = 0
        for report in reports.prefix(256) {
            let size = report.size
            guard sizes.isEmpty || total + size <= 1 << 20 else { break }
            sizes.append(size)
            total += size
        }
        return (reports.prefix(sizes.count), sizes)
    }
}

/// POSIX seconds.
public func currentTime() -> UInt64 {
    UInt64(max(Date().timeIntervalSince1970, 0))
}

extension ReportError {
    /// Whether the leader says by it that the report was encrypted to keys which the nodes do not have any more.
    package var asksForOtherKeys: Bool { self == .outdatedConfig || self == .hpkeUnknownConfigID }
}
