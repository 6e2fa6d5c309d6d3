/// Measured times beside the floor that the machine's primitives set.
package struct Roofline: Sendable {
    /// One row that has a floor.
    package struct Entry: Sendable {
        package let row: BenchRow
        package let shard: Floor
        package let leaderVerify: Floor
        package let helperVerify: Floor
    }

    /// Microseconds per report that a phase takes at least, all threads together.
    package struct Floor: Sendable {
        package let hashing: Double
        package let field: Double
        /// What the phase took, in processor time, so that other work on the machine does not count.
        package let measured: Double

        package var total: Double { hashing + field }
        /// How many times as long as the floor it took.
        package var ratio: Double { measured / total }
    }

    /// The rates of all primitives that the rows use.
    package let rates: [PrimitiveRates]
    package let entries: [Entry]

    /// Measures the primitives that the rows need.
    package init(_ rows: [BenchRow]) {
        let used = Set(rows.compactMap(\.leastWork?.primitives))
        let rates = LeastWork.Primitives.allCases.filter(used.contains).map(PrimitiveRates.measure)
        self.rates = rates
        entries = rows.compactMap { row in
            guard let work = row.leastWork, let rate = rates.first(where: { $0.primitives == work.primitives }) else {
                return nil
            }
            func floor(_ phase: LeastWork.Phase, _ cost: PhaseCost) -> Floor {
                let (hashing, field) = rate.floor(phase)
                return Floor(hashing: hashing, field: field, measured: cost.processor.median)
            }
            return Entry(
                row: row, shard: floor(work.shard, row.shard), leaderVerify: floor(work.leaderVerify, row.leaderVerify),
                helperVerify: floor(work.helperVerify, row.helperVerify))
        }
    }
}
