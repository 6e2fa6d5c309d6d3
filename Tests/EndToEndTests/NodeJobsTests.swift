import Contributor
import DAP
import Datastore
import Foundation
import Tasks
import Testing

extension EndToEnd {
    /// What operators see of aggregation jobs that wait, and what they do about them.
    @Suite struct NodeJobsTests {
        private func create(_ nodes: TestNodes) async throws -> TaskFile {
            try await Cairn.succeed(
                "task", "create", "--name", "steps", "--leader", nodes.leader.url, "--helper", nodes.helper.url,
                "--collector-config", "\(nodes.collectorKeyFile).pub", "--out", "\(nodes.folder.path)/tasks", "--vdaf",
                "sum", "--max-measurement", "9", "--batch-mode", "leader-selected", "--min-batch-size", "2",
                "--max-batch-size", "99", "--uncommitted", TestNodes.acceptWeakPromises, home: nodes.home)
            for node in [nodes.leader, nodes.helper] {
                try await Cairn.succeed(
                    "node", "task", "add", "--config", node.configuration, nodes.taskPath("steps"))
            }
            return try TaskFile(json: Array(try Data(contentsOf: URL(fileURLWithPath: nodes.taskPath("steps")))))
        }

        private func json(_ node: TestNode, _ words: String...) async throws -> [String: Any] {
            let result = try await Cairn.run(["node"] + words + ["--config", node.configuration, "--json"])
            try #require(result.status == 0, "\(result.errors)")
            return try result.json()
        }

        private func status(_ node: TestNode, _ part: String) async throws -> [String: Any]? {
            let tasks = try await json(node, "status")["tasks"] as? [[String: Any]]
            return try #require(tasks?.first)[part] as? [String: Any]
        }

        private func words(_ node: TestNode, _ words: String...) async throws -> String {
            let result = try await Cairn.run(["node"] + words + ["--config", node.configuration])
            try #require(result.status == 0, "\(result.errors)")
            return result.output
        }

        @Test func whatALeadersJobsWaitForIsSeen() async throws {
            try await TestNodes.run { nodes in
                let task = try await create(nodes)
                let client = try TaskClient(task: task)
                // The nodes have found that they fit.
                let early = try await client.prepare([.integer(3)], seed: [UInt8](repeating: 1, count: 32))
                #expect(try await client.send(early).allSatisfy { $0.error == nil })
                try await eventually("the first report is accepted") { try await client.status().accepted == 1 }
                let late = try await client.prepare([.integer(4)], seed: [UInt8](repeating: 1, count: 32))
                await nodes.helper.stop()
                #expect(try await client.send(late).allSatisfy { $0.error == nil })
                try await eventually("the job fails") {
                    let jobs = try await status(nodes.leader, "jobs")?["answers"] as? [String: Int]
                    return jobs?.isEmpty == false
                }
                // A planned stop gives back what the process has.
                await nodes.leader.stop()
                let stopped = try #require(try await status(nodes.leader, "jobs"))
                #expect(stopped["leased"] as? Int == 0)
                let waits = try #require(stopped["waits_for"] as? [String: Int])
                #expect(waits["takeover"] == nil && waits["worker"] == nil && waits.values.reduce(0, +) == 1)

                let store = try await nodes.leader.openDatabase()
                func set(_ columns: String) async throws {
                    _ = try await store.engine.write {
                        try $0.execute("UPDATE leader_jobs SET \(columns) WHERE state <> 1")
                    }
                }
                for (columns, wait, line) in [
                    ("lease_token = 5, due = 1", "takeover", "left by a process that has ended or stopped"),
                    ("state = 2, lease_token = 5, due = due + 9999999999999", "worker", "being verified"),
                    ("state = 0, lease_token = 0", "pause", "next "), ("due = 0", "turn", "due"),
                ] {
                    try await set(columns)
                    let listed = try await json(nodes.leader, "jobs", "list")["jobs"] as? [[String: Any]]
                    #expect(listed?.first?["waits_for"] as? String == wait)
                    let text = try await words(nodes.leader, "jobs", "list")
                    #expect(text.contains(", \(line)"), "\(text)")
                    let jobs = try #require(try await status(nodes.leader, "jobs"))
                    #expect(jobs["waits_for"] as? [String: Int] == [wait: 1])
                    #expect((jobs["next"] != nil) == (wait == "pause"))
                    #expect(jobs["forming"] as? Int == (wait == "worker" ? 1 : 0))
                }
                let summary = try await words(nodes.leader, "status")
                #expect(summary.contains("0 forming, 1 sent and not answered") && summary.contains("1 due"))
                try store.close()
            }
        }

        @Test func whatAHelperHasStoredIsSeenAndForgotten() async throws {
            try await TestNodes.run { nodes in
                let task = try await create(nodes)
                await nodes.helper.stop()
                let store = try await nodes.helper.openDatabase()
                let room = HelperJobRoom(jobs: 9, bytes: 1 << 20, jobsOfTask: 9, bytesOfTask: 1 << 20)
                let jobs = (1...3).map { number in
                    WaitingHelperJob(
                        task: task.taskID,
                        id: AggregationJobID(unchecked: [UInt8](repeating: UInt8(number), count: 16)),
                        arrived: UInt64(1_700_000_000 + number), reports: number, bytes: 5)
                }
                for job in jobs {
                    let kept = try await store.keepHelperJob(
                        job, request: [1, 2, 3, 4, 5], lease: nil, for: .zero, room: room)
                    #expect(kept == .waiting)
                }
                let lease = HelperJobLease(task: task.taskID, job: jobs[0].id)
                _ = try await store.leaseHelperJob(lease, for: .seconds(100))
                let paused = HelperJobLease(task: task.taskID, job: jobs[1].id)
                _ = try await store.leaseHelperJob(paused, for: .seconds(100))
                try await store.releaseHelperJob(paused, after: .seconds(100))

                let listed = try #require(
                    try await json(nodes.helper, "jobs", "list")["stored"] as? [[String: Any]])
                #expect(listed.compactMap { $0["waits_for"] as? String } == ["worker", "pause", "turn"])
                #expect(listed.compactMap { $0["job"] as? String } == jobs.map(\.id.base64URL))
                #expect(listed.compactMap { $0["attempts"] as? Int } == [1, 1, 0])
                let text = try await words(nodes.helper, "jobs", "list")
                #expect(text.contains("steps  1 report, stored 2023-11-14") && text.contains("being verified"))
                let stored = try #require(try await status(nodes.helper, "stored_jobs"))
                #expect(stored["jobs"] as? Int == 3 && stored["reports"] as? Int == 6 && stored["bytes"] as? Int == 15)
                #expect(stored["oldest"] as? String == "2023-11-14T22:13:21Z" && stored["next"] is String)
                #expect(stored["waits_for"] as? [String: Int] == ["worker": 1, "pause": 1, "turn": 1])
                let summary = try await words(nodes.helper, "status")
                #expect(summary.contains("3 to be verified, 6 reports"), "\(summary)")

                let config = nodes.helper.configuration
                let forgotten = try await Cairn.succeed(
                    "node", "jobs", "forget", "--config", config, "--json", "--", jobs[0].id.base64URL)
                #expect(try forgotten.json()["interrupted"] as? Bool == true)
                #expect(try forgotten.json()["reports"] as? Int == 1)
                await #expect(throws: DatastoreError.leaseLost) {
                    try await store.renewHelperJob(lease, for: .seconds(100))
                }
                let again = try await Cairn.run(
                    "node", "jobs", "forget", "--config", config, "--", jobs[0].id.base64URL)
                #expect(again.status == 1 && again.errors.contains("no stored job"), "\(again.errors)")
                #expect(try await status(nodes.helper, "stored_jobs")?["jobs"] as? Int == 2)
                try store.close()
            }
        }
    }
}
