/// A VDAF with a source of measurements for it.
///
/// A closure rather than a protocol hides the type, so that the code behind it is compiled for each type: on the smallest
/// reports generic code would cost as much as the VDAF.
package struct Workload: Sendable {
    /// Takes `reports` random measurements through all phases and compares the aggregate with their sum.
    ///
    /// `jobSize` says how many reports are in memory, and verified, at a time. Throws `.stepFailed` and
    /// `.wrongAggregate`.
    package let runBatch:
        @Sendable (
            _ reports: Int, _ jobSize: Int, _ threads: Int, _ randomness: inout SeededRandomness
        ) throws(BenchError) -> PhaseTimes

    /// Least work that the phases take on one report; nil for types that have no such model.
    let leastWork: LeastWork?
}
