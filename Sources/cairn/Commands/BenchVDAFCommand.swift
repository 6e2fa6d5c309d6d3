import ArgumentParser
import Bench
import Foundation

extension MeasuredType: ExpressibleByArgument {
    package init?(argument: String) {
        guard let type = Self.all.first(where: { $0.name == argument }) else { return nil }
        self = type
    }

    package static var allValueStrings: [String] { all.map(\.name) }
    package static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// `cairn bench vdaf`: what one report costs its client and both aggregators.
struct BenchVDAFCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vdaf",
        abstract: "Measure sharding, verification and aggregation of reports.",
        discussion: """
            Without --type it measures the ladder of types and sizes that Benchmarks/README.md compares.

            Every repetition takes a batch of random measurements through all steps and compares the aggregate with \
            their plain sum; a difference ends the command with exit code 1. Times are microseconds of wall clock per \
            report, the median over the repetitions, with the smallest and the largest beside it. 'leader' and 'helper' \
            are the first step of verification, by job as nodes run it; 'finish' is the rest of it at both; 'aggregate' \
            is one aggregator's. Upload bytes are the plaintext that a client sends: the public share and both input \
            shares.
            """)

    @Option(help: "The type to measure.") var type: MeasuredType?
    @Option(help: "Coordinates of a vector, or buckets; 1000 by default.") var length: Int?
    @Option(help: "Bits of a value or coordinate; of the whole sum for l1boundsum, of a string for poplar1.")
    var bits: Int?
    @Option(help: "Elements per proof chunk; the one with the shortest proof by default.") var chunkLength: Int?
    @Option(help: "Reports in a repetition; by default as many as make a row take about two seconds.")
    var reports: Int?
    @Option(help: "Threads that reports are spread over.") var threads = 1
    @Option(help: "Repetitions.") var repeats = BenchSettings.defaultRepeats
    @Option(help: "Repeats the measurements and randomness of a run; random by default.") var seed: UInt64?
    @Flag(help: "Also measure hash and field arithmetic, and show the time below which no implementation can get.")
    var roofline = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        _ = try cases()
        _ = try settings(seed: 0)
    }

    private func cases() throws -> [BenchCase] {
        try benchUsage { () throws(BenchError) in
            if let type {
                return [try BenchCase(type, length: length, bits: bits, chunkLength: chunkLength)]
            }
            guard length == nil, bits == nil, chunkLength == nil else {
                throw .invalidOption("--length, --bits and --chunk-length need --type.")
            }
            return try BenchCase.standardLadder()
        }
    }

    private func settings(seed: UInt64) throws -> BenchSettings {
        try benchUsage { () throws(BenchError) in
            try BenchSettings(reports: reports, threads: threads, repeats: repeats, seed: seed)
        }
    }

    func run() throws {
        // Below 2^53, which every reader of JSON keeps exactly.
        let settings = try settings(seed: seed ?? .random(in: 0..<1 << 53))
        warnOfIdleThreads(threads)
        if !json { BenchTable.header(settings) }
        var rows: [BenchRow] = []
        for benchCase in try cases() {
            let row = try benchUsage { () throws(BenchError) in try BenchRow(benchCase, settings: settings) }
            if !json { BenchTable.show(row) }
            rows.append(row)
        }
        let rates = roofline ? Roofline(rows) : nil
        if json { return try JSONOutput.print(BenchDocument(rows, settings: settings, roofline: rates)) }
        if let rates { BenchTable.show(rates) }
    }
}
