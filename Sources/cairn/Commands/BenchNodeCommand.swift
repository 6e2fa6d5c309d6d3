import ArgumentParser
import Bench
import DAP
import Foundation

extension LoadKind: ExpressibleByArgument {}

/// `cairn bench node`: what a report costs where nodes are a service.
struct BenchNodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Measure a leader and a helper under load.",
        discussion: """
            Starts two nodes as processes of their own for each row, makes encrypted reports as contributors do, uploads \
            them over a few connections that stay open, waits until both nodes have accepted all of them, collects, and \
            audits what has a log. Without --type it measures three types, each with and without commitments.

            'uploads/s' are acknowledged reports, 'accepted/s' those that both nodes have verified and stored, counted \
            from the first upload. 'p50' and 'p99' are milliseconds of an upload request. Processor time is that of the \
            nodes' processes until all reports are accepted; 'verification' is what the mathematics alone take both \
            nodes. What the leader wrote is what it caused to be written to the disk until the result was collected, and \
            'all' adds the helper and a database server. The load, the nodes and the database share this machine.

            Every result has to be the sum of the inputs, and every log to pass the audit; otherwise the command ends \
            with exit code 1.
            """)

    @Option(help: "The type of the reports; can be given several times.") var type: [LoadKind] = []
    @Flag(help: "Only reports without commitments.") var plain = false
    @Flag(help: "Only reports with commitments.") var committed = false
    @Option(help: "Reports of a row; by default as many as take some seconds.") var reports: Int?
    @Option(help: "Reports of an upload request, at most; fewer where they are more than a megabyte.")
    var perRequest = LoadCase.defaultReportsPerRequest
    @Option(help: "Connections that upload at a time.") var connections = LoadCase.defaultConnections
    @Option(help: "time-interval or leader-selected.") var batchMode = BatchMode.leaderSelected
    @Option(
        help: "Where nodes keep their data: sqlite, or postgresql, a server that is started in a temporary folder.")
    var storage = LocalStorage.Kind.sqlite
    @Option(help: "For how many seconds nothing may move before it is given up.") var timeout = 120
    @Option(help: "Repeats the inputs of a run; random by default.") var seed: UInt64?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        _ = try cases()
        guard 1...86_400 ~= timeout else {
            throw ValidationError("--timeout \(timeout): 1 to 86400 seconds are possible.")
        }
    }

    private func cases() throws -> [LoadCase] {
        let kinds = type.isEmpty ? LoadKind.allCases : type
        let commitments = [false, true].filter { plain == committed || committed == $0 }
        return try benchUsage { () throws(BenchError) in
            var cases: [LoadCase] = []
            for kind in kinds {
                for isCommitted in commitments {
                    cases.append(
                        try LoadCase(
                            kind, isCommitted: isCommitted, batchMode: batchMode, reports: reports,
                            reportsPerRequest: perRequest, connections: connections))
                }
            }
            return cases
        }
    }

    func run() async throws {
        try ProcessProbe.require()
        let (cases, storage, connections, timeout) = (try cases(), storage, connections, timeout)
        // Below 2^53, which every reader of JSON keeps exactly.
        let seed = seed ?? .random(in: 0..<1 << 53)
        let isSilent = json
        if !json {
            LoadTable.header(storage: storage, connections: connections, perRequest: perRequest, seed: seed)
        }
        let rows = try await Interruption.cancelling {
            var rows: [LoadRow] = []
            for benchCase in cases {
                let row = try await LoadRun(
                    benchCase: benchCase, storage: storage, seed: seed, patience: .seconds(timeout)
                ).run()
                if !isSilent { LoadTable.show(row) }
                rows.append(row)
            }
            return rows
        }
        if json {
            try JSONOutput.print(LoadDocument(rows, storage: storage, connections: connections, seed: seed))
        }
    }
}
