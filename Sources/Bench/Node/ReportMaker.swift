import Contributor
import DAP
import Foundation
import TaskTypes

/// Makes the reports of a load as contributors do: shares and proofs, commitments, claim keys, encrypted to both nodes.
///
/// They are made before anything is measured, on all processors, and kept as the bodies of the requests that upload them.
package struct ReportMaker: Sendable {
    private let benchCase: LoadCase
    private let client: TaskClient
    /// Of the inputs, which may be repeated; what protects them may not.
    private let seed: UInt64
    /// What claim keys come from.
    private let claimSeed: [UInt8]
    /// POSIX seconds.
    private let time: UInt64

    /// Reports before encryption that are kept for ``VerificationCost``: a job of them.
    private static let samples = 100

    /// What was made.
    package struct Load: Sendable {
        package let requests: RequestFile
        /// What the reports add up to.
        package let total: AggregateValue
        /// The first reports, or some of them, before encryption.
        package let samples: [ShardedReport]
        /// Of a report on the line.
        package let reportBytes: Int
        package let reportsPerRequest: Int
    }

    package init(_ benchCase: LoadCase, client: TaskClient, seed: UInt64, time: UInt64) throws {
        self.benchCase = benchCase
        self.client = client
        self.seed = seed
        self.time = time
        var generator = SystemRandomNumberGenerator()
        claimSeed = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// - Parameters:
    ///   - folder: where the requests are kept.
    ///   - progress: gets how many reports were made since it was called last; from any thread.
    package func make(
        in folder: String, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Load {
        let configs = try await client.aggregatorConfigs()
        let requests = try RequestFile(in: folder)
        // Measurements of equal types have reports of equal length.
        var probe = try LoadValues(benchCase.kind, seed: seed)
        let reportBytes = try report(&probe, 0, configs).sealed.size
        let size = benchCase.requestSize(reportBytes: reportBytes)
        let count = (benchCase.reports + size - 1) / size
        let numbers = SharedCounter()
        let (total, samples) = try await withThrowingTaskGroup(of: (LoadValues, [ShardedReport]).self) { group in
            for lane in 0..<ProcessInfo.processInfo.activeProcessorCount {
                group.addTask {
                    // Lanes differ in their first bits, so that no two have the same inputs.
                    var values = try LoadValues(benchCase.kind, seed: seed ^ UInt64(lane) << 56)
                    var samples: [ShardedReport] = []
                    while true {
                        try Task.checkCancellation()
                        let number = numbers.next()
                        guard number < count else { return (values, samples) }
                        let first = number * size
                        let indices = first..<min(first + size, benchCase.reports)
                        var reports: [Report] = []
                        for index in indices {
                            let (sharded, sealed) = try report(&values, index, configs)
                            if index < Self.samples { samples.append(sharded) }
                            reports.append(sealed.report)
                        }
                        try requests.append(UploadRequest(reports: reports).encoded(), reports: reports.count)
                        progress(reports.count)
                    }
                }
            }
            var all = try LoadValues(benchCase.kind, seed: seed)
            var samples: [ShardedReport] = []
            for try await (values, some) in group {
                all.add(values)
                samples += some
            }
            return (all.total, samples)
        }
        try requests.sync()
        return Load(
            requests: requests, total: total, samples: samples, reportBytes: reportBytes, reportsPerRequest: size)
    }

    private func report(
        _ values: inout LoadValues, _ index: Int, _ configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws -> (sharded: ShardedReport, sealed: PreparedReport) {
        let sharded = try client.vdaf.shard(
            taskID: client.task.taskID, measurement: try values.next(), reportID: .random())
        let sealed = try client.seal(sharded, index: index, seed: claimSeed, time: time, configs: configs)
        return (sharded, sealed)
    }
}
