/// A VDAF with a source of measurements for it.
protocol Workload: Sendable {
    /// Takes `reports` random measurements through all phases and compares the aggregate with their sum.
    ///
    /// - Parameter jobSize: How many reports are in memory, and verified, at a time.
    /// - Throws: `.stepFailed`, `.wrongAggregate`.
    func runBatch(
        reports: Int, jobSize: Int, threads: Int, randomness: inout SeededRandomness
    ) throws(BenchError) -> PhaseTimes

    /// Least work that the phases take on one report; nil for types that have no such model.
    var leastWork: LeastWork? { get }
}
