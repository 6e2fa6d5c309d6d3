import TaskTypes

/// One row of the commitment benchmark: committed reports of a SumVec type, in jobs of a size.
package struct CommitmentCase: Sendable, Equatable {
    /// d: coordinates of a report.
    package let dimension: Int
    /// Coordinates are below 2^bits.
    package let bits: Int
    /// m: reports that one link check takes at once, and that one batch has.
    package let jobReports: Int

    package static let defaultBits = 16
    package static let defaultJobReports = 100
    private static let mostJobReports = 10_000

    /// - Throws: `.invalidOption` for parameters out of range.
    package init(
        dimension: Int, bits: Int = defaultBits, jobReports: Int = defaultJobReports
    ) throws(BenchError) {
        func require(_ isMet: Bool, _ problem: @autoclosure () -> String) throws(BenchError) {
            guard isMet else { throw .invalidOption(problem()) }
        }
        let limit = VDAFConfiguration.maximumElements
        try require(1...limit ~= dimension, "--dimension \(dimension): 1 to \(limit) are possible.")
        try require(1...63 ~= bits, "--bits \(bits): 1 to 63 are possible.")
        try require(
            dimension * bits <= limit,
            "--dimension \(dimension) --bits \(bits): a report would have \(dimension * bits) field elements, and at "
                + "most \(limit) are possible.")
        try require(
            1...Self.mostJobReports ~= jobReports,
            "--job-reports \(jobReports): 1 to \(Self.mostJobReports) are possible.")
        self.dimension = dimension
        self.bits = bits
        self.jobReports = jobReports
    }

    /// Field elements of an encoded report.
    var elements: Int { dimension * bits }

    /// The dimensions that `Benchmarks/README.md` shows.
    package static let standardDimensions = [1000, 10_000]
}
