// Who holds which rows: a test set that nobody trains on, and one slice of the rest per contributor.

/// Why a data set cannot be divided as asked.
package enum PartitionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The share of test rows is not between 0 and 1, both excluded.
    case testFractionOutOfRange(Double)
    /// The split would leave no rows to test on: there are too few.
    case tooFewRowsToSplit(rows: Int)
    /// There are fewer rows than contributors, or no contributors.
    case notEnoughRows(rows: Int, contributors: Int)

    package var description: String {
        switch self {
        case .testFractionOutOfRange(let fraction):
            "the share of test rows is \(fraction). Give a number between 0 and 1."
        case .tooFewRowsToSplit(let rows):
            "\(rows) rows are too few to set some aside for the test. Give more rows, or a larger share of test rows."
        case .notEnoughRows(let rows, let contributors):
            "\(rows) training rows cannot be divided among \(contributors) contributors, who need at least one each. "
                + "Give from 1 to \(rows) contributors, or more rows."
        }
    }
}

/// How rows are dealt to contributors.
package enum SliceOrder: Sendable, Equatable {
    /// Neighbouring rows stay together, as in a file sorted by owner.
    case contiguous
    /// Rows are shuffled by a seed first, so that all slices look alike.
    case shuffled(seed: UInt64)
}

extension Dataset {
    /// Sets a share of every class aside for testing.
    ///
    /// The number of test rows is `testFraction * count`, rounded, shared out over the classes by largest remainder;
    /// every class keeps at least one training row. Which rows are taken follows from the seed; both parts keep the
    /// rows' order.
    ///
    /// - Throws: `PartitionError` if the fraction is not in (0, 1) or no row can be set aside.
    package func stratifiedSplit(
        testFraction: Double = 0.2, seed: UInt64
    ) throws(PartitionError) -> (training: Dataset, test: Dataset) {
        guard testFraction > 0, testFraction < 1 else { throw .testFractionOutOfRange(testFraction) }
        let quotas = testQuotas(fraction: testFraction)
        guard quotas.reduce(0, +) > 0 else { throw .tooFewRowsToSplit(rows: count) }
        var rowsOfClass = [[Int]](repeating: [], count: classNames.count)
        for (row, label) in labels.enumerated() { rowsOfClass[label].append(row) }
        var random = TrainingRandom(seed: seed)
        var isTest = [Bool](repeating: false, count: count)
        for (quota, rows) in zip(quotas, rowsOfClass) {
            var shuffled = rows
            random.shuffle(&shuffled)
            for row in shuffled.prefix(quota) { isTest[row] = true }
        }
        return (subset(labels.indices.filter { !isTest[$0] }), subset(labels.indices.filter { isTest[$0] }))
    }

    /// Test rows per class.
    private func testQuotas(fraction: Double) -> [Int] {
        let exact = classCounts.map { Double($0) * fraction }
        var quotas = zip(exact, classCounts).map { min(Int($0), max($1 - 1, 0)) }
        let wanted = Int((Double(count) * fraction).rounded())
        let byRemainder = classCounts.indices.sorted {
            let (left, right) = (exact[$0] - exact[$0].rounded(.down), exact[$1] - exact[$1].rounded(.down))
            return left == right ? $0 < $1 : left > right
        }
        for index in byRemainder where quotas.reduce(0, +) < wanted && quotas[index] + 1 < classCounts[index] {
            quotas[index] += 1
        }
        return quotas
    }

    /// Deals all rows to contributors: every row to exactly one, slice sizes differing by at most one.
    ///
    /// - Throws: `PartitionError.notEnoughRows` unless `1 ... count` contributors are asked for.
    package func slices(contributors: Int, order: SliceOrder) throws(PartitionError) -> [Dataset] {
        guard contributors > 0, contributors <= count else {
            throw .notEnoughRows(rows: count, contributors: contributors)
        }
        var rows = Array(labels.indices)
        if case .shuffled(let seed) = order {
            var random = TrainingRandom(seed: seed)
            random.shuffle(&rows)
        }
        let (size, larger) = count.quotientAndRemainder(dividingBy: contributors)
        var start = 0
        return (0..<contributors).map { contributor in
            let end = start + size + (contributor < larger ? 1 : 0)
            defer { start = end }
            return subset(Array(rows[start..<end]))
        }
    }
}
