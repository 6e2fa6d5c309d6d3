// The leader's counters. Whatever changes the state of a report tells them from where to where, and they are written once,
// last and in one order: everybody's transactions change these rows, and who holds one makes the others wait until its
// transaction ends.

import DAP

/// What a transaction has changed of the numbers of a task's reports, until ``Session/write(_:of:)``.
///
/// Units of time count reports of all states; leader-selected batches those in jobs and the accepted; rejections by reason.
struct LeaderCounters: Sendable {
    /// Of a unit of time, by state.
    fileprivate private(set) var times: [Int64: [Int64]] = [:]
    /// Of a leader-selected batch, in jobs and accepted.
    fileprivate private(set) var batches: [Int64: (aggregating: Int64, accepted: Int64)] = [:]
    fileprivate private(set) var rejections: [ReportError: Int64] = [:]
    /// Jobs that ended with accepted reports.
    var answeredJobs: Int64 = 0
    /// How many reports a batch may have after this; it must still be open then. Nil where none joins one.
    var batchCapacity: Int64?

    /// Counts that reports of a unit of time have gone from one place to another.
    mutating func move(_ reports: Int64 = 1, time: Int64, from start: ReportPlace, to end: ReportPlace) {
        count(-reports, time, start)
        count(reports, time, end)
    }

    private mutating func count(_ reports: Int64, _ time: Int64, _ place: ReportPlace) {
        times[time, default: [0, 0, 0, 0, 0]][Int(place.state.rawValue)] += reports
        switch place.state {
        case .aggregating:
            if let batch = place.batch { batches[batch, default: (0, 0)].aggregating += reports }
        case .accepted:
            if let batch = place.batch { batches[batch, default: (0, 0)].accepted += reports }
        case .rejected:
            if let error = place.error { rejections[error, default: 0] += reports }
        case .received, .withdrawn: break
        }
    }
}

extension Session {
    /// Writes what a transaction has changed.
    ///
    /// - Throws: `.stale` where a batch that reports join is not open any more, or has no room for all of them.
    func write(_ counters: LeaderCounters, of task: TaskKey) throws {
        try writeTimes(counters, of: task)
        try writeBatches(counters)
        let rejections = counters.rejections.filter { $0.value != 0 }.sorted { $0.key.rawValue < $1.key.rawValue }
        try executeMany(
            """
            INSERT INTO leader_refusals (task, error, reports) VALUES ($1, $2, $3)
            ON CONFLICT (task, error) DO UPDATE SET reports = leader_refusals.reports + $3
            """, rejections.map { [task, Int($0.key.rawValue), $0.value] })
        guard counters.answeredJobs > 0 else { return }
        try execute(
            """
            INSERT INTO leader_answered (task, jobs) VALUES ($1, $2)
            ON CONFLICT (task) DO UPDATE SET jobs = leader_answered.jobs + $2
            """, [task, counters.answeredJobs])
    }

    private func writeTimes(_ counters: LeaderCounters, of task: TaskKey) throws {
        let rows = counters.times.filter { $0.value.contains { $0 != 0 } }.sorted { $0.key < $1.key }
        let changed = try executeMany(
            """
            UPDATE leader_buckets SET received = received + $3, aggregating = aggregating + $4, accepted = accepted + $5,
                rejected = rejected + $6, withdrawn = withdrawn + $7
            WHERE task = $1 AND time = $2
            """, rows.map { [task, $0.key, $0.value[0], $0.value[1], $0.value[2], $0.value[3], $0.value[4]] })
        guard changed.allSatisfy({ $0 == 1 }) else {
            throw DatastoreError.corrupt("reports of a unit of time were never counted")
        }
    }

    private func writeBatches(_ counters: LeaderCounters) throws {
        let change = """
            UPDATE leader_batches SET aggregating = aggregating + $2, accepted = accepted + $3, has_room =
            """
        let rows: [SQLArguments] = counters.batches.filter { $0.value != (0, 0) }.sorted { $0.key < $1.key }
            .map { [$0.key, $0.value.aggregating, $0.value.accepted] }
        guard let capacity = counters.batchCapacity else {
            // Whoever leaves an open batch makes room.
            let open = "state = \(BatchState.open.sql)"
            let changed = try executeMany(
                "\(change) CASE WHEN \(open) AND $2 + $3 < 0 THEN 1 ELSE has_room END WHERE batch = $1", rows)
            guard changed.allSatisfy({ $0 == 1 }) else {
                throw DatastoreError.corrupt("reports are in a batch that has no row")
            }
            return
        }
        let changed = try executeMany(
            """
            \(change) CASE WHEN aggregating + accepted + $2 + $3 < $4 THEN 1 ELSE 0 END
            WHERE batch = $1 AND state = \(BatchState.open.sql) AND aggregating + accepted + $2 + $3 <= $4
            """,
            rows.map { $0 + [capacity] })
        guard changed.allSatisfy({ $0 == 1 }) else { throw DatastoreError.stale }
    }

    /// Counts new reports of units of time, as many as there is room for: exactly, whoever else adds or ends reports now.
    ///
    /// Where the room does not suffice for all, the row is held until the transaction ends, so that the number that is
    /// read stays true.
    ///
    /// - Parameters:
    ///   - reports: how many were stored of each unit of time.
    ///   - capacity: how many that have not been rejected or withdrawn a unit may hold.
    /// - Returns: how many have no room, where that is the case: they must be taken back.
    func admit(_ reports: [Int64: Int], of task: TaskKey, capacity: Int64) throws -> [Int64: Int] {
        let sorted = reports.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        let changed = try executeMany(
            """
            INSERT INTO leader_buckets (task, time, received) VALUES ($1, $2, $3)
            ON CONFLICT (task, time) DO UPDATE SET received = leader_buckets.received + $3
            WHERE leader_buckets.received + leader_buckets.aggregating + leader_buckets.accepted + $3 <= $4
            """, sorted.map { [task, $0.key, $0.value, capacity] })
        var surplus: [Int64: Int] = [:]
        for ((time, number), changed) in zip(sorted, changed) where changed == 0 {
            let row = try returningMany(
                """
                UPDATE leader_buckets SET received = received WHERE task = $1 AND time = $2
                RETURNING received + aggregating + accepted AS live
                """, [[task, time]])
            guard let live = try row[0]?.integer("live") else {
                throw DatastoreError.corrupt("a full unit of time has no row")
            }
            let room = min(max(0, capacity - live), Int64(number))
            if room > 0 {
                try execute(
                    "UPDATE leader_buckets SET received = received + $3 WHERE task = $1 AND time = $2",
                    [task, time, room])
            }
            surplus[time] = number - Int(room)
        }
        return surplus
    }
}
