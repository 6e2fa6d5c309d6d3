import ArgumentParser
import Bench
import Foundation

/// `cairn bench commit`: what commitments add to a report, and what proofs about them cost.
struct BenchCommitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit",
        abstract: "Measure commitments, link checks, audits, and proofs about commitments.",
        discussion: """
            Without --dimension it measures the sizes that Benchmarks/README.md shows.

            Reports are committed vectors of --dimension coordinates of --bits bits, as the node verifies them. 'commit' is \
            what a client does beside sharding; 'link' is one aggregator's check that commitments fit its shares, to be \
            compared with 'leader', the verification without it; 'audit' is what anybody does with a published batch of \
            --job-reports reports. All are microseconds of wall clock per report. 'prove' and 'verify' are those of a \
            linear-form proof about one report. Every check is also given something wrong, and must refuse it.
            """)

    @Option(help: "Coordinates of a report.") var dimension: Int?
    @Option(help: "Bits of a coordinate.") var bits = CommitmentCase.defaultBits
    @Option(help: "Reports of a job, and of an audited batch.") var jobReports = CommitmentCase.defaultJobReports
    @Option(help: "Threads.") var threads = 1
    @Option(help: "Repetitions.") var repeats = BenchSettings.defaultRepeats
    @Option(help: "Repeats the measurements and randomness of a run; random by default.") var seed: UInt64?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        _ = try cases()
        _ = try settings(seed: 0)
    }

    private func cases() throws -> [CommitmentCase] {
        try benchUsage { () throws(BenchError) in
            guard let dimension else {
                return try CommitmentCase.standardDimensions.map { dimension throws(BenchError) in
                    try CommitmentCase(dimension: dimension, bits: bits, jobReports: jobReports)
                }
            }
            return [try CommitmentCase(dimension: dimension, bits: bits, jobReports: jobReports)]
        }
    }

    private func settings(seed: UInt64) throws -> BenchSettings {
        try benchUsage { () throws(BenchError) in
            try BenchSettings(threads: threads, repeats: repeats, seed: seed)
        }
    }

    func run() throws {
        // Below 2^53, which every reader of JSON keeps exactly.
        let settings = try settings(seed: seed ?? .random(in: 0..<1 << 53))
        warnOfIdleThreads(threads)
        if !json { CommitmentTable.header(settings) }
        var rows: [CommitmentRow] = []
        for benchCase in try cases() {
            let row = try benchUsage { () throws(BenchError) in try CommitmentRow(benchCase, settings: settings) }
            if !json { CommitmentTable.show(row) }
            rows.append(row)
        }
        let range = try RangeProofRow(settings: settings)
        if !json { CommitmentTable.show(range) }
        var multiplications: [MultiplicationRow] = []
        if !json { CommitmentTable.multiplicationHeader() }
        for points in MultiplicationRow.pointCounts {
            let ofCount = try MultiplicationRow.bitCounts.map {
                try MultiplicationRow(points: points, bits: $0, settings: settings)
            }
            if !json { CommitmentTable.show(ofCount) }
            multiplications += ofCount
        }
        if json {
            try JSONOutput.print(
                CommitmentDocument(rows, multiplications: multiplications, range: range, settings: settings))
        }
    }
}
