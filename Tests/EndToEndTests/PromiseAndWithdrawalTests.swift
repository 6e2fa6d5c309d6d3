import AggregatorNode
import Contributor
import Foundation
import Ledger
import Tasks
import Testing
import TransparencyLog

extension EndToEnd {
    /// What the leader owes a contributor between upload and result.
    @Suite struct PromiseAndWithdrawal {
        @Test func promisesAreKeptOrConvictAndReportsCanBeTakenBack() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "owed", "--vdaf", "sum", "--max-measurement", "100", "--batch-mode", "leader-selected",
                    "--min-batch-size", "2", "--max-batch-size", "10")
                let ids = try await contribute([1, 20, 3, 40], nodes)
                try await accepted(4, task)
                try await withdraw(ids[1], at: "helper", nodes)
                try await withdraw(ids[3], at: "leader", nodes)
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(180))
                #expect(outcome.value == .integer(4))
                let late = try await Cairn.run(
                    "withdraw", "--task", "owed", "--report", ids[0], "--json", home: nodes.home)
                #expect(late.status == 1 && late.output.contains("too_late"))

                let policy = nodes.policyPath("owed")
                let log = "\(nodes.leader.url)/log"
                try await Cairn.succeed("audit", "--log", log, "--policy", policy)
                for id in ids {
                    let kept = try await Cairn.run(
                        "promise", "verify", "--report", id, "--log", log, "--policy", policy, "--json",
                        home: nodes.home)
                    #expect(kept.status == 0, "\(kept.output)\(kept.errors)")
                    #expect(try kept.json()["verdict"] as? String == "kept")
                }
                try await omissionConvicts(task, ids[0], policy, nodes)
            }
        }

        private func contribute(_ values: [Int], _ nodes: TestNodes) async throws -> [String] {
            var ids: [String] = []
            for value in values {
                let result = try await Cairn.succeed(
                    "contribute", "--task", "owed", "--value", "\(value)", "--json", home: nodes.home)
                let reports = try #require(try result.json()["reports"] as? [[String: Any]])
                #expect(reports.map { $0["promised"] as? Bool } == [true])
                ids.append(try #require(reports.first?["report_id"] as? String))
            }
            return ids
        }

        private func accepted(_ count: Int, _ task: TaskFile) async throws {
            let client = try TaskClient(task: task)
            for _ in 0..<6_000 {
                if try await client.status().accepted == count { return }
                try await Task.sleep(for: .milliseconds(20))
            }
            Issue.record("the reports are not accepted")
        }

        private func withdraw(_ id: String, at node: String, _ nodes: TestNodes) async throws {
            let result = try await Cairn.succeed(
                "withdraw", "--task", "owed", "--report", id, "--at", node, "--json", home: nodes.home)
            let reports = try #require(try result.json()["reports"] as? [[String: Any]])
            #expect(reports.map { $0["state"] as? String } == ["withdrawn"])
        }

        /// The leader, with the helper's help, publishes another log that never had the report.
        private func omissionConvicts(
            _ task: TaskFile, _ id: String, _ policy: String, _ nodes: TestNodes
        ) async throws {
            let promise = "\(nodes.folder.path)/held.promise"
            let shown = try await Cairn.succeed("promise", "show", "--report", id, home: nodes.home)
            try shown.output.write(toFile: promise, atomically: true, encoding: .utf8)
            let deadline = try HeldPromise(parsing: Array(try Data(contentsOf: URL(fileURLWithPath: promise))))
                .promise.deadline
            for (time, status, verdict, culprits) in [
                (deadline, Int32(2), "pending", [String]()), (deadline + 1, 1, "broken", ["leader"]),
            ] {
                let folder = "\(nodes.folder.path)/without-\(time)"
                try await rewriteLog(without: id, at: folder, cosigned: time, nodes)
                let result = try await Cairn.run(
                    "promise", "verify", promise, "--log", folder, "--policy", policy, "--json")
                #expect(result.status == status, "\(result.output)\(result.errors)")
                let json = try result.json()
                #expect(json["verdict"] as? String == verdict && json["culprits"] as? [String] == culprits)
            }
        }

        private func rewriteLog(
            without id: String, at folder: String, cosigned time: UInt64, _ nodes: TestNodes
        ) async throws {
            let leader = try NodeKeys.load(try NodeConfiguration.load(path: nodes.leader.configuration))
            let helper = try NodeKeys.load(try NodeConfiguration.load(path: nodes.helper.configuration))
            guard let logKey = leader.log, let witness = helper.witness else { return }
            let source = DirectoryTileSource(directory: nodes.leader.logFolder)
            let original = try await LogReader.fetchCheckpoint(from: source).checkpoint
            var entries: [[UInt8]] = []
            for try await leaf in LogReader(source: source, head: original.head).entries(0..<original.size) {
                if case .report(let report) = try LedgerEntry(decoding: leaf.bytes),
                    report.metadata.reportID.base64URL == id
                {
                    continue
                }
                entries.append(leaf.bytes)
            }
            var writer = try TileWriter(directory: folder)
            let head = try writer.append(entries: entries, startingAt: 0)
            let checkpoint = try Checkpoint(origin: original.origin, size: head.size, root: head.root)
            var signed = try SignedCheckpoint(checkpoint, signedBy: logKey)
            let clock = try Cosigner(
                name: original.origin, seed: Array(leader.statement.rawRepresentation))
            try signed.append(try clock.cosign(checkpoint, timestamp: time))
            try signed.append(try witness.cosign(checkpoint, timestamp: time))
            try writer.publish(signed)
        }
    }
}
