import Benchmark
import Commitments
import VDAF

/// Shard and verification of one report, per type and size: the ladder on which every change of the VDAF layer is
/// measured. Run with `swift package benchmark --target VDAFBenchmarks`.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput, .peakMemoryResident], maxDuration: .seconds(2), maxIterations: 10_000)

    ladder("Count") {
        try Prio3Count()
    } measurement: {
        true
    }
    ladder("Sum 32 bit") {
        try Prio3Sum(maxMeasurement: 0xffff_ffff)
    } measurement: {
        1_000_000
    }
    ladder("Histogram 100") {
        try Prio3Histogram(length: 100, chunkLength: 7)
    } measurement: {
        42
    }
    ladder("Histogram 10000") {
        try Prio3Histogram(length: 10_000, chunkLength: 79)
    } measurement: {
        42
    }
    ladder("SumVec 1 bit x 1000") {
        try Prio3SumVec(length: 1000, maxMeasurement: 1, chunkLength: 33)
    } measurement: {
        [UInt64](repeating: 1, count: 1000)
    }
    ladder("SumVec 16 bit x 1000") {
        try Prio3SumVec(length: 1000, maxMeasurement: 65_535, chunkLength: 126)
    } measurement: {
        [UInt64](repeating: 12_345, count: 1000)
    }
    ladder("Committed SumVec 16 bit x 1000") {
        try Committed(Prio3SumVec(length: 1000, maxMeasurement: 65_535, chunkLength: 126))
    } measurement: {
        [UInt64](repeating: 12_345, count: 1000)
    }
}

/// Three benchmarks of one type. Each checks its last result, so that nothing is measured that does not work.
private func ladder<V: VDAF>(
    _ name: String, _ make: @escaping @Sendable () throws -> V, measurement: @escaping @Sendable () -> V.Measurement
) where V.AggregationParameter == Void {
    Benchmark("\(name): shard") { benchmark in
        let report = try SampleReport(make(), measurement: measurement())
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            blackHole(try report.shard())
        }
    }
    for (id, role) in ["leader", "helper"].enumerated() {
        Benchmark("\(name): \(role) verify") { benchmark in
            let report = try SampleReport(make(), measurement: measurement())
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations {
                blackHole(try report.verifyInit(id))
            }
            benchmark.stopMeasurement()
            try report.checkAccepted()
        }
    }
}

/// One report with all that its two aggregators need.
private struct SampleReport<V: VDAF> where V.AggregationParameter == Void {
    let vdaf: V
    let measurement: V.Measurement
    let context = [UInt8](repeating: 1, count: 38)
    let verifyKey = [UInt8](repeating: 2, count: 32)
    let nonce = [UInt8](repeating: 3, count: 16)
    let publicShare: V.PublicShare
    let inputShares: [V.InputShare]

    init(_ vdaf: V, measurement: V.Measurement) throws {
        self.vdaf = vdaf
        self.measurement = measurement
        (publicShare, inputShares) = try vdaf.shard(
            context: context, measurement: measurement, nonce: nonce,
            rand: (0..<vdaf.randSize).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    }

    func shard() throws -> V.PublicShare {
        try vdaf.shard(
            context: context, measurement: measurement, nonce: nonce,
            rand: (0..<vdaf.randSize).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        ).publicShare
    }

    func verifyInit(_ id: Int) throws -> (state: V.VerifierState, share: V.VerifierShare) {
        try vdaf.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: id, aggregationParameter: (), nonce: nonce,
            publicShare: publicShare, inputShare: inputShares[id])
    }

    func checkAccepted() throws {
        let steps = try [verifyInit(0), verifyInit(1)]
        let message = try vdaf.verifierSharesToMessage(
            context: context, aggregationParameter: (), verifierShares: steps.map(\.share))
        for step in steps {
            _ = try vdaf.verifyNext(context: context, state: step.state, message: message)
        }
    }
}
