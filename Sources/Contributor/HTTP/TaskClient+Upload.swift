import DAP
import Foundation
import Ledger
import NIOHTTP1
import Wallet

/// A report ready to be sent, and what its owner keeps.
public struct PreparedReport: Sendable {
    /// What is sent.
    package var report: Report
    /// What opens the logged commitments; nil for uncommitted tasks. Never leaves the contributor.
    package let opening: ReportOpening?
    /// Which of the values given this report carries, from 0.
    public let index: Int
    /// The report's time, in the task's unit.
    public var time: UInt64 { report.metadata.time }
    public var reportID: ReportID { report.metadata.reportID }
    /// Bytes on the line.
    public var size: Int { report.encoded().count }

    package init(report: Report, opening: ReportOpening?, index: Int) {
        self.report = report
        self.opening = opening
        self.index = index
    }
}

/// What became of one value at upload. It is stored by the leader here; the aggregators check it together later.
public struct UploadOutcome: Sendable, Equatable {
    public let reportID: ReportID
    /// Which of the values given, from 0.
    public let index: Int
    /// Nil when the leader has stored the report.
    public let error: ReportError?
    /// Bytes on the line.
    public let size: Int
    /// What the leader promised about it.
    public let promise: PromiseState
}

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
            return PreparedReport(report: report, opening: sharded.opening, index: index)
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
        try await send(reports) { progress?($0.count) }
    }

    /// - Parameter answered: gets the outcomes of each request as soon as they are known.
    private nonisolated func send(
        _ reports: [PreparedReport], answered: ([UploadOutcome]) throws -> Void
    ) async throws -> [UploadOutcome] {
        var outcomes: [UploadOutcome] = []
        var rest = reports[...]
        while !rest.isEmpty {
            let (chunk, sizes) = Self.chunk(of: rest)
            rest = rest.dropFirst(chunk.count)
            let (errors, promises) = try await upload(chunk)
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
    /// What the leader answered follows request by request. Reports refused because the node has changed its HPKE key are
    /// built again, once.
    public nonisolated func upload(
        _ measurements: [MeasurementValue], wallet: ContributorWallet, time: UInt64 = currentTime(),
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> [UploadOutcome] {
        let seed = wallet.seed
        let prepared = try await prepare(measurements, seed: seed, time: time)
        try wallet.save(prepared.map { .report(record(of: $0)) })
        var outcomes = try await send(prepared, wallet: wallet, progress: progress)
        let outdated = outcomes.filter { $0.error == .outdatedConfig || $0.error == .hpkeUnknownConfigID }
        guard !outdated.isEmpty else { return outcomes }
        let configs = try await aggregatorConfigs(refresh: true)
        let fresh = try outdated.map {
            try prepare(measurements[$0.index], index: $0.index, seed: seed, time: time, configs: configs)
        }
        try wallet.save(
            outdated.map { .forgotten(ReportKey(taskID, $0.reportID)) } + fresh.map { .report(record(of: $0)) })
        for outcome in try await send(fresh, wallet: wallet, progress: nil) { outcomes[outcome.index] = outcome }
        return outcomes
    }

    private nonisolated func send(
        _ reports: [PreparedReport], wallet: ContributorWallet, progress: (@Sendable (Int) -> Void)?
    ) async throws -> [UploadOutcome] {
        var open = Set(reports.map(\.reportID))
        do {
            return try await send(reports) { outcomes in
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
        _ reports: ArraySlice<PreparedReport>
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
        for status in statuses where !(answer.attempts > 1 && status.error == .reportReplayed) {
            errors[status.reportID] = status.error
        }
        let promises = promises(
            answer.header(UploadPromise.headerName), for: Array(reports), failed: Set(statuses.map(\.reportID)))
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
