import AggregatorNode
import ChildProcesses
import Contributor
import DAP
import Foundation
import Owner
import Tasks

/// One aggregator node as a child process on this machine.
///
/// Its port is chosen once and stands in its configuration, so it is the same after every restart.
final class LocalNode: Sendable {
    let folder: NodeFolder
    var url: String { folder.publicURL }
    private let executable: String
    private let process = ProcessSlot()

    init(folder: NodeFolder, executable: String) {
        self.folder = folder
        self.executable = executable
    }

    var logFile: String { "\(folder.path)/node.log" }
    var processID: pid_t? { process.current?.processID }

    /// Starts the process and waits until it answers.
    func start() async throws {
        let child = try await ChildProcess.start(
            executable,
            ["node", "run", "--config", folder.configurationFile, "--exit-with-parent", "\(getpid())"],
            output: .log(logFile))
        process.current = child
        let client = NodeClient(url: url)
        let start = ContinuousClock.now
        while true {
            if child.hasEnded {
                let ending = await process.take()?.terminate()?.description ?? "for no known reason"
                throw CommandFailure(
                    "the \(folder.role.rawValue) ended while starting (\(ending)): \(logTail)",
                    advice: "See \(logFile).")
            }
            if await client.isHealthy() { return }
            guard ContinuousClock.now - start < .seconds(120) else {
                throw CommandFailure("the \(folder.role.rawValue) does not answer at \(url)", advice: "See \(logFile).")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Ends the process in order.
    func stop() async {
        await process.take()?.terminate()
    }

    /// Ends the process as a power failure would.
    func kill() async {
        await process.take()?.kill()
    }

    /// Adds a task as an operator does: another process, while the node runs.
    func add(_ taskFile: String) async throws {
        let outcome = try await ChildProcess.run(
            executable,
            // Both operators are whoever runs this.
            ["node", "task", "add", "--config", folder.configurationFile, "--accept-weak-promises", taskFile],
            limit: .seconds(60))
        guard outcome.ending == .exited(0) else {
            let complaint = Self.tail(of: String(decoding: outcome.errors, as: UTF8.self))
            throw CommandFailure(
                "`cairn node task add` failed at the \(folder.role.rawValue) (\(outcome.ending)): \(complaint)")
        }
    }

    private var logTail: String {
        (try? String(contentsOfFile: logFile, encoding: .utf8)).map(Self.tail(of:)) ?? "no output"
    }

    private static func tail(of text: String) -> String {
        text.split(separator: "\n").suffix(3).joined(separator: " / ")
    }
}

/// A leader and a helper on this machine, their keys, and a collector's.
struct LocalNodes: Sendable {
    let leader: LocalNode
    let helper: LocalNode
    let collectorKey: HpkeKeyPair
    let collectorKeyFile: String
    var collectorTokenFile: String { leader.folder.collectorTokenFile }

    /// Writes configurations and keys under a folder; nothing runs yet.
    static func create(in folder: String, executable: String, logOrigin: String) throws -> LocalNodes {
        let ports = try FreePort.pick(2)
        let urls = ports.map { "http://127.0.0.1:\($0)" }
        let leader = NodeFolder(
            path: "\(folder)/leader", role: .leader, listen: "127.0.0.1:\(ports[0])", publicURL: urls[0],
            peerURL: urls[1], logOrigin: logOrigin)
        let helper = NodeFolder(
            path: "\(folder)/helper", role: .helper, listen: "127.0.0.1:\(ports[1])", publicURL: urls[1],
            peerURL: urls[0], logOrigin: logOrigin)
        try leader.create()
        try helper.create(invitation: try leader.invitation())
        let keyFile = "\(folder)/collector.hpke"
        try KeyKind.hpke.create(at: keyFile)
        return LocalNodes(
            leader: LocalNode(folder: leader, executable: executable),
            helper: LocalNode(folder: helper, executable: executable),
            collectorKey: try CollectorKey.readPrivate(keyFile), collectorKeyFile: keyFile)
    }

    /// Runs both nodes while `body` works, and ends them whatever happens.
    func run<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            async let leaderStart: Void = leader.start()
            async let helperStart: Void = helper.start()
            _ = try await (leaderStart, helperStart)
            let result = try await body()
            await stop()
            return result
        } catch {
            await stop()
            throw error
        }
    }

    func stop() async {
        async let leaderEnd: Void = leader.stop()
        async let helperEnd: Void = helper.stop()
        _ = await (leaderEnd, helperEnd)
    }

    /// Hands the task to both operators.
    func add(_ taskFile: String) async throws {
        async let leaderAdd: Void = leader.add(taskFile)
        async let helperAdd: Void = helper.add(taskFile)
        _ = try await (leaderAdd, helperAdd)
    }

    func collector(for task: TaskFile) throws -> Collector {
        try Collector(
            task: task, keyPair: collectorKey, token: try UserFile.readLine(collectorTokenFile))
    }
}
