import ChildProcesses
import Contributor
import DAP
import FaultProxy
import Foundation
import Tasks
import Testing
import Wallet

/// What tests of files of rows do: they write them, send them, and look at what the wallet, the wire and the leader have.
protocol RowUploading {}

extension RowUploading {
    static var rows: Int { 300 }

    func write(_ values: some Sequence<Int>, _ name: String, _ nodes: TestNodes) throws -> String {
        let path = "\(nodes.folder.path)/\(name)"
        try ("v\n" + values.map { "\($0)\n" }.joined()).write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    func contribute(
        _ file: String, _ nodes: TestNodes, _ task: TaskFile, _ options: String...
    ) async throws -> CommandResult {
        try await Cairn.run(
            ["contribute", "--task", nodes.taskPath(task.name), "--csv", file, "--column", "v"] + options,
            home: nodes.home)
    }

    /// Starts the command, waits for something, and ends it with a signal.
    func contribute(
        _ file: String, _ nodes: TestNodes, _ task: TaskFile, until isReached: () throws -> Bool, signal: Int32
    ) async throws -> (ending: ProcessEnding, text: String) {
        let log = "\(nodes.folder.path)/\(UUID().uuidString).log"
        let process = try await ChildProcess.start(
            try Cairn.path(),
            ["contribute", "--task", nodes.taskPath(task.name), "--csv", file, "--column", "v"],
            environment: ["CAIRN_PASSPHRASE": TestWallet.passphrase, "CAIRN_HOME": nodes.home], output: .log(log))
        for _ in 0..<6_000 where try !isReached() && !process.hasEnded {
            try await Task.sleep(for: .milliseconds(10))
        }
        kill(process.processID, signal)
        let ending = try await process.wait()
        return (ending, try String(contentsOfFile: log, encoding: .utf8))
    }

    func states(_ nodes: TestNodes, _ task: TaskFile) throws -> [ReportRecord.State] {
        try nodes.wallet().records(of: task.taskID).map(\.state)
    }

    func ids(_ proxy: FaultProxy) throws -> Set<ReportID> {
        Set(try proxy.uploads.joined().map(\.metadata.reportID))
    }

    func received(_ task: TaskFile) async throws -> Int {
        let status = try await TaskClient(task: task).status()
        return Int(status.received)
    }

    /// Returns when every report has its verdict: one that is in a job is withdrawn only when the job ends.
    func verdicts(_ task: TaskFile) async throws {
        try await eventually("every report has its verdict") {
            try await TaskClient(task: task).status().pending == 0
        }
    }

    func withdraw(_ nodes: TestNodes, _ task: TaskFile, _ options: String...) async throws -> CommandResult {
        try await Cairn.run(["withdraw", "--task", nodes.taskPath(task.name)] + options, home: nodes.home)
    }
}
