// Storing uploaded reports; the protocol is in LeaderReportStore.swift.

import DAP

extension NodeDatabase: LeaderReportStore {
    package func storeReports(
        _ reports: [NewReport], task: TaskID, bucketCapacity: UInt64?
    ) async throws(DatastoreError) -> [UploadOutcome] {
        try await write { session in
            let key = try session.lockedTaskMaking(task, .shared)
            try session.requireService(of: key, id: task)
            var upload = try Upload(
                session: session, task: key, reports: reports, capacity: bucketCapacity?.clampedToInt64)
            return try upload.store()
        }
    }
}

/// One request's reports on their way into the database: a few statements, whatever their number.
///
/// What is read first (reports that are there, withdrawals that came before, sealed intervals) stays true because the task
/// is locked, but for two things that other uploads change meanwhile, and both are decided by the statement that writes:
/// whether the id is free, by the insertion itself; whether the unit of time has room, by the one that counts, which comes
/// last because everybody's uploads change that row. Reports that it has no room for are taken out again. So room is
/// exact, and no upload waits for another's insertions.
private struct Upload {
    let session: Session
    let task: TaskKey
    let reports: [NewReport]
    /// How many reports a unit of time may hold; nil where that is not limited.
    let capacity: Int64?
    private let times: [Int64]
    private var outcomes: [UploadOutcome?]
    /// Of reports that are in the database.
    private var fingerprints: [ReportID: [UInt8]] = [:]
    /// Positions of reports that nothing speaks against so far, in order.
    private var open: [Int] = []
    /// Reports that have the id of one that comes before them in the request, with its position.
    private var repetitions: [(position: Int, first: Int)] = []
    /// The rows of those that were inserted.
    private var rows: [Int: Int64] = [:]

    init(session: Session, task: TaskKey, reports: [NewReport], capacity: Int64?) throws {
        self.session = session
        self.task = task
        self.reports = reports
        self.capacity = capacity
        times = try reports.map { try $0.time.stored("report time") }
        outcomes = Array(repeating: nil, count: reports.count)
    }

    mutating func store() throws -> [UploadOutcome] {
        try decideKnown()
        if let end = try decideNew() { return reports.map { _ in .closing(until: end) } }
        try insertReports()
        try insertPayloads()
        try admit()
        decideRepetitions()
        // The answer promises those that have a deadline, and again those that were here: perhaps nobody has been answered.
        if rows.keys.contains(where: { reports[$0].deadline != nil }) {
            try session.countGeneration()
        } else if reports.indices.contains(where: { outcomes[$0] == .duplicate && reports[$0].deadline != nil }) {
            try session.noteGeneration()
        }
        return outcomes.map { $0 ?? .full }
    }

    // MARK: What is known before

    /// Reports whose id is there already.
    private mutating func decideKnown() throws {
        try readFingerprints(of: reports.indices)
        var firsts: [ReportID: Int] = [:]
        for (position, report) in reports.enumerated() {
            if let known = fingerprints[report.reportID] {
                outcomes[position] = .ofKnown(isSame: known == report.fingerprint)
            } else if let first = firsts[report.reportID] {
                repetitions.append((position, first))
            } else {
                firsts[report.reportID] = position
                open.append(position)
            }
        }
    }

    private mutating func readFingerprints(of positions: some Sequence<Int>) throws {
        let found = try session.rows([task], matching: positions.map { reports[$0].reportID.blob }) {
            "SELECT report_id, fingerprint FROM leader_reports WHERE task = $1 AND report_id IN (\($0))"
        }
        for row in found {
            fingerprints[try row.id("report_id", as: ReportID.self)] = try row.bytes("fingerprint")
        }
    }

    /// What the life says of reports that are not here: withdrawn before they came, of a sealed interval, or without room as
    /// far as is committed.
    ///
    /// - Returns: until when the request waits, because an interval that one of them is in may be open again; nil: not at all.
    private mutating func decideNew() throws -> UInt64? {
        guard !open.isEmpty else { return nil }
        let keptOut = try keptOutPositions()
        let distinct = Set(open.map { times[$0] }).sorted()
        let sealed = Set(try distinct.filter { try session.isSealed(time: $0, task) })
        var waits: [Int64: UInt64] = [:]
        for time in sealed { waits[time] = try session.closeWait(.time(time), task) }
        var wait: UInt64?
        var room = try room(of: distinct)
        for position in open {
            let time = times[position]
            let left = room[time] ?? capacity ?? .max
            let step = ReportLife.after(
                keptOut.contains(position) ? .keptOut : .absent,
                .upload(isSame: false, isSealed: sealed.contains(time), hasRoom: left > 0))
            if case .move = step {
                if capacity != nil { room[time] = left - 1 }
            } else {
                outcomes[position] = UploadOutcome(step)
                if step == .refuse(.sealed), let end = waits[time] { wait = max(wait ?? 0, end) }
            }
        }
        open = open.filter { outcomes[$0] == nil }
        return wait
    }

    /// The open reports that the holders of their claim keys have withdrawn before they came.
    private func keptOutPositions() throws -> Set<Int> {
        let claimed = open.filter { reports[$0].claimKey != nil }
        guard !claimed.isEmpty else { return [] }
        let found = try session.rows([task], matching: claimed.map { reports[$0].reportID.blob }) {
            "SELECT report_id, claim_key FROM leader_early_withdrawals WHERE task = $1 AND report_id IN (\($0))"
        }
        guard !found.isEmpty else { return [] }
        var withdrawn: [ReportID: Set<[UInt8]>] = [:]
        for row in found {
            withdrawn[try row.id("report_id", as: ReportID.self), default: []].insert(try row.bytes("claim_key"))
        }
        return Set(
            claimed.filter { position in
                guard let key = reports[position].claimKey else { return false }
                return withdrawn[reports[position].reportID]?.contains(key) ?? false
            })
    }

    /// How many more reports units of time may hold, as far as is committed. Nothing for those that have none, or no limit.
    private func room(of times: [Int64]) throws -> [Int64: Int64] {
        guard let capacity else { return [:] }
        let found = try session.rows([task], matching: times.map(SQLValue.integer)) {
            """
            SELECT time, received + aggregating + accepted AS live FROM leader_buckets
            WHERE task = $1 AND time IN (\($0))
            """
        }
        var room: [Int64: Int64] = [:]
        for row in found { room[try row.integer("time")] = capacity - (try row.integer("live")) }
        return room
    }

    // MARK: Writing

    /// Inserts what is open, in the order of ids: uploads of the same reports at once then wait for each other, and never
    /// each for the other.
    private mutating func insertReports() throws {
        let ordered = open.sorted { reports[$0].reportID < reports[$1].reportID }
        let returned = try session.returningMany(
            """
            INSERT INTO leader_reports (task, report_id, fingerprint, time, state, deadline, not_before, turn)
            VALUES ($1, $2, $3, $4, \(ReportState.received.sql), $5, $6, $7) ON CONFLICT (task, report_id) DO NOTHING
            RETURNING report
            """,
            ordered.map { position in
                let report = reports[position]
                return [
                    task, report.reportID.blob, report.fingerprint.blob, times[position],
                    report.deadline?.clampedToInt64, report.notBefore.clampedToInt64,
                    report.notBefore > 0 ? session.shuffle() : 0,
                ]
            })
        var taken: [Int] = []
        for (position, row) in zip(ordered, returned) {
            if let row { rows[position] = try row.integer("report") } else { taken.append(position) }
        }
        // Another upload was faster.
        try readFingerprints(of: taken)
        for position in taken {
            outcomes[position] = .ofKnown(
                isSame: fingerprints[reports[position].reportID] == reports[position].fingerprint)
        }
        open = open.filter { rows[$0] != nil }
        for position in open { outcomes[position] = .stored }
    }

    private func insertPayloads() throws {
        var keys: [Int64: ShareKey] = [:]
        for time in Set(open.map { times[$0] }).sorted() { keys[time] = try session.shareKey(task, .time(time)) }
        let payloads = try open.compactMap { position -> SQLArguments? in
            guard let row = rows[position], let key = keys[times[position]] else { return nil }
            let (id, payload) = (reports[position].reportID, reports[position].payload)
            return [
                row, key.number, payload.metadata.blob, payload.publicShare.blob,
                try key.seal(payload.inputShare, of: id.bytes).blob, payload.helperShare.blob,
            ]
        }
        try session.executeMany(
            """
            INSERT INTO leader_payloads (report, share_key, metadata, public_share, input_share, helper_share)
            VALUES ($1, $2, $3, $4, $5, $6)
            """, payloads)
    }

    /// Counts what was inserted, and takes out again, from the end, what there turns out to be no room for.
    private mutating func admit() throws {
        let numbers = Dictionary(open.map { (times[$0], 1) }, uniquingKeysWith: +)
        var surplus = try session.admit(numbers, of: task, capacity: capacity ?? .max)
        guard !surplus.isEmpty else { return }
        var taken: [SQLValue] = []
        for position in open.reversed() where surplus[times[position], default: 0] > 0 {
            surplus[times[position], default: 0] -= 1
            if let row = rows.removeValue(forKey: position) { taken.append(.integer(row)) }
            outcomes[position] = .full
        }
        for table in ["leader_payloads", "leader_reports"] {
            try session.execute([], matching: taken) { "DELETE FROM \(table) WHERE report IN (\($0))" }
        }
    }

    /// Whatever became of the first of an id decides about the others.
    private mutating func decideRepetitions() {
        for (position, first) in repetitions {
            let known = outcomes[first] == .stored ? reports[first].fingerprint : fingerprints[reports[first].reportID]
            outcomes[position] =
                known.map { .ofKnown(isSame: $0 == reports[position].fingerprint) } ?? outcomes[first]
        }
    }
}

extension UploadOutcome {
    /// What the life's answer is to whoever uploads.
    package init(_ step: ReportStep) {
        self =
            switch step {
            case .move, .keepWithdrawal: .stored
            case .nothing: .duplicate
            case .refuse(.withdrawn), .refuse(.wrongKey): .withdrawn
            case .refuse(.sealed): .batchCollected
            case .refuse(.full): .full
            case .refuse(.replayed), .refuse(.rejected), .refuse(.stale): .replayed
            }
    }

    /// Of a report whose id is here: the answer is the same for whatever has become of that one.
    fileprivate static func ofKnown(isSame: Bool) -> UploadOutcome {
        UploadOutcome(ReportLife.after(.received, .upload(isSame: isSame, isSealed: false, hasRoom: true)))
    }
}
