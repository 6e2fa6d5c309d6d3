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
        try decideWithdrawn()
        try decideByTime()
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
                outcomes[position] = known == report.fingerprint ? .duplicate : .replayed
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

    /// Reports that the holder of their claim key has withdrawn before they came.
    private mutating func decideWithdrawn() throws {
        let claimed = open.filter { reports[$0].claimKey != nil }
        guard !claimed.isEmpty else { return }
        let found = try session.rows([task], matching: claimed.map { reports[$0].reportID.blob }) {
            "SELECT report_id, claim_key FROM leader_early_withdrawals WHERE task = $1 AND report_id IN (\($0))"
        }
        guard !found.isEmpty else { return }
        var withdrawn: [ReportID: Set<[UInt8]>] = [:]
        for row in found {
            withdrawn[try row.id("report_id", as: ReportID.self), default: []].insert(try row.bytes("claim_key"))
        }
        end(
            claimed.filter { position in
                guard let key = reports[position].claimKey else { return false }
                return withdrawn[reports[position].reportID]?.contains(key) ?? false
            }, as: .withdrawn)
    }

    /// Reports of sealed intervals, and those that surely have no room.
    private mutating func decideByTime() throws {
        let distinct = Set(open.map { times[$0] }).sorted()
        let sealed = Set(try distinct.filter { try session.isSealed(time: $0, task) })
        end(open.filter { sealed.contains(times[$0]) }, as: .batchCollected)
        guard let capacity else { return }
        let found = try session.rows([task], matching: distinct.map(SQLValue.integer)) {
            """
            SELECT time, received + aggregating + accepted AS live FROM leader_buckets
            WHERE task = $1 AND time IN (\($0))
            """
        }
        var room: [Int64: Int64] = [:]
        for row in found { room[try row.integer("time")] = capacity - (try row.integer("live")) }
        let full = open.filter { position in
            let left = room[times[position]] ?? capacity
            room[times[position]] = left - 1
            return left <= 0
        }
        end(full, as: .full)
    }

    private mutating func end(_ positions: [Int], as outcome: UploadOutcome) {
        guard !positions.isEmpty else { return }
        for position in positions { outcomes[position] = outcome }
        open = open.filter { outcomes[$0] == nil }
    }

    // MARK: Writing

    /// Inserts what is open, in the order of ids: uploads of the same reports at once then wait for each other, and never
    /// each for the other.
    private mutating func insertReports() throws {
        let ordered = open.sorted { reports[$0].reportID < reports[$1].reportID }
        let returned = try session.returningMany(
            """
            INSERT INTO leader_reports (task, report_id, fingerprint, time, state, deadline)
            VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (task, report_id) DO NOTHING RETURNING report
            """,
            ordered.map { position in
                let report = reports[position]
                return [
                    task, report.reportID.blob, report.fingerprint.blob, times[position],
                    report.deadline?.clampedToInt64,
                ]
            })
        var taken: [Int] = []
        for (position, row) in zip(ordered, returned) {
            if let row { rows[position] = try row.integer("report") } else { taken.append(position) }
        }
        // Another upload was faster.
        try readFingerprints(of: taken)
        for position in taken {
            outcomes[position] =
                fingerprints[reports[position].reportID] == reports[position].fingerprint ? .duplicate : .replayed
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
                known.map { $0 == reports[position].fingerprint ? .duplicate : .replayed } ?? outcomes[first]
        }
    }
}
