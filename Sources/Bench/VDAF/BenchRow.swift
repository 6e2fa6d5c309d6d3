/// What a case costs.
package struct BenchRow: Sendable {
    package let benchCase: BenchCase
    /// Reports in one repetition.
    package let reports: Int
    package let threads: Int
    package let shard: PhaseCost
    /// The leader's first step of verification, which is nearly all of it.
    package let leaderVerify: PhaseCost
    package let helperVerify: PhaseCost
    /// The sum of the two.
    package let bothVerify: PhaseCost
    /// The rest of verification, by both aggregators.
    package let finish: PhaseCost
    /// Adding an output share, at one aggregator.
    package let aggregate: PhaseCost
    /// Plaintext bytes that a client sends: public share and both input shares.
    package let uploadBytes: Int
    /// The part of the threads' time for which they had a processor. Well below 1, other work took it from them, and the
    /// times are too long.
    package let processorShare: Double
    /// Least work that the phases take; nil for types that have no such model.
    package let leastWork: LeastWork?

    /// Reports that a second sees verified by both aggregators, one after the other on this machine.
    package var verifiedPerSecond: Double { 1e6 / bothVerify.wall.median }
}

extension BenchRow {
    /// Measures a case.
    ///
    /// - Throws: `.invalidOption` for parameters that the VDAF refuses; `.stepFailed` and `.wrongAggregate` if it does
    ///   not work.
    package init(_ benchCase: BenchCase, settings: BenchSettings) throws(BenchError) {
        var randomness = SeededRandomness(seed: settings.seed)
        let workload = try benchCase.workload(randomness: &randomness)

        // A few reports before the first, to warm up and to see how many fit into memory.
        let atOnce = 4 * settings.threads
        let warmUp = benchCase.isLong ? 1 : min(settings.reports ?? atOnce, atOnce)
        let first = try workload.runBatch(warmUp, warmUp, settings.threads, &randomness)
        let jobSize = JobSize(uploadBytes: first.uploadBytes, threads: settings.threads).reports

        let reports: Int
        if let chosen = settings.reports {
            reports = chosen
        } else {
            let rate = try Self.reportsPerSecond(workload, jobSize: jobSize, settings, &randomness)
            let seconds = BenchSettings.secondsPerRow / Double(settings.repeats)
            reports = Self.rounded(rate * seconds, toMultipleOf: min(atOnce, jobSize))
        }
        var samples: [PhaseTimes] = []
        for _ in 0..<settings.repeats {
            samples.append(try workload.runBatch(reports, jobSize, settings.threads, &randomness))
        }
        func cost(_ phase: (PhaseTimes) -> Elapsed) -> PhaseCost {
            PhaseCost(samples.map(phase), reports: reports)
        }
        let total = samples.reduce(into: Elapsed()) { $0 += $1.total }
        self.init(
            benchCase: benchCase, reports: reports, threads: settings.threads, shard: cost(\.shard),
            leaderVerify: cost(\.leaderVerify), helperVerify: cost(\.helperVerify),
            bothVerify: cost { $0.leaderVerify + $0.helperVerify }, finish: cost(\.finish),
            aggregate: cost { $0.aggregate.half }, uploadBytes: first.uploadBytes,
            processorShare: total.processor / (total.wall * Double(settings.threads)), leastWork: workload.leastWork)
    }

    /// How many reports go through all phases in a second, their making included, from batches that grow until one takes
    /// a twentieth of the row's time.
    private static func reportsPerSecond(
        _ workload: Workload, jobSize: Int, _ settings: BenchSettings, _ randomness: inout SeededRandomness
    ) throws(BenchError) -> Double {
        var count = 1
        while true {
            let seconds = try timed { () throws(BenchError) in
                try workload.runBatch(count, jobSize, settings.threads, &randomness)
            }.elapsed.wall
            if seconds > BenchSettings.secondsPerRow / 20 { return Double(count) / seconds }
            count *= 4
        }
    }

    /// At least one multiple, and at most as many reports as give no better median.
    private static func rounded(_ count: Double, toMultipleOf factor: Int) -> Int {
        let mostUseful = 1 << 16
        return max(1, Int(min(count, Double(mostUseful))) / factor) * factor
    }
}

extension BenchCase {
    /// Whether one report is enough to warm up: its share alone fills a good part of the memory that a job may take.
    fileprivate var isLong: Bool { length * bits > 1 << 20 }
}
