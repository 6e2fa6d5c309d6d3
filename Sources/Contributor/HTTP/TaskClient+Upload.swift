import DAP
import Foundation
import Ledger
import NodeAPI
import Requests
import TaskTypes
import Tasks
import Wallet

// Uploads as their callers see them. (`TaskClient` is in `TaskClient.swift`.)

extension TaskClient {
    /// Uploads reports, several a request, and tells what the leader answered about each, in the order given.
    ///
    /// A repeated request after a broken connection may find its reports stored already; the leader then says
    /// `report_replayed`, which counts as stored here.
    public nonisolated func send(
        _ reports: [PreparedReport], progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> [UploadOutcome] {
        var outcomes: [UploadOutcome] = []
        var rest = reports[...]
        while !rest.isEmpty {
            let chunk = Self.chunk(of: rest)
            rest = rest.dropFirst(chunk.count)
            let answer = try await transport.sendExpectingSuccess(uploadRequest(chunk))
            outcomes += try self.outcomes(of: chunk, answer, isRepeated: answer.attempts > 1)
            progress?(chunk.count)
        }
        return outcomes
    }

    /// Prepares and sends values, and keeps the history of each in the contributor's wallet.
    ///
    /// - Returns: what the leader answered about each, in the order given.
    /// - Throws: as ``upload(each:wallet:time:again:patience:notice:answered:)``.
    public nonisolated func upload(
        _ measurements: [MeasurementValue], wallet: ContributorWallet, time: UInt64? = nil, again: Bool = false,
        patience: Duration = .seconds(60), progress: (@Sendable (Int) -> Void)? = nil,
        notice: (@Sendable (String) -> Void)? = nil
    ) async throws -> [UploadOutcome] {
        var outcomes: [UploadOutcome] = []
        try await upload(
            each: measurements, wallet: wallet, time: time, again: again, patience: patience, notice: notice
        ) {
            outcomes += $0
            progress?($0.count)
        }
        return outcomes
    }

    /// Prepares and sends values, a request at a time, so that memory does not grow with their number, and keeps the
    /// history of each in the contributor's wallet.
    ///
    /// Every opening is on the disk before its report leaves: a claim about a logged report must never be lost to a crash.
    /// What the leader answered follows request by request.
    ///
    /// No answer makes this client send a value twice. Where the leader says that the keys were outdated, the same report
    /// is encrypted to the keys that the nodes have now, once. Where it does not say what became of a report, the same
    /// report is sent again for a while (``UploadReply``), and what it takes to go on later is kept in the wallet: see
    /// ``resume(wallet:notice:answered:)``. And before a report is made, all earlier ones of the task whose uploads ended
    /// in doubt are settled (``SettledReports``), which costs nothing where there are none. Both nodes are shown the
    /// newest checkpoint that the wallet has, so that none which was restored takes anything.
    ///
    /// - Parameters:
    ///   - again: do without that: the owner of the wallet wants these values to count beside whatever was sent before.
    ///   - patience: how long to wait for the log to show that earlier reports are withdrawn.
    ///   - notice: gets sentences about what this waits for.
    ///   - answered: gets the outcomes of each request as soon as they are in the wallet.
    /// - Throws: ``ContributorError``, `.unsettled` where an earlier report counts or may count; nothing is sent then.
    public nonisolated func upload(
        each measurements: [MeasurementValue], wallet: ContributorWallet, time: UInt64? = nil, again: Bool = false,
        patience: Duration = .seconds(60), notice: (@Sendable (String) -> Void)? = nil,
        answered: ([UploadOutcome]) throws -> Void
    ) async throws {
        // Held until the last answer is in the wallet: meanwhile, 'sent' does not mean that nobody will hear an answer.
        let lock = try UploadLock(wallet: wallet.path)
        defer { lock.release() }
        try await clearTheWay(in: wallet, lock: lock, again: again, patience: patience, notice: notice)
        var rest = measurements.indices[...]
        while !rest.isEmpty {
            try Task.checkCancellation()
            let (seed, now) = (wallet.seed, time ?? currentTime())
            let prepared = try await prepareRequest(Array(rest.prefix(UploadSize.reports))[...]) { index, configs in
                try prepare(measurements[index], index: index, seed: seed, time: now, configs: configs)
            }
            defer { for report in prepared { report.shares?.wipe() } }
            rest = rest.dropFirst(prepared.count)
            try wallet.save(prepared.map { .report(record(of: $0)) })
            try answered(try await deliver(prepared, wallet: wallet, isRepeated: false, notice: notice))
        }
    }

    /// Settles what stands in the way of other reports of the task, and joins the uploads that are under way.
    ///
    /// - Parameter replaced: reports of rows in whose place others are made now.
    nonisolated func clearTheWay(
        in wallet: ContributorWallet, lock: UploadLock, again: Bool, replaced: Set<ReportID> = [], patience: Duration,
        notice: (@Sendable (String) -> Void)?
    ) async throws {
        let doubtful = try await doubtfulReports(
            in: wallet, lock: lock, again: again, replaced: replaced, patience: patience, notice: notice)
        try lock.join()
        try await showNewestCheckpoint(of: wallet)
        try await settle(doubtful, wallet: wallet, again: again, patience: patience, notice: notice)
    }

    /// Sends the reports of the task again that earlier uploads left unanswered, as they were.
    ///
    /// - Parameters:
    ///   - notice: gets sentences about what this waits for.
    ///   - answered: gets the outcomes of each request as soon as they are in the wallet.
    public nonisolated func resume(
        wallet: ContributorWallet, notice: (@Sendable (String) -> Void)? = nil,
        answered: ([UploadOutcome]) throws -> Void
    ) async throws {
        let lock = try UploadLock(wallet: wallet.path)
        defer { lock.release() }
        try lock.join()
        var kept = try wallet.contents().shares.filter { $0.key.taskID == taskID }.map(\.value)
            .sorted { $0.metadata.reportID.base64URL < $1.metadata.reportID.base64URL }[...]
        guard !kept.isEmpty else { return }
        try await showNewestCheckpoint(of: wallet)
        while !kept.isEmpty {
            let configs = try await aggregatorConfigs()
            let sealed = try zip(kept.indices, kept.prefix(UploadSize.reports)).map {
                try seal($1, index: $0, configs: configs)
            }
            let chunk = Array(Self.chunk(of: sealed[...]))
            defer { for report in sealed { report.shares?.wipe() } }
            kept = kept.dropFirst(chunk.count)
            try answered(try await deliver(chunk, wallet: wallet, isRepeated: true, notice: notice))
        }
    }

    /// The request that uploads these reports.
    nonisolated func uploadRequest(_ reports: some Collection<PreparedReport>) -> WebRequest {
        WebRequest(
            API.upload, at: leaderURL, taskID, headers: [taskHeader],
            body: .bytes(UploadRequest(reports: reports.map(\.report)).encoded()))
    }

    /// What a successful answer says about each report.
    ///
    /// - Parameter isRepeated: the reports were sent before, in this form or another.
    /// - Throws: `.unexpectedAnswer` where it is not one that the standard allows.
    nonisolated func outcomes(
        of reports: some Collection<PreparedReport>, _ answer: WebAnswer, isRepeated: Bool
    ) throws(ContributorError) -> [UploadOutcome] {
        let statuses: [ReportUploadStatus]
        do throws(UploadFailures.Odd) {
            statuses = try UploadFailures.read(
                answer.body, type: answer.header("Content-Type"), of: Set(reports.map(\.reportID)))
        } catch {
            throw ContributorError.unexpectedAnswer(
                url: API.upload.url(at: leaderURL, taskID), reason: error.description)
        }
        var errors: [ReportID: ReportError] = [:]
        var replayed: Set<ReportID> = []
        // The report of a row may have been sent out of another copy of the wallet: its id is nobody else's.
        let ofRows = Set(reports.lazy.filter { $0.row != nil }.map(\.reportID))
        for status in statuses {
            // The leader had it from an earlier attempt, or in other ciphertexts: stored is what it is.
            if status.error == .reportReplayed, isRepeated || ofRows.contains(status.reportID) {
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
        return reports.map { report in
            UploadOutcome(
                reportID: report.reportID, index: report.index, error: errors[report.reportID],
                reason: errors[report.reportID].map {
                    RefusalWords.text(
                        $0, task: file.configuration, now: answer.receivedAt, nodeTime: answer.date)
                }, size: report.size,
                promise: promises[report.reportID] ?? .none, wasThere: replayed.contains(report.reportID))
        }
    }

    nonisolated func record(of report: PreparedReport) -> ReportRecord {
        ReportRecord(
            taskID: taskID, reportID: report.reportID,
            time: file.configuration.seconds(of: report.time) ?? 0, state: .sent, opening: report.opening)
    }

    /// As many reports from the front as fit one request of moderate size, at least one.
    private static func chunk(of reports: ArraySlice<PreparedReport>) -> ArraySlice<PreparedReport> {
        var count = 0
        var total = 0
        for report in reports.prefix(UploadSize.reports) {
            total += report.size
            guard count == 0 || total <= UploadSize.bytes else { break }
            count += 1
        }
        return reports.prefix(count)
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
