import ArgumentParser
import Bench

/// `cairn bench train`: what a round of training costs with privacy, and without.
struct BenchTrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Measure rounds of model updates with a proven norm, beside plain averaging.",
        discussion: """
            Without --dimension it measures the sizes that Benchmarks/README.md shows; --dimension can be given several \
            times.

            Every contributor sends a random update whose Euclidean norm is just within --norm-bound, as a committed \
            bounded-norm vector. 'client' is a contributor's time from the update to the bytes of its shares, on one \
            thread, and 'commit' the part of it for the commitments. 'leader' and 'helper' are a node's time from bytes to \
            verdict, link check included, by job as nodes run it on --threads threads; 'link' is the link check alone, \
            'add' adding an output share, at one node; 'audit' is what anybody does to check the published sums. All are \
            microseconds of wall clock per report. 'plain' is the same round without privacy: contributors send 32-bit \
            floats, and a server adds them up.

            Every round must give exactly the plain sum and pass the public check, and an update of twice the norm must be \
            refused; otherwise the command ends with exit code 1. Reports are not encrypted to the nodes and do not travel.
            """)

    @Option(help: "Coordinates of an update.") var dimension: [Int] = []
    @Option(help: "Contributors of a round.") var contributors = TrainingCase.defaultContributors
    @Option(help: "The largest Euclidean norm of an update.") var normBound = TrainingCase.defaultNormBound
    @Option(help: "Threads of a node.") var threads = 1
    @Option(help: "Rounds.") var repeats = 1
    @Option(help: "Repeats the updates and randomness of a run; random by default.") var seed: UInt64?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        _ = try cases()
        _ = try settings(seed: 0)
    }

    private func cases() throws -> [TrainingCase] {
        try benchUsage { () throws(BenchError) in
            let dimensions = dimension.isEmpty ? TrainingCase.standardDimensions : dimension
            return try dimensions.map { dimension throws(BenchError) in
                try TrainingCase(dimension: dimension, contributors: contributors, normBound: normBound)
            }
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
        if !json { TrainingTable.header(settings, normBound: normBound) }
        var rows: [TrainingRow] = []
        for benchCase in try cases() {
            let bar = ProgressBar("dimension \(benchCase.dimension)", total: contributors * repeats)
            defer { bar.finish() }
            let row = try benchUsage { () throws(BenchError) in
                try TrainingRow(benchCase, settings: settings) { bar.advance() }
            }
            bar.finish()
            if !json { TrainingTable.show(row) }
            rows.append(row)
        }
        if json { try JSONOutput.print(TrainingDocument(rows, settings: settings, normBound: normBound)) }
    }
}
