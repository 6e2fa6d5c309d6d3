import DAP
import TaskTypes

// The sums of buckets. A job adds to the sum of each of its buckets once, so a report costs neither a row of its own nor
// a reading of all others when its batch is collected.
//
// One row a part of the sealed aggregate share; part 0 has the numbers. Whoever changes a sum updates part 0 first, which
// makes everybody else wait who would change the same one, and reads the share only then: so no addition is lost where
// several transactions hold the task's lock together. Buckets are changed in one order (`Bucket.inOrder`), late in the
// transaction.

/// A report in a sum.
struct SummedReport: Sendable {
    let id: ReportID
    /// In DAP units.
    let time: Int64
    /// Encoded.
    let outputShare: [UInt8]
}

/// What becomes of a bucket's sum.
struct BucketChange: Sendable {
    var added: [SummedReport] = []
    /// Reports that are in the sum. Their rows say already that they are not accepted any more.
    var removed: [SummedReport] = []
}

/// What a sum says without its share being opened.
struct BucketNumbers: Sendable, Equatable {
    var reports: UInt64 = 0
    var checksum = Checksum()
    /// From the first to the last time of a report; nil where there is none.
    var times: ClosedRange<Int64>?

    mutating func combine(_ other: BucketNumbers) {
        reports += other.reports
        checksum.combine(other.checksum)
        guard let others = other.times else { return }
        let own = times ?? others
        times = min(own.lowerBound, others.lowerBound)...max(own.upperBound, others.upperBound)
    }
}

/// The sum of the accepted reports of some buckets.
struct BatchSum: Sendable {
    var numbers = BucketNumbers()
    var accumulator: any OutputShareAccumulator
}

extension Session {
    /// Changes the sums of several buckets, in the order that everybody keeps.
    ///
    /// - Parameter table: whose reports they are, see ``changeSum(_:_:_:_:_:)``.
    func changeSums(
        _ table: KeptShares, _ task: TaskKey, _ changes: [Bucket: BucketChange], _ vdaf: any TaskVDAF
    ) throws {
        for (bucket, change) in changes.sorted(by: { Bucket.inOrder($0.key, $1.key) }) {
            try changeSum(table, task, bucket, change, vdaf)
        }
    }

    /// Adds reports to the sum of a bucket and takes others out: one reading and one writing of the sum.
    ///
    /// The rows of removed reports, in the table that `table` names, must not be in the state accepted any more, and their
    /// kept shares are the caller's to delete; ``takeOut(_:_:_:from:_:)`` does both.
    ///
    /// - Throws: `.corrupt` where a removed report is not part of the sum.
    func changeSum(
        _ table: KeptShares, _ task: TaskKey, _ bucket: Bucket, _ change: BucketChange, _ vdaf: any TaskVDAF
    ) throws {
        guard !change.added.isEmpty || !change.removed.isEmpty else { return }
        var (numbers, key) = try lockedNumbers(task, bucket, adding: change.added.count - change.removed.count)
        var accumulator = try openedSum(task, bucket, numbers, key, vdaf)
        do {
            for report in change.added { try accumulator.add(report.outputShare) }
            for report in change.removed { try accumulator.subtract(report.outputShare) }
        } catch {
            throw DatastoreError.corrupt("an output share does not go into or out of its bucket's sum: \(error)")
        }
        for report in change.added + change.removed { numbers.checksum.toggle(report.id) }
        numbers.times = try remainingTimes(table, bucket, numbers.times, change)
        numbers.reports = UInt64(accumulator.count)
        try store(accumulator.aggregateShare(), numbers, task, bucket, key)
    }

    /// Adds up buckets. The sums of a few are in memory at a time.
    func sum(_ task: TaskKey, _ buckets: BucketRange, _ vdaf: any TaskVDAF) throws -> BatchSum {
        var sum = BatchSum(accumulator: vdaf.makeAccumulator())
        var refs: [Int64] = []
        try forEach(
            """
            SELECT ref FROM share_sums WHERE task = $1 AND kind = $2 AND ref >= $3 AND ref < $4 AND part = 0 ORDER BY ref
            """, buckets.arguments(task)
        ) { refs.append(try $0.integer("ref")) }
        let pageSize = max(1, Self.pageBytes / max(1, vdaf.sizes.aggregateShare))
        var start = 0
        while start < refs.count {
            let end = min(start + pageSize, refs.count)
            let found = try rows(
                """
                SELECT s.ref, s.part, s.reports, s.checksum, s.first_time, s.last_time, s.share, k.share_key, k.secret
                FROM share_sums AS s LEFT JOIN share_keys AS k ON k.share_key = s.share_key
                WHERE s.task = $1 AND s.kind = $2 AND s.ref >= $3 AND s.ref <= $4 ORDER BY s.ref, s.part
                """, [task, buckets.kind, refs[start], refs[end - 1]])
            try add(found, kind: buckets.kind, to: &sum)
            start = end
        }
        return sum
    }

    /// What the sums of buckets say without being opened.
    func summary(_ task: TaskKey, _ buckets: BucketRange) throws -> BucketNumbers {
        var numbers = BucketNumbers()
        try forEach(
            """
            SELECT reports, checksum, first_time, last_time FROM share_sums
            WHERE task = $1 AND kind = $2 AND ref >= $3 AND ref < $4 AND part = 0
            """, buckets.arguments(task)
        ) { numbers.combine(try BucketNumbers($0)) }
        return numbers
    }

    /// Deletes the sums of buckets, which are collected or given up. Their keys are to be destroyed with them.
    func deleteSums(_ task: TaskKey, _ buckets: BucketRange) throws {
        try execute(
            "DELETE FROM share_sums WHERE task = $1 AND kind = $2 AND ref >= $3 AND ref < $4", buckets.arguments(task))
    }

    // MARK: Parts

    /// Of a share, in one row. Sealed it stays below 1 MiB.
    private static var partSize: Int { (1 << 20) - 64 }
    /// Of sums that are read at once.
    private static var pageBytes: Int { 8 << 20 }

    /// The numbers of a sum that nobody else can change until the transaction ends, and the key that it is sealed under.
    private func lockedNumbers(
        _ task: TaskKey, _ bucket: Bucket, adding reports: Int
    ) throws -> (BucketNumbers, ShareKey) {
        let sql = """
            UPDATE share_sums SET reports = reports + $4 WHERE task = $1 AND kind = $2 AND ref = $3 AND part = 0
            RETURNING reports, checksum, first_time, last_time, share_key
            """
        let row: SQLArguments = [task, bucket.kind, bucket.ref]
        var found = try returningMany(sql, [row + [reports]])[0]
        if found == nil {
            let key = try shareKey(task, bucket)
            try execute(
                """
                INSERT INTO share_sums (task, kind, ref, part, reports, checksum, first_time, last_time, share_key, share)
                VALUES ($1, $2, $3, 0, 0, $4, 0, 0, $5, $6) ON CONFLICT (task, kind, ref, part) DO NOTHING
                """,
                row + [Checksum().bytes.blob, key.number, try key.seal([], of: bucket.sumOwner(part: 0)).blob])
            found = try returningMany(sql, [row + [reports]])[0]
        }
        guard let found else { throw DatastoreError.corrupt("the sum of a bucket is neither there nor can be made") }
        let number = try found.integer("share_key")
        guard let key = try shareKeys([number])[number] else { throw Self.keyIsGone }
        let before = try found.integer("reports") - Int64(reports)
        guard before >= 0, before + Int64(reports) >= 0 else {
            throw DatastoreError.corrupt("more reports would leave the sum of a bucket than are in it")
        }
        return (try BucketNumbers(found, reports: before), key)
    }

    /// The sum so far.
    ///
    /// - Precondition: its numbers are locked.
    private func openedSum(
        _ task: TaskKey, _ bucket: Bucket, _ numbers: BucketNumbers, _ key: ShareKey, _ vdaf: any TaskVDAF
    ) throws -> any OutputShareAccumulator {
        guard numbers.reports > 0 else { return vdaf.makeAccumulator() }
        let found = try rows(
            "SELECT part, share FROM share_sums WHERE task = $1 AND kind = $2 AND ref = $3 ORDER BY part",
            [task, bucket.kind, bucket.ref])
        var share: [UInt8] = []
        for (part, row) in found.enumerated() {
            guard try row.integer("part") == part else { throw DatastoreError.corrupt("a part of a sum is missing") }
            share += try key.open(row.bytes("share"), of: bucket.sumOwner(part: part))
        }
        do {
            return try vdaf.makeAccumulator(resuming: share, count: Int(numbers.reports))
        } catch {
            throw DatastoreError.corrupt("the sum of a bucket: \(error)")
        }
    }

    private func store(
        _ share: [UInt8], _ numbers: BucketNumbers, _ task: TaskKey, _ bucket: Bucket, _ key: ShareKey
    ) throws {
        var parts: [SQLArguments] = []
        var start = 0
        repeat {
            let end = min(start + Self.partSize, share.count)
            let sealed = try key.seal(Array(share[start..<end]), of: bucket.sumOwner(part: parts.count))
            parts.append([
                task, bucket.kind, bucket.ref, parts.count, try numbers.reports.stored("reports of a bucket"),
                numbers.checksum.bytes.blob, numbers.times?.lowerBound ?? 0, numbers.times?.upperBound ?? 0, key.number,
                sealed.blob,
            ])
            start = end
        } while start < share.count
        // The length follows from the task, so a sum always has the same parts once it has been written.
        try executeMany(
            """
            INSERT INTO share_sums (task, kind, ref, part, reports, checksum, first_time, last_time, share_key, share)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (task, kind, ref, part) DO UPDATE SET
                reports = excluded.reports, checksum = excluded.checksum, first_time = excluded.first_time,
                last_time = excluded.last_time, share_key = excluded.share_key, share = excluded.share
            """, parts)
    }

    private func add(_ parts: [SQLRow], kind: Int64, to sum: inout BatchSum) throws {
        var (share, expected): ([UInt8], Int64) = ([], 0)
        for (index, row) in parts.enumerated() {
            let (ref, part) = (try row.integer("ref"), try row.integer("part"))
            let numbers = try BucketNumbers(row)
            if part == 0 { (share, expected) = ([], 0) }
            guard part == expected else { throw DatastoreError.corrupt("a part of a sum is missing") }
            expected += 1
            guard try row.optionalInteger("share_key") != nil else { throw Self.keyIsGone }
            let owner = Bucket(kind: kind, ref: ref).sumOwner(part: Int(part))
            share += try ShareKey(row).open(row.bytes("share"), of: owner)
            let isLast = try index + 1 == parts.count || parts[index + 1].integer("ref") != ref
            guard isLast, numbers.reports > 0 else { continue }
            do {
                try sum.accumulator.merge(aggregateShare: share, count: Int(numbers.reports))
            } catch {
                throw DatastoreError.corrupt("the sum of a bucket: \(error)")
            }
            sum.numbers.combine(numbers)
        }
    }

    // MARK: Times

    /// The times of a bucket's reports after a change.
    private func remainingTimes(
        _ table: KeptShares, _ bucket: Bucket, _ before: ClosedRange<Int64>?, _ change: BucketChange
    ) throws -> ClosedRange<Int64>? {
        var all = BucketNumbers(times: before)
        for report in change.added { all.combine(BucketNumbers(times: report.time...report.time)) }
        guard let times = all.times, case .batch(let batch) = bucket else { return all.times }
        // A report inside leaves the edges where they are, and so does one of many at an edge: only the last of an edge
        // makes the batch be read.
        for edge in Set([times.lowerBound, times.upperBound]) where change.removed.contains(where: { $0.time == edge })
        {
            let accepted = "FROM \(table.reports) WHERE batch = $1 AND state = \(table.acceptedState)"
            if try exists("SELECT 1 AS found \(accepted) AND time = $2 LIMIT 1", [batch, edge]) { continue }
            let left = try first("SELECT MIN(time) AS first_time, MAX(time) AS last_time \(accepted)", [batch])
            guard let left, let start = try left.optionalInteger("first_time"),
                let end = try left.optionalInteger("last_time")
            else { return nil }
            return start...end
        }
        return times
    }

    static var keyIsGone: DatastoreError { .corrupt("the key of a bucket is gone, but not its shares") }
}

extension BucketNumbers {
    /// Reads the columns of part 0.
    fileprivate init(_ row: SQLRow, reports: Int64? = nil) throws {
        guard let count = UInt64(exactly: try reports ?? row.integer("reports")),
            let checksum = Checksum(try row.bytes("checksum"))
        else { throw DatastoreError.corrupt("the numbers of a sum") }
        let (first, last) = (try row.integer("first_time"), try row.integer("last_time"))
        guard first <= last else { throw DatastoreError.corrupt("a sum ends before it begins") }
        self.init(reports: count, checksum: checksum, times: count > 0 ? first...last : nil)
    }
}

extension Bucket {
    /// What a part of the bucket's sum is sealed for.
    fileprivate func sumOwner(part: Int) -> [UInt8] {
        var owner = Array("sum".utf8)
        for number in [kind, ref, Int64(part)] {
            withUnsafeBytes(of: number.bigEndian) { owner.append(contentsOf: $0) }
        }
        return owner
    }
}
