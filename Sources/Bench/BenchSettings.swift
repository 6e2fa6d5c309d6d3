/// How a case is measured.
package struct BenchSettings: Sendable {
    /// Reports in one repetition; nil to choose as many as take about ``secondsPerRow`` in all repetitions.
    package let reports: Int?
    /// Threads that the reports are spread over.
    package let threads: Int
    /// Repetitions of the whole batch, over which medians and spread are taken.
    package let repeats: Int
    /// What all randomness comes from.
    package let seed: UInt64

    package static let defaultRepeats = 7
    static let secondsPerRow = 2.0
    static let mostReports = 10_000_000
    static let mostThreads = 256
    static let mostRepeats = 1000

    /// - Throws: `.invalidOption` for numbers out of range.
    package init(
        reports: Int? = nil, threads: Int = 1, repeats: Int = defaultRepeats, seed: UInt64
    ) throws(BenchError) {
        func check(_ value: Int, _ option: String, most: Int) throws(BenchError) {
            guard 1...most ~= value else {
                throw .invalidOption("\(option) \(value): 1 to \(most) are possible.")
            }
        }
        if let reports { try check(reports, "--reports", most: Self.mostReports) }
        try check(threads, "--threads", most: Self.mostThreads)
        try check(repeats, "--repeats", most: Self.mostRepeats)
        self.reports = reports
        self.threads = threads
        self.repeats = repeats
        self.seed = seed
    }
}
