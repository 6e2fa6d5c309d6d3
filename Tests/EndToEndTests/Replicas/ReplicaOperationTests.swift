import AggregatorNode
import Contributor
import Encodings
import Foundation
import Ledger
import NodeAPI
import PostgresCluster
import Requests
import Tasks
import Testing

extension EndToEnd {
    /// What operators and machines do to a node of several processes.
    @Suite(.enabled(if: !PostgresCluster.isLeftOut)) struct ReplicaOperation {
        private static func options(_ size: Int = 100) -> [String] {
            [
                "--vdaf", "sum", "--max-measurement", "100", "--committed", "--batch-mode", "leader-selected",
                "--min-batch-size", "2", "--max-batch-size", "\(size)",
            ]
        }

        private func upload(_ values: [UInt64], _ task: TaskFile, _ nodes: ReplicatedNodes) async throws {
            let client = try TaskClient(task: task, transport: HTTPTransport(deadline: .seconds(60)))
            _ = try await client.aggregatorConfigs(refresh: true)
            let outcomes = try await client.upload(
                values.map { .integer($0) }, wallet: nodes.wallet(), time: currentTime())
            #expect(outcomes.count == values.count && outcomes.allSatisfy { $0.error == nil }, "\(outcomes)")
        }

        private func collect(_ task: TaskFile, _ nodes: ReplicatedNodes) async throws -> CollectionOutcome {
            try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
        }

        /// What one process of a node answers.
        private func get<each ID: PathText>(
            _ endpoint: Endpoint<repeat each ID>, _ ids: repeat each ID, from replica: TestNode
        ) async throws -> WebAnswer {
            try await HTTPTransport(deadline: .seconds(10)).send(
                WebRequest(endpoint, at: "http://127.0.0.1:\(replica.listenPort)", repeat each ids))
        }

        /// A process renders the log in its own time: waits until its one is whole, and has so many batches that pass the audit.
        private func expectAudited(_ log: String, _ name: String, batches: Int, _ nodes: ReplicatedNodes) async throws {
            let check = ["--policy", nodes.policyPath(name), "--json"]
            var audit: CommandResult?
            for _ in 0..<150 {
                let result = try await Cairn.run(["audit", "--log", log] + check)
                audit = result
                if result.status == 0, (try result.json()["batches"] as? [Any])?.count == batches {
                    let fsck = try await Cairn.run(["log", "fsck", log] + check)
                    #expect(fsck.status == 0, "\(fsck.output)\(fsck.errors)")
                    return
                }
                try await Task.sleep(for: .milliseconds(200))
            }
            Issue.record("\(log) has no \(batches) batches: \(String(describing: audit))")
        }

        // MARK: What one has made and another is asked for

        /// The process that released a share, and the one that published it, are gone for ever with their disks.
        @Test func whatOneReplicaHasPublishedAnotherServes() async throws {
            try await ReplicatedNodes.run { nodes in
                let task = try await nodes.createTask("shared", Self.options())
                for node in [nodes.leader, nodes.helper] { node.use([node.replicas[0]]) }
                await nodes.leader.replicas[1].stop()
                await nodes.helper.replicas[1].stop()
                try await upload([20, 22], task, nodes)
                #expect(try await collect(task, nodes).value == .integer(42))
                for node in [nodes.leader, nodes.helper] {
                    await node.replicas[0].kill()
                    try await node.replicas[1].start()
                    node.use([node.replicas[1]])
                }
                let names = try FileManager.default.contentsOfDirectory(
                    atPath: "\(nodes.leader.replicas[0].logFolder)/blob")
                #expect(names.count == 2)
                var released = 0
                for name in names {
                    let hash = HashName(try #require(Hex.decode(name)))
                    let published = try await get(API.logBlob, hash, from: nodes.leader.replicas[1])
                    #expect(published.status == 200 && HashName(Blob.hash(published.body)) == hash)
                    let own = try await get(API.blob, hash, from: nodes.helper.replicas[1])
                    if own.status == 200, own.body == published.body { released += 1 }
                }
                #expect(released == 1, "the helper's own share")
                let file = try await get(API.taskFile, task.taskID, from: nodes.leader.replicas[1])
                #expect(file.status == 200 && file.body == task.json())
                // Its log is whole, over the line and as a folder.
                let second = nodes.leader.replicas[1]
                for log in ["http://127.0.0.1:\(second.listenPort)/log", second.logFolder] {
                    try await expectAudited(log, "shared", batches: 1, nodes)
                }
            }
        }

        // MARK: A machine that stands still

        /// SIGSTOP of one process of each node in the middle of its work, until its leases have run out by the server's clock:
        /// the others finish what it had, and it takes nothing back when it goes on.
        @Test func aReplicaThatStandsStillPastItsLeasesLosesNothingAndRepeatsNothing() async throws {
            try await ReplicatedNodes.run { nodes in
                let task = try await nodes.createTask("still", Self.options())
                let frozen = [nodes.leader, nodes.helper].map(\.replicas[0])
                for node in [nodes.leader, nodes.helper] { node.use([node.replicas[0]]) }
                // Whatever is begun with these is the first ones'.
                try await upload(Array(1...10), task, nodes)
                for replica in frozen { Foundation.kill(try #require(replica.processID), SIGSTOP) }
                let stopped = ContinuousClock.now
                do {
                    for node in [nodes.leader, nodes.helper] { node.use([node.replicas[1]]) }
                    try await upload(Array(11...20), task, nodes)
                    let outcome = try await collect(task, nodes)
                    #expect(outcome.count == 20 && outcome.value == .integer(210), "\(outcome)")
                    // Longer than any lease.
                    while ContinuousClock.now - stopped < .seconds(33) { try await Task.sleep(for: .milliseconds(200)) }
                } catch {
                    for replica in frozen { if let process = replica.processID { Foundation.kill(process, SIGCONT) } }
                    throw error
                }
                for replica in frozen { Foundation.kill(try #require(replica.processID), SIGCONT) }
                for node in [nodes.leader, nodes.helper] { node.use(node.replicas) }
                let next = try await nodes.createTask("next", Self.options())
                try await upload([30, 31], next, nodes)
                let outcome = try await collect(next, nodes)
                #expect(outcome.count == 2 && outcome.value == .integer(61), "\(outcome)")
                for replica in nodes.leader.replicas + nodes.helper.replicas {
                    #expect(!replica.hasEnded, "\(replica.logText)")
                }
                for replica in nodes.leader.replicas {
                    let log = "http://127.0.0.1:\(replica.listenPort)/log"
                    try await expectAudited(log, "still", batches: 2, nodes)
                }
            }
        }

        // MARK: A new HPKE key

        @Test func aNewHPKEKeyNeedsTheOthersStoppedAndThenAllHaveIt() async throws {
            try await ReplicatedNodes.run { nodes in
                // One for each batch: the same request has the same result.
                var tasks: [TaskFile] = []
                for number in 1...3 { tasks.append(try await nodes.createTask("rekeyed-\(number)", Self.options())) }
                try await upload([1, 2], tasks[0], nodes)
                #expect(try await collect(tasks[0], nodes).value == .integer(3))
                let (first, second) = (nodes.helper.replicas[0], nodes.helper.replicas[1])
                let key = { (replica: TestNode) in "\(replica.folder)/data/keys/hpke" }
                await first.stop()
                nodes.helper.use([second])
                let former = try Data(contentsOf: URL(fileURLWithPath: key(first)))
                try FileManager.default.removeItem(atPath: key(first))
                let early = try await Cairn.run("node", "run", "--config", first.configuration, "--new-hpke-key")
                #expect(early.status == 1 && early.errors.contains("process"), "\(early.errors)")
                // The one that runs goes on with the key that the database knows.
                #expect(!second.hasEnded)
                try await upload([3, 4], tasks[1], nodes)
                #expect(try await collect(tasks[1], nodes).value == .integer(7))
                // The refused start has made the key already; without the word it is no key of this database.
                let undeclared = try await Cairn.run("node", "run", "--config", first.configuration)
                #expect(undeclared.status == 1 && undeclared.errors.contains("--new-hpke-key"), "\(undeclared.errors)")

                await second.stop()
                let declaring = TestNode(
                    role: "helper", folder: first.folder, port: first.port, listenPort: first.listenPort,
                    command: ["node", "run", "--config", first.configuration, "--new-hpke-key"])
                try await declaring.start()
                await declaring.stop()
                try await first.start()
                // With the former key nobody joins it.
                let late = try await Cairn.run("node", "run", "--config", second.configuration)
                #expect(late.status == 1 && late.errors.contains("keys/hpke"), "\(late.errors)")
                #expect(!first.hasEnded)
                let new = try Data(contentsOf: URL(fileURLWithPath: key(first)))
                #expect(new != former)
                try new.write(to: URL(fileURLWithPath: key(second)))
                try await second.start()
                nodes.helper.use([first, second])
                try await upload([5, 6, 7], tasks[2], nodes)
                #expect(try await collect(tasks[2], nodes).value == .integer(18))
            }
        }

        // MARK: A restore

        /// The keys of each folder are destroyed, the tables are moved once, and what one replica has begun anew is left alone.
        @Test func aRestoreIsDeclaredInEachFolderInAnyOrder() async throws {
            try await ReplicatedNodes.run { nodes in
                let task = try await nodes.createTask("kept", Self.options())
                let (helper, folder) = (nodes.helper, nodes.folder.path)
                let (first, second) = (helper.replicas[0], helper.replicas[1])
                try await helper.database.dump(to: "\(folder)/before")
                try await upload([1, 2], task, nodes)
                #expect(try await collect(task, nodes).value == .integer(3))
                for replica in helper.replicas { await replica.stop() }
                // A third one, which was stopped at the same time.
                let third = TestNode(
                    role: "helper", folder: "\(folder)/helper-3", port: second.port, listenPort: second.listenPort)
                try FileManager.default.copyItem(atPath: second.folder, toPath: third.folder)
                try await helper.database.exchange(for: "\(folder)/before")

                let told = try await declare(first)
                #expect(told.output.contains("ended     task kept") && told.output.contains("cairn_ended_1"))
                #expect(told.output.contains("repeat this in the folder of each"), "\(told.output)")
                // There is nothing left to move, and the keys go all the same.
                let again = try await declare(second)
                #expect(!again.output.contains("cairn_ended"), "\(again.output)")

                let keys = try NodeConfiguration.load(path: first.configuration).noteKeyFiles[0]
                try await Cairn.succeed("keygen", "witness", "--name", "new.example/witness", "--out", keys)
                try await first.start()
                // Its keys are those of before, and the database is another's.
                let stale = try await Cairn.run("node", "run", "--config", third.configuration)
                #expect(stale.status == 1 && stale.errors.contains("cairn node restored"), "\(stale.errors)")
                #expect(!first.hasEnded, "\(first.logText)")
                let last = try await declare(third)
                #expect(!last.output.contains("cairn_ended"), "\(last.output)")
                try await Task.sleep(for: .milliseconds(1_500))
                #expect(!first.hasEnded, "\(first.logText)")
                let schemas = try helper.database.run(
                    "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'cairn_ended%'")
                #expect(schemas == ["cairn_ended_1"])

                // With copies of the new keys the second one joins.
                for path in [keys, "\(first.folder)/data/keys/hpke", "\(first.folder)/data/keys/statement"] {
                    let target = path.replacing(first.folder, with: second.folder)
                    try FileManager.default.copyItem(atPath: path, toPath: target)
                }
                try await second.start()
            }
        }

        /// - Returns: what the command said, once the keys of the folder are gone.
        private func declare(_ replica: TestNode) async throws -> CommandResult {
            let configuration = try NodeConfiguration.load(path: replica.configuration)
            let result = try await Cairn.succeed("node", "restored", "--config", replica.configuration, "--yes")
            let files = [configuration.hpkeKeyFile, configuration.statementKeyFile] + configuration.noteKeyFiles
            for key in files { #expect(!FileManager.default.fileExists(atPath: key), "\(result.output)") }
            return result
        }
    }
}
