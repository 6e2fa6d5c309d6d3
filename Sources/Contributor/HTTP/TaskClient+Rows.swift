import DAP
import Foundation
import Ledger
import Wallet

// Files of rows, each of which is sent once. (`TaskClient` is in `TaskClient.swift`.)

/// What the wallet says of a file before it is sent.
public struct RowUpload: Sendable, Equatable {
    /// Rows that are made into reports now.
    public let missing: Int
    /// Reports that nobody has answered for, and that are sent again as they were.
    public let open: Int
    /// Rows that were sent before, and are not sent now.
    public let sentBefore: Int
    /// Rows that their owner took back, and that stay out.
    public let withdrawn: Int
    /// Those of the missing rows whose earlier reports were refused.
    public let refusedBefore: Int
    /// Rows whose earlier reports had other values, and are out.
    public let corrected: Int
    /// Where the file was when it was sent before, if that was elsewhere.
    public let earlierPath: String?
    /// What its columns were called then, if that was something else.
    public let earlierColumns: String?

    init(_ plan: RowPlan) {
        missing = plan.missing.count
        open = plan.open.count
        sentBefore = plan.sentBefore
        withdrawn = plan.withdrawn
        refusedBefore = plan.refusedBefore
        corrected = plan.corrected
        (earlierPath, earlierColumns) = (plan.earlierPath, plan.earlierColumns)
    }

    /// How many reports are sent now.
    public var toSend: Int { missing + open }
}

extension TaskClient {
    /// Sends what is missing of a file: rows that were never sent, whose reports were refused, or that nobody has answered
    /// for. Done again after whatever ended it, it sends the rest, and every row counts once.
    ///
    /// File and row are in the wallet before a report leaves, and the report follows from the wallet's seed and the row
    /// (``RowSecrets``): whoever runs the same upload again makes the same reports, which the leader takes for those that
    /// it has. So reports without an answer, or with a refusal, are no doubt here. Those in whose place others are made,
    /// because their rows have other values now, are settled first, as for other uploads.
    ///
    /// - Parameters:
    ///   - chosen: the rows to be sent, from 0; all of them if nil.
    ///   - again: the owner wants all chosen rows to count once more.
    ///   - planned: hears what is sent, before anything is.
    ///   - answered: gets the outcomes of each request as soon as they are in the wallet. Their index is the row's, from 0.
    /// - Throws: ``RowConflict``, and as ``upload(each:wallet:time:again:patience:notice:answered:)``.
    public nonisolated func upload(
        rows file: RowFile, chosen: [Int]? = nil, wallet: ContributorWallet, again: Bool = false,
        patience: Duration = .seconds(60), notice: (@Sendable (String) -> Void)? = nil,
        planned: (RowUpload) -> Void = { _ in }, answered: ([UploadOutcome]) throws -> Void
    ) async throws {
        let outline = file.outline
        let chosen = chosen ?? Array(file.rows.indices)
        let secrets = RowSecrets(seed: wallet.seed, taskID: taskID)
        let newID = secrets.sourceID(contents: outline.contents)
        try recognise(file, outline, secrets, in: wallet, notice: notice)
        func plan() throws -> RowPlan {
            try RowPlan(
                outline, chosen: chosen, past: try wallet.contents().past(of: taskID), newID: newID, again: again)
        }
        // What stands against it is said before anybody is waited for.
        let first = try plan()
        guard !first.missing.isEmpty || !first.open.isEmpty else { return planned(RowUpload(first)) }

        let lock = try UploadLock(wallet: wallet.path)
        defer { lock.release() }
        try await clearTheWay(
            in: wallet, lock: lock, again: again, replaced: first.replaced, patience: patience, notice: notice)
        let settled = try plan()
        planned(RowUpload(settled))
        let source = RowSource(
            key: RowSource.Key(taskID, settled.source), path: outline.path, columns: outline.columns,
            rows: UInt64(file.rows.count), contents: outline.contents)
        if try wallet.contents().sources[source.key] != source { try wallet.save([.source(source)]) }
        for (steps, isRepeated) in [(settled.open, true), (settled.missing, false)] {
            var rest = steps[...]
            while !rest.isEmpty {
                try Task.checkCancellation()
                let (now, seed) = (currentTime(), wallet.seed)
                let prepared = try await prepareRequest(rest) { step, configs in
                    let row = ReportRow(
                        sourceID: settled.source, row: UInt64(step.index + 1), line: UInt64(file.rows[step.index].line),
                        generation: step.generation, digest: outline.digests[step.index])
                    return try prepare(
                        file.rows[step.index].value, row: row, secrets: secrets, seed: seed, time: step.time ?? now,
                        configs: configs)
                }
                defer { for report in prepared { report.shares?.wipe() } }
                rest = rest.dropFirst(prepared.count)
                if !isRepeated { try wallet.save(prepared.flatMap(records)) }
                try answered(try await deliver(prepared, wallet: wallet, isRepeated: isRepeated, notice: notice))
            }
        }
    }

    /// Ties reports that a wallet has from the log alone to the rows that they were made of, and saves what opens them.
    private nonisolated func recognise(
        _ file: RowFile, _ outline: RowFile.Outline, _ secrets: RowSecrets, in wallet: ContributorWallet,
        notice: (@Sendable (String) -> Void)?
    ) throws {
        guard task.isCommitted else { return }
        let contents = try wallet.contents()
        let unknown = contents.reports.filter { $0.key.taskID == taskID && contents.rows[$0.key] == nil }
        let found = RecoveredRows.find(
            outline, lines: file.rows.map(\.line), secrets: secrets, among: Set(unknown.keys.map(\.reportID)))
        for found in found {
            var records: [WalletRecord] = []
            let key = RowSource.Key(taskID, found.source)
            if contents.sources[key] == nil {
                records.append(
                    .source(
                        RowSource(
                            key: key, path: outline.path, columns: outline.columns, rows: UInt64(file.rows.count),
                            contents: outline.contents)))
            }
            for (id, row) in found.rows.sorted(by: { $0.value.row < $1.value.row }) {
                try Task.checkCancellation()
                guard let report = unknown[ReportKey(taskID, id)] else { continue }
                var randomness = secrets.randomness(of: row)
                let sharded = try shard(file.rows[Int(row.row) - 1].value, reportID: id, using: &randomness)
                records.append(
                    .report(
                        ReportRecord(
                            taskID: taskID, reportID: id, time: report.time, state: report.state,
                            opening: sharded.opening)))
                records.append(.row(ReportKey(taskID, id), row))
                if records.count >= 2 * UploadSize.reports {
                    try wallet.save(records)
                    records = []
                }
            }
            try wallet.save(records)
            notice?("\(found.rows.count) of its rows are in the wallet out of the log, and are known again")
        }
    }

    private nonisolated func records(of report: PreparedReport) -> [WalletRecord] {
        [.report(record(of: report))] + (report.row.map { [.row(ReportKey(taskID, report.reportID), $0)] } ?? [])
    }
}

extension WalletContents {
    /// What was sent of files of rows to a task.
    package func past(of taskID: TaskID) -> [RowPlan.Past] {
        var past: [SourceID: RowPlan.Past] = [:]
        for source in sortedSources where source.key.taskID == taskID {
            past[source.key.sourceID] = RowPlan.Past(source)
        }
        for (key, row) in rows where key.taskID == taskID {
            guard let report = reports[key] else { continue }
            past[row.sourceID]?.reports[Int(clamping: row.row) - 1, default: []].append(
                RowPlan.Known(
                    reportID: key.reportID, row: row, state: report.state, doubt: doubts[key], time: report.time))
        }
        return past.values.sorted { $0.source.key.sourceID.name < $1.source.key.sourceID.name }
    }
}
