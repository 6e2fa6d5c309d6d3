import Contributor
import DAP
import Foundation
import PostgresCluster
import Synchronization
import Tasks
import Testing

extension EndToEnd {
    /// Several processes of one node on one database.
    @Suite(.enabled(if: !PostgresCluster.isLeftOut)) struct Replicas {
        /// What contributors have been promised.
        private final class Account: Sendable {
            private let sums = Mutex((count: 0, sum: 0 as UInt128, isOver: false))

            var isOver: Bool { sums.withLock(\.isOver) }
            var accepted: (count: Int, sum: UInt128) { sums.withLock { ($0.count, $0.sum) } }
            func end() { sums.withLock { $0.isOver = true } }
            func add(_ value: UInt64) {
                sums.withLock {
                    $0.count += 1
                    $0.sum += UInt128(value)
                }
            }
        }

        /// Uploads go on all the time, and every process is killed or stopped in the middle of its work.
        @Test func killedAndStoppedReplicasLoseNothingAndCountNothingTwice() async throws {
            try await ReplicatedNodes.run { nodes in
                let task = try await nodes.createTask(
                    "sum", "--vdaf", "sum", "--max-measurement", "1000", "--committed", "--batch-mode",
                    "time-interval", "--min-batch-size", "10", "--max-batch-size", "100000")
                let now = currentTime()
                let account = Account()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for worker in 0..<2 {
                        group.addTask { try await upload(task, at: now, worker, account, nodes) }
                    }
                    group.addTask {
                        defer { account.end() }
                        try await disturb(nodes)
                    }
                    try await group.waitForAll()
                }
                let (count, sum) = account.accepted
                #expect(count > 50)
                let unit = task.configuration.time(ofSeconds: now)
                let outcome = try await nodes.collector(task).collect(
                    .timeInterval(Interval(start: unit, duration: 1)), deadline: .seconds(60))
                #expect(outcome.count == UInt64(count) && outcome.value == .integer(sum), "\(outcome)")
                for replica in nodes.leader.replicas + nodes.helper.replicas {
                    #expect(!replica.hasEnded, "\(replica.logText)")
                }
                for replica in nodes.leader.replicas {
                    let log = "http://127.0.0.1:\(replica.listenPort)/log"
                    for check in [["log", "fsck", log], ["audit", "--log", log]] {
                        let result = try await Cairn.run(
                            check + ["--policy", nodes.policyPath("sum"), "--json"], home: nodes.home)
                        #expect(result.status == 0, "\(check): \(result.output.prefix(2000))\(result.errors)")
                    }
                }
            }
        }

        /// The one that starts first has seen nothing of what is missing.
        @Test func aReplicaThatKnowsMoreThanTheDatabaseStopsAllOfThem() async throws {
            try await ReplicatedNodes.run { nodes in
                let (leader, folder) = (nodes.leader, nodes.folder.path)
                let (first, second) = (leader.replicas[0], leader.replicas[1])
                let task = try await nodes.createTask(
                    "said", "--vdaf", "sum", "--max-measurement", "9", "--committed", "--batch-mode", "leader-selected",
                    "--min-batch-size", "2", "--max-batch-size", "10")
                await second.stop()
                leader.use([first])
                try await leader.database.dump(to: "\(folder)/before")
                let client = try TaskClient(task: task, transport: HTTPTransport(deadline: .seconds(60)))
                _ = try await client.aggregatorConfigs()
                let outcomes = try await client.upload([.integer(1)], wallet: nodes.wallet(), time: currentTime())
                #expect(outcomes.allSatisfy { $0.error == nil })
                await first.stop()
                try await leader.database.exchange(for: "\(folder)/before")
                try await second.start()
                try await first.startUnobserved()
                for replica in [first, second] {
                    for _ in 0..<1_000 where !replica.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
                    try #require(replica.hasEnded, "it goes on: \(replica.logText)")
                }
                #expect(first.logText.contains("older than the keys beside it"), "\(first.logText)")
                let again = try await Cairn.run("node", "run", "--config", second.configuration)
                #expect(again.status == 1 && again.errors.contains("this node is stopped"), "\(again.errors)")
            }
        }

        private func upload(
            _ task: TaskFile, at time: UInt64, _ worker: Int, _ account: Account, _ nodes: ReplicatedNodes
        ) async throws {
            let client = try TaskClient(task: task, transport: HTTPTransport(deadline: .seconds(60)))
            _ = try await client.aggregatorConfigs()
            let wallet = try nodes.wallet()
            var number = worker
            while !account.isOver {
                let values = (0..<3).map { UInt64((number + $0 * 7) % 1000) }
                for outcome in try await client.upload(values.map { .integer($0) }, wallet: wallet, time: time) {
                    #expect(outcome.error == nil, "\(String(describing: outcome.error))")
                    if outcome.error == nil { account.add(values[outcome.index]) }
                }
                number += 2
                try await Task.sleep(for: .milliseconds(50))
            }
        }

        private func disturb(_ nodes: ReplicatedNodes) async throws {
            let (leader, helper) = (nodes.leader, nodes.helper)
            try await Task.sleep(for: .milliseconds(500))
            for replica in leader.replicas { try await nodes.kill(replica, of: leader, for: .seconds(1)) }
            for replica in helper.replicas { try await nodes.kill(replica, of: helper, for: .milliseconds(500)) }
            for (replica, isCutOff) in zip(leader.replicas, [false, true]) {
                try await nodes.freeze(replica, of: leader, for: .seconds(2), isCutOff: isCutOff)
            }
            for (replica, isCutOff) in zip(helper.replicas, [true, false]) {
                try await nodes.freeze(replica, of: helper, for: .seconds(1), isCutOff: isCutOff)
            }
            // Both at once, as where the whole place has lost its power.
            for replica in leader.replicas { await replica.kill() }
            for replica in leader.replicas { try await replica.start() }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
