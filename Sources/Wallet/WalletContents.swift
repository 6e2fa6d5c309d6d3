import Crypto
import DAP

/// What a wallet's records say, taken together.
package struct WalletContents: Sendable {
    /// nil before the first record.
    package private(set) var seed: SymmetricKey?
    package private(set) var reports: [ReportKey: ReportRecord] = [:]
    package private(set) var receipts: [ReportKey: [UInt8]] = [:]
    package private(set) var promises: [ReportKey: [UInt8]] = [:]
    /// What was found out about reports whose uploads had doubtful ends.
    package private(set) var doubts: [ReportKey: ReportDoubt] = [:]
    /// Of reports that are open: what it takes to send them again.
    package private(set) var shares: [ReportKey: KeptShares] = [:]
    /// Files of tasks that came with a backup.
    package private(set) var tasks: [[UInt8]] = []
    /// After how many frames a backup said that it ends; nil where none did.
    package private(set) var endFrame: UInt64?
    /// Files whose rows were sent.
    package private(set) var sources: [RowSource.Key: RowSource] = [:]
    /// Of reports that were made of rows: which row.
    package private(set) var rows: [ReportKey: ReportRow] = [:]
    private var detail = Detail.everything

    /// How much of the records is kept in memory.
    package enum Detail: Sendable {
        case everything
        /// The history without inputs and openings, and no receipts or promises: what an upload has to know, a few hundred
        /// bytes a report. Nothing is copied out of such contents into another wallet.
        case states
    }

    package init() {}

    package init(keeping detail: Detail) { self.detail = detail }

    /// Whether this is all that the wallet has.
    package var isComplete: Bool { detail == .everything }

    /// Drops what is not to be kept, and keeps it no more.
    package mutating func forgetDetails() {
        detail = .states
        for (key, report) in reports { reports[key] = report.withoutOpening }
        (receipts, promises, tasks) = ([:], [:], [])
    }

    /// - Throws: where no seed comes first, or another one follows.
    package init(_ records: [WalletRecord]) throws(CodecError) {
        for record in records { try add(record) }
    }

    /// Adds the records of one frame.
    ///
    /// - Throws: where they do not decode, or no seed comes first, or another one follows.
    package mutating func add(frame: [UInt8]) throws(CodecError) {
        var reader = ByteReader(frame)
        for record in try reader.list(of: WalletRecord.self) { try add(record) }
    }

    package mutating func add(_ record: WalletRecord) throws(CodecError) {
        if case .seed(let bytes) = record {
            guard seed == nil else { throw .invalidValue(field: "seed", reason: "a second seed") }
            seed = SymmetricKey(data: bytes)
            return
        }
        guard seed != nil else { throw .missingField("seed") }
        switch record {
        case .seed: return
        case .end(let frames): endFrame = frames
        case .task(let file): if detail == .everything, !tasks.contains(file) { tasks.append(file) }
        case .report(let report):
            reports[report.key] = detail == .everything ? report : report.withoutOpening
            if !report.state.isOpen { shares[report.key] = nil }
        // States of reports that are not there say nothing.
        case .state(let key, let state):
            reports[key] = reports[key]?.with(state)
            if !state.isOpen { shares[key] = nil }
        case .receipt(let key, let text): if detail == .everything { receipts[key] = text }
        case .promise(let key, let text): if detail == .everything { promises[key] = text }
        case .forgotten(let key):
            (reports[key], receipts[key], promises[key], doubts[key], shares[key]) = (nil, nil, nil, nil, nil)
            rows[key] = nil
        case .doubt(let key, let doubt): doubts[key] = doubt
        case .shares(let key, let kept): if reports[key]?.state.isOpen == true { shares[key] = kept }
        case .source(let source): sources[source.key] = source
        case .row(let key, let row): if reports[key] != nil { rows[key] = row }
        }
    }

    /// The history, oldest first; of one task if given.
    package func history(of taskID: TaskID? = nil) -> [ReportRecord] {
        reports.values.filter { taskID == nil || $0.taskID == taskID }.map { ($0, Self.name($0.key)) }
            .sorted { ($0.0.time, $0.1) < ($1.0.time, $1.1) }.map(\.0)
    }

    /// Everything, in as few records as say it.
    ///
    /// - Precondition: ``isComplete``.
    package func records() -> [WalletRecord] {
        precondition(isComplete, "details that were not kept must not be lost by copying a wallet")
        guard let seed else { return [] }
        return [.seed(seed.withUnsafeBytes { Array($0) })] + history().map { .report($0) }
            + Self.sorted(receipts).map { .receipt($0, $1) } + Self.sorted(promises).map { .promise($0, $1) }
            + Self.sorted(doubts).map { .doubt($0, $1) } + Self.sorted(shares).map { .shares($0, $1) }
            + tasks.map { .task($0) }
            + sortedSources.map { .source($0) } + Self.sorted(rows).map { .row($0, $1) }
    }

    /// By path, and where several have one, in an order that is always the same.
    package var sortedSources: [RowSource] {
        sources.values.sorted {
            ($0.path, $0.key.taskID.base64URL, $0.key.sourceID.name)
                < ($1.path, $1.key.taskID.base64URL, $1.key.sourceID.name)
        }
    }

    /// What `other` knows and this does not: the union of both is this with these records added. Tasks are not among them:
    /// they are installed where they can be seen.
    ///
    /// - Precondition: ``isComplete``, for both.
    package func missing(from other: WalletContents) -> [WalletRecord] {
        precondition(isComplete && other.isComplete, "details that were not kept must not be lost by uniting wallets")
        let reports = other.history().compactMap { theirs -> WalletRecord? in
            guard let mine = self.reports[theirs.key] else { return .report(theirs) }
            let both = mine.merged(with: theirs)
            return both == mine ? nil : .report(both)
        }
        return reports
            + Self.sorted(other.receipts.filter { receipts[$0.key] == nil }).map { .receipt($0, $1) }
            + Self.sorted(other.promises.filter { promises[$0.key] == nil }).map { .promise($0, $1) }
            // What one of the two has settled is settled.
            + Self.sorted(
                other.doubts.filter { doubts[$0.key] == nil || doubts[$0.key] == .counts && $0.value.isSettled }
            )
            .map { .doubt($0, $1) }
            // Of a report that either of the two knows the end of, they are needed no more.
            + Self.sorted(other.shares.filter { shares[$0.key] == nil && self.reports[$0.key]?.state.isOpen != false })
            .map { .shares($0, $1) }
            // Which of two says where a file was last cannot be told; it is found by its contents, too.
            + other.sortedSources.filter { sources[$0.key] == nil }.map { .source($0) }
            + Self.sorted(other.rows.filter { rows[$0.key] == nil }).map { .row($0, $1) }
    }

    private static func sorted<Fact>(_ facts: [ReportKey: Fact]) -> [(ReportKey, Fact)] {
        facts.map { ($0.key, $0.value, name($0.key)) }.sorted { $0.2 < $1.2 }.map { ($0.0, $0.1) }
    }

    /// By which reports are ordered: two tasks may have reports of one id.
    private static func name(_ key: ReportKey) -> String { key.reportID.base64URL + key.taskID.base64URL }
}
