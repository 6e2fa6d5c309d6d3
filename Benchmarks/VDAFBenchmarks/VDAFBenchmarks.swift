import Benchmark
import Commitments
import VDAF

/// Sharding and verification, per type and size: the ladder on which every change of the VDAF layer is measured.
///
/// `cairn bench vdaf` measures the same sizes for users; this suite adds peak memory, and comparison with baselines.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput, .peakMemoryResident], maxDuration: .seconds(2), maxIterations: 10_000)

    ladder("Count", measurement: true) { try Prio3Count() }
    ladder("Sum 32 bit", measurement: 1_000_000) { try Prio3Sum(maxMeasurement: 0xffff_ffff) }
    ladder("Histogram 100", measurement: 42) { try Prio3Histogram(length: 100, chunkLength: 7) }
    ladder("Histogram 10000", measurement: 42) { try Prio3Histogram(length: 10_000, chunkLength: 79) }
    ladder("Multihot 1000", measurement: (0..<1000).map { $0 % 20 == 0 }) {
        try Prio3MultihotCountVec(length: 1000, maxWeight: 100, chunkLength: 33)
    }
    ladder("SumVec 1 bit x 1000", measurement: [UInt64](repeating: 1, count: 1000)) {
        try Prio3SumVec(length: 1000, maxMeasurement: 1, chunkLength: 33)
    }
    ladder("SumVec 16 bit x 1000", measurement: [UInt64](repeating: 12_345, count: 1000)) {
        try Prio3SumVec(length: 1000, maxMeasurement: 65_535, chunkLength: 126)
    }
    ladder("SumVec 16 bit x 10000", measurement: [UInt64](repeating: 12_345, count: 10_000)) {
        try Prio3SumVec(length: 10_000, maxMeasurement: 65_535, chunkLength: 314)
    }
    ladder("SumVec Field64 16 bit x 1000", measurement: [UInt64](repeating: 12_345, count: 1000)) {
        try Prio3SumVecField64Multiproof(length: 1000, maxMeasurement: 65_535, chunkLength: 126)
    }
    ladder("L1BoundSum 16 bit x 1000", measurement: [UInt64](repeating: 65, count: 1000)) {
        try Prio3L1BoundSum(length: 1000, maxValue: 65_535, chunkLength: 126)
    }
    ladder("Committed SumVec 16 bit x 1000", measurement: [UInt64](repeating: 12_345, count: 1000)) {
        try Committed(Prio3SumVec(length: 1000, maxMeasurement: 65_535, chunkLength: 126))
    }
    jobs("Histogram 100", measurement: 42) { try Prio3Histogram(length: 100, chunkLength: 7) }
    jobs("SumVec 16 bit x 1000", measurement: [UInt64](repeating: 12_345, count: 1000)) {
        try Prio3SumVec(length: 1000, maxMeasurement: 65_535, chunkLength: 126)
    }
    jobs("SumVec 16 bit x 10000", measurement: [UInt64](repeating: 12_345, count: 10_000)) {
        try Prio3SumVec(length: 10_000, maxMeasurement: 65_535, chunkLength: 314)
    }
}

/// One report at a time. What was measured is checked: nothing counts that does not verify.
private func ladder<V: VDAF>(
    _ name: String, measurement: V.Measurement, _ make: @escaping @Sendable () throws -> V
) where V.AggregationParameter == Void {
    Benchmark(
        "\(name): shard",
        closure: { benchmark, sample in
            var reports: [SampleReport<V>] = []
            reports.reserveCapacity(benchmark.scaledIterations.count)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations {
                reports.append(try sample.again())
            }
            benchmark.stopMeasurement()
            for report in reports { try report.checkAccepted() }
        },
        setup: { try SampleReport(make(), measurement: measurement) })
    for (aggregatorID, role) in ["leader", "helper"].enumerated() {
        Benchmark(
            "\(name): \(role) verify",
            closure: { benchmark, sample in
                var steps: [SampleReport<V>.Step] = []
                steps.reserveCapacity(benchmark.scaledIterations.count)
                benchmark.startMeasurement()
                for _ in benchmark.scaledIterations {
                    steps.append(try sample.verifyInit(aggregatorID))
                }
                benchmark.stopMeasurement()
                let other = try sample.verifyInit(1 - aggregatorID)
                for step in steps {
                    try sample.checkAccepted(aggregatorID == 0 ? [step, other] : [other, step])
                }
            },
            setup: { try SampleReport(make(), measurement: measurement) })
    }
}

/// A job of eight reports, as nodes verify them.
private func jobs<V: OneRoundVDAF>(
    _ name: String, measurement: V.Measurement, _ make: @escaping @Sendable () throws -> V
) {
    for (aggregatorID, role) in ["leader", "helper"].enumerated() {
        Benchmark(
            "\(name): \(role) verify, job of 8",
            closure: { benchmark, sample in
                let reports = sample.requests(aggregatorID, count: 8)
                benchmark.startMeasurement()
                let steps = sample.verifyJob(aggregatorID, reports)
                benchmark.stopMeasurement()
                let other = try sample.verifyInit(1 - aggregatorID)
                for step in steps {
                    let step = try step.get()
                    try sample.checkAccepted(aggregatorID == 0 ? [step, other] : [other, step])
                }
            },
            setup: { try SampleReport(make(), measurement: measurement) })
    }
}
