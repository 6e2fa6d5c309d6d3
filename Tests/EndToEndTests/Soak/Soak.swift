import ChildProcesses
import Contributor
import DAP
import FaultProxy
import Foundation
import Synchronization
import Tasks
import TestSupport

/// Uploads and collects without pause, while proxies in front of both nodes do to one request in ten what a seed says, and
/// the nodes are killed and stopped.
final class Soak: Sendable {
    private let nodes: TestNodes
    private let proxies: TestNodes.Proxies
    private let state = Mutex(SoakFigures())
    private let lastCommitted = Mutex<TaskFile?>(nil)

    /// How many tasks are worked on at a time.
    private static let workers = 3
    /// How long one thing may fail before it counts as a loss. The longest pauses between attempts are shorter.
    static let patience: Duration = .seconds(300)

    init(_ nodes: TestNodes, _ proxies: TestNodes.Proxies) {
        self.nodes = nodes
        self.proxies = proxies
    }

    var figures: SoakFigures { state.withLock { $0 } }

    /// A task whose policy the audit can take; nil where there was no committed one.
    var committedTask: TaskFile? { lastCommitted.withLock { $0 } }

    /// What the proxies did, and what the leader asked of the helper.
    var traffic: String {
        let faults = proxies.leader.faults.merging(proxies.helper.faults, uniquingKeysWith: +)
            .filter { $0.key != Fault.pass.name }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let jobs = proxies.helper.requests["POST aggregation_jobs", default: 0]
        return "\(jobs) job requests; faults: \(faults.joined(separator: ", "))"
    }

    /// Returns when all rounds that were begun in time have ended.
    func run(for duration: Duration, generator: inout SeededGenerator) async {
        let end = ContinuousClock.now + duration
        follow(&generator)
        await withTaskGroup { group in
            for worker in 0..<Self.workers {
                let own = SeededGenerator(seed: generator.next())
                group.addTask { await self.work(worker, until: end, own) }
            }
            let knife = SeededGenerator(seed: generator.next())
            group.addTask {
                await self.disturb(until: end, knife)
                self.proxies.leader.behave()
                self.proxies.helper.behave()
            }
            group.addTask { await self.tell(until: end) }
        }
    }

    private func follow(_ generator: inout SeededGenerator) {
        // To contributors nothing is answered that an honest leader would not say: 'stored' is a promise.
        let uploads: [Fault] =
            [.page(502), .page(504), .busy(503, retryAfter: "1"), .busy(429, retryAfter: "0"), .torn, .cut]
            + Fault.disturbances
        proxies.leader.follow(
            [
                FaultRule("POST", .uploads, .randomly(0.1), uploads),
                FaultRule("*", "**", .randomly(0.03), Fault.disturbances),
            ], generator: SeededGenerator(seed: generator.next()))
        proxies.helper.follow(
            [FaultRule("*", "**", .randomly(0.1), Fault.oddAnswers + Fault.disturbances)],
            generator: SeededGenerator(seed: generator.next()))
    }

    // MARK: Kills and stops

    private func disturb(until end: ContinuousClock.Instant, _ seeded: SeededGenerator) async {
        var generator = seeded
        while true {
            let pause = Duration.seconds(Double.random(in: 1...6, using: &generator))
            guard ContinuousClock.now + pause < end else { break }
            try? await Task.sleep(for: pause)
            let node = Bool.random(using: &generator) ? nodes.leader : nodes.helper
            if Bool.random(using: &generator) {
                await node.kill()
                do { try await node.start() } catch { lose("the \(node.role) does not start again: \(error)") }
                state.withLock { $0.kills += 1 }
            } else if let process = node.processID {
                kill(process, SIGSTOP)
                try? await Task.sleep(for: .seconds(Double.random(in: 0.2...3, using: &generator)))
                kill(process, SIGCONT)
                state.withLock { $0.stops += 1 }
            }
        }
        try? await Task.sleep(until: end, clock: .continuous)
    }

    private func tell(until end: ContinuousClock.Instant) async {
        while ContinuousClock.now + .seconds(60) < end {
            try? await Task.sleep(for: .seconds(60))
            print("soak: \(figures)")
        }
    }

    func lose(_ what: String) {
        print("soak: LOSS: \(what)")
        state.withLock { $0.losses.append(what) }
    }

    // MARK: Rounds

    private func work(_ worker: Int, until end: ContinuousClock.Instant, _ seeded: SeededGenerator) async {
        var generator = seeded
        var number = worker
        while ContinuousClock.now < end {
            let name = "round-\(worker)-\(number)"
            do { try await round(name, .number(number), &generator) } catch { lose("\(name): \(error)") }
            state.withLock { $0.rounds += 1 }
            number += 1
        }
    }

    private func round(_ name: String, _ kind: Tally.Kind, _ generator: inout SeededGenerator) async throws {
        let task = try await createTask(name, kind)
        if kind.isCommitted { lastCommitted.withLock { $0 = task } }
        let client = try TaskClient(
            task: task, transport: HTTPTransport(deadline: .seconds(20), attemptTimeout: .seconds(15)))
        let seed = try nodes.wallet().seed
        let now = currentTime()
        var account = SoakAccount()
        for _ in 0..<Int.random(in: 2...6, using: &generator) {
            let values = (0..<Int.random(in: 1...20, using: &generator)).map { _ in
                UInt64.random(in: 0...1000, using: &generator)
            }
            let isBroken = values.map { _ in Int.random(in: 0..<20, using: &generator) == 0 }
            let prepared = try await persist("\(name): prepare") {
                zip(try await client.prepare(values.map { .integer($0) }, seed: seed, time: now), isBroken).map {
                    $1 ? $0.withBrokenHelperCiphertext() : $0
                }
            }
            // The same bytes until the leader has said what it does with them.
            let outcomes = try await persist("\(name): upload") { try await client.send(prepared) }
            for (index, outcome) in outcomes.enumerated() {
                // Replayed: an earlier attempt, whose answer was lost, has stored it.
                guard outcome.error == nil || outcome.error == .reportReplayed else {
                    lose("\(name): \(outcome.reportID.base64URL) is refused at upload: \(outcome.error?.name ?? "")")
                    continue
                }
                if isBroken[index] { account.acknowledgedBroken() } else { account.acknowledged(values[index]) }
            }
            state.withLock { figures in
                figures.uploads += 1
                figures.reports += isBroken.count { !$0 }
                figures.broken += isBroken.count { $0 }
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...800, using: &generator)))
        }
        guard account.values.count >= 2 else { return }
        let query: Query =
            kind.mode == .leaderSelected
            ? .leaderSelected : .timeInterval(Interval(start: task.configuration.time(ofSeconds: now), duration: 1))
        let outcome = try await persist("\(name) (\(kind)): collect") {
            try await self.nodes.collector(task, patience: .seconds(20)).collect(query, deadline: .seconds(60))
        }
        let status = try await persist("\(name): status") { try await client.status() }
        state.withLock { $0.collects += 1 }
        if let fault = account.fault(count: outcome.count, value: outcome.value, status: status) {
            lose("\(name) (\(kind), \(task.taskID.base64URL)): \(fault)")
        }
    }

    /// The task's makers read the nodes' keys through the proxies, and try again under another name.
    private func createTask(_ name: String, _ kind: Tally.Kind) async throws -> TaskFile {
        let attempts = Mutex(0)
        let made = try await persist("\(name): create") {
            let attempt = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            let made = attempt == 1 ? name : "\(name)-\(attempt)"
            try Self.succeeded(try await self.nodes.draft(made, kind.options))
            return made
        }
        for node in [nodes.leader, nodes.helper] {
            try await persist("\(name): add to the \(node.role)") {
                try Self.succeeded(try await self.nodes.addTask(made, to: node))
            }
        }
        return try nodes.taskFile(made)
    }

    private struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private static func succeeded(_ result: CommandResult) throws {
        guard result.status == 0 else { throw Failed(description: result.errors) }
    }

    /// Does something until it succeeds, as patient people do.
    private func persist<Value>(_ what: String, _ body: () async throws -> Value) async throws -> Value {
        let start = ContinuousClock.now
        while true {
            do { return try await body() } catch {
                guard ContinuousClock.now - start < Self.patience else {
                    throw Failed(description: "\(what): not within \(Self.patience): \(error)")
                }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
