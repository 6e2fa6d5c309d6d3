// Numbering: whoever has the duty `log` gives what is due its place, and nobody else does. What it costs grows with what is due.

import DAP
import Ledger

/// Gives out places in the log.
package protocol LogSequencer: Sendable {
    /// Numbers entries that are due, at most so many: first those that were due first; of one window, words that stand behind
    /// others after those, and else in the order of the random numbers that they were queued with.
    ///
    /// - Parameter time: POSIX seconds.
    /// - Returns: how many; fewer than `limit` where nothing is left.
    /// - Throws: `.leaseLost` where another process may be numbering; `.stale` where the head is not where it was.
    func numberLogEntries(_ lease: DutyLease, dueAt time: UInt64, limit: Int) async throws(DatastoreError) -> Int

    /// When the next entry falls due, in POSIX seconds (0: at once); nil where none waits.
    func nextLogEntry() async throws(DatastoreError) -> UInt64?

    /// The last entry in the queue; nil where there is none.
    func lastQueuedEntry() async throws(DatastoreError) -> Int64?

    /// Whether one of the entries up to that one is due and has no place.
    func hasDueEntry(at time: UInt64, upTo entry: Int64) async throws(DatastoreError) -> Bool

    /// Until when words about a batch's reports wait that have no place yet, in POSIX seconds (0: for nothing); nil where all have
    /// theirs. Words about a sealed batch become fewer.
    ///
    /// The time is that of the last unit of an interval, which is the window's like that of the others, unless a promise ends
    /// before or a former window has left something: whoever has waited until then asks again. So a look costs one row however
    /// many words wait.
    func waitingWords(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> UInt64?

    /// Until when the word about a report waits, or the report itself, before it may be in a job; nil where neither does.
    func waitingWord(about report: ReportID, task: TaskID) async throws(DatastoreError) -> UInt64?
}

extension NodeDatabase: LogSequencer {
    /// In one transaction.
    package static let numberedAtOnce = 1_000

    package func numberLogEntries(
        _ lease: DutyLease, dueAt time: UInt64, limit: Int = numberedAtOnce
    ) async throws(DatastoreError) -> Int {
        try await write { session in
            try session.require(lease)
            let head = try session.logHead()
            var due = try session.dueEntries("not_before <= $1", [time.clampedToInt64, limit])
            if due.count < limit {
                // What waits because of a clock that was wrong.
                let end = (time + min(QueueWait.longest, .max - time)).clampedToInt64
                due += try session.dueEntries("not_before > $1", [end, limit - due.count])
            }
            guard !due.isEmpty else { return 0 }
            try session.number(due, behind: head)
            return due.count
        }
    }

    package func lastQueuedEntry() async throws(DatastoreError) -> Int64? {
        try await read { session in try session.integer("SELECT MAX(entry) FROM log_queue") }
    }

    package func hasDueEntry(at time: UInt64, upTo entry: Int64) async throws(DatastoreError) -> Bool {
        try await read { session in
            try session.exists(
                "SELECT 1 AS found FROM log_queue WHERE not_before <= $1 AND +entry <= $2 LIMIT 1",
                [time.clampedToInt64, entry])
        }
    }

    package func nextLogEntry() async throws(DatastoreError) -> UInt64? {
        try await read { session in
            try session.first("SELECT not_before FROM log_queue ORDER BY not_before LIMIT 1")?.unsigned("not_before")
        }
    }

    package func waitingWords(task: TaskID, scope: BatchScope) async throws(DatastoreError) -> UInt64? {
        try await read { session in
            guard let (task, buckets) = try session.leaderBatch(scope, of: task) else { return nil }
            return try session.waitingWords(task, buckets)
        }
    }

    package func waitingWord(about report: ReportID, task: TaskID) async throws(DatastoreError) -> UInt64? {
        try await read { session in
            guard let task = try session.taskKey(task) else { return nil }
            let row = try session.first(
                """
                SELECT MAX(q.not_before) AS latest FROM leader_reports AS r JOIN log_queue AS q
                    ON q.task = r.task AND q.subject = r.report
                WHERE r.task = $1 AND r.report_id = $2
                    AND q.word IN (\(QueuedWord.sql(.leaf, .rejected, .withdrawal)))
                """, [task, report.blob])
            if let latest = try row?.optionalUnsigned("latest") { return latest }
            return try session.first(
                """
                SELECT not_before FROM leader_reports
                WHERE task = $1 AND report_id = $2 AND state = \(ReportState.received.sql) AND turn > 0
                """, [task, report.blob]
            )?.unsigned("not_before")
        }
    }
}

/// An entry that gets its place now.
private struct DueEntry {
    let entry: Int64
    let word: QueuedWord
    let subject: Int64?
    let bytes: [UInt8]

    init(_ row: SQLRow) throws {
        entry = try row.integer("entry")
        word = try row.code("word", as: QueuedWord.self)
        subject = try row.optionalInteger("subject")
        bytes = try row.bytes("bytes")
    }
}

extension Session {
    /// As ``LogSequencer/waitingWords(task:scope:)``.
    func waitingWords(_ task: TaskKey, _ buckets: BucketRange) throws -> UInt64? {
        try first(
            """
            SELECT not_before FROM log_queue
            WHERE task = $1 AND bucket_kind = $2 AND bucket_ref >= $3 AND bucket_ref < $4
            ORDER BY bucket_ref DESC, not_before DESC LIMIT 1
            """, buckets.arguments(task)
        )?.unsigned("not_before")
    }

    /// The first entries of a range of the queue, in the order in which they get their places.
    fileprivate func dueEntries(_ range: String, _ arguments: SQLArguments) throws -> [DueEntry] {
        try rows(
            """
            SELECT entry, word, subject, bytes FROM log_queue WHERE \(range)
            ORDER BY not_before, stage, turn, entry LIMIT $2
            """, arguments
        ).map(DueEntry.init)
    }

    fileprivate func logHead() throws -> (size: Int64, fence: Int64) {
        guard let head = try first("SELECT size, fence FROM log_head") else {
            throw DatastoreError.corrupt("log_head is empty")
        }
        return (try head.integer("size"), try head.integer("fence"))
    }

    /// Gives entries their places, in their order, and tells the rows that they are about.
    fileprivate func number(_ due: [DueEntry], behind head: (size: Int64, fence: Int64)) throws {
        let (size, fence) = head
        let moved = try execute(
            "UPDATE log_head SET size = $1, fence = fence + 1 WHERE size = $2 AND fence = $3",
            [size + Int64(due.count), size, fence])
        guard moved == 1 else { throw DatastoreError.stale }
        let places = due.enumerated().map { (entry: $0.element, index: size + Int64($0.offset)) }
        try executeMany(
            "INSERT INTO log_entries (idx, bytes) VALUES ($1, $2)", places.map { [$0.index, $0.entry.bytes.blob] })
        try tellReports(places)
        try executeMany(
            "UPDATE log_submissions SET idx = $1 WHERE entry_hash = $2",
            places.filter { $0.entry.word == .submission }.map { [$0.index, Blob.hash($0.entry.bytes).blob] })
        let gone = try executeMany("DELETE FROM log_queue WHERE entry = $1", due.map { [$0.entry] })
        guard gone.allSatisfy({ $0 == 1 }) else { throw DatastoreError.stale }
        // What was submitted is told its place: that may be said of no other tree.
        if due.contains(where: { $0.word == .submission }) { try countGeneration() }
    }

    /// A report's row names its leaf, or the rejection in its place; a withdrawal where there is neither, for the leaf has the key
    /// that may withdraw it. In the order of rows, as everything that changes several.
    private func tellReports(_ places: [(entry: DueEntry, index: Int64)]) throws {
        let about: [(word: QueuedWord, report: Int64, index: Int64)] = places.compactMap { place in
            guard let subject = place.entry.subject, [.leaf, .rejected, .withdrawal].contains(place.entry.word) else {
                return nil
            }
            return (place.entry.word, subject, place.index)
        }.sorted { ($0.report, $0.index) < ($1.report, $1.index) }
        try executeMany(
            "UPDATE leader_reports SET log_index = $2 WHERE report = $1",
            about.filter { $0.word != .withdrawal }.map { [$0.report, $0.index] })
        try executeMany(
            "UPDATE leader_reports SET log_index = $2 WHERE report = $1 AND log_index IS NULL",
            about.filter { $0.word == .withdrawal }.map { [$0.report, $0.index] })
    }
}
