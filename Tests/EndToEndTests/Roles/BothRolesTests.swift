import Contributor
import DAP
import Foundation
import PostgresCluster
import Requests
import Tasks
import Testing

extension EndToEnd {
    /// Nodes that lead some tasks and help in others, in one process and one database.
    @Suite struct BothRoles {
        @Test(arguments: TestStorage.both) func twoNodesLeadAndHelpEachOther(on storage: TestStorage) async throws {
            let circle = try await NodeCircle(["a", "b"], on: storage)
            try await circle.run(["a", "b"]) {
                let info = try await NodeClient(url: circle.node("a").url).info()
                #expect(info.allRoles == ["leader", "helper"] && info.role == nil)
                #expect(info.logOrigin == "a.example/log" && info.logVkey != nil && info.witnessVkey != nil)

                let ours = try await circle.create("ours", leader: "a", helper: "b")
                let theirs = try await circle.create("theirs", leader: "b", helper: "a")
                var reports: [String: [String]] = [:]
                for value in [1, 20, 300, 4] {
                    for task in ["ours", "theirs"] {
                        reports[task, default: []].append(try await circle.contribute(value, to: task))
                    }
                }
                for task in [ours, theirs] { try await circle.awaitAccepted(4, task) }
                // The same resource in both roles: which of them is meant, the task says.
                for task in ["ours", "theirs"] {
                    let ids = try #require(reports[task])
                    try await circle.withdraw(ids[1], of: task, at: "leader")
                    try await circle.withdraw(ids[2], of: task, at: "helper")
                }
                // What was acknowledged a moment before, as a leader or by the leader that it helps, goes on.
                try await circle.contribute(5, to: "theirs")
                try await circle.contribute(6, to: "ours")
                try await circle.node("a").kill()
                try await circle.node("a").start()
                for task in [ours, theirs] { try await circle.awaitAccepted(3, task) }
                #expect(try await circle.collect(ours, leader: "a") == .integer(11))
                #expect(try await circle.collect(theirs, leader: "b") == .integer(10))
                try await resourcesOfTheOtherRoleAreUnknown(circle, ours)
                try await wrongRolesAreSaid(circle)
            }
        }

        /// A leader has no aggregation jobs of its task, and a helper takes no uploads.
        private func resourcesOfTheOtherRoleAreUnknown(_ circle: NodeCircle, _ task: TaskFile) async throws {
            let token = try circle.token("a", "b")
            for (node, resource) in [("a", "aggregation_jobs"), ("a", "aggregate_shares"), ("b", "reports")] {
                let answer = try await post(
                    "\(try circle.node(node).url)/tasks/\(task.taskID.base64URL)/\(resource)", token: token)
                #expect(try ProblemDocument(json: answer.body).type == .unrecognizedTask, "\(resource)")
            }
        }

        private func wrongRolesAreSaid(_ circle: NodeCircle) async throws {
            let wrong = try await circle.add("ours", to: "a", "--role", "helper")
            #expect(wrong.status == 1 && wrong.errors.contains("as its leader, not as its helper"), "\(wrong.errors)")
            let same = try await circle.draft("alone", leader: "a", helper: "a")
            #expect(same.status != 0, "\(same.output)")

            // Whose section is gone, its tasks would be gone: the database is not opened.
            let a = try circle.node("a")
            await a.stop()
            try circle.write("a", peers: [NodeCircle.Peering("b")], roles: ["helper"])
            let process = try await a.startUnobserved()
            for _ in 0..<3_000 where !process.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
            #expect(a.logText.contains("put the section 'leader' back"), "\(a.logText)")

            // Another's key in the place of the node's own.
            try circle.write("a", peers: [NodeCircle.Peering("b")])
            let key = "\(a.folder)/witness.skey"
            let another = "\(a.folder)/other.skey"
            try await Cairn.succeed("keygen", "witness", "--name", "a.example/witness", "--out", another)
            try FileManager.default.moveItem(atPath: key, toPath: "\(key).kept")
            try FileManager.default.moveItem(atPath: another, toPath: key)
            let other = try await a.startUnobserved()
            for _ in 0..<3_000 where !other.hasEnded { try await Task.sleep(for: .milliseconds(20)) }
            #expect(a.logText.contains("witness.skey is not the key that this node has used"), "\(a.logText)")
            try FileManager.default.removeItem(atPath: key)
            try FileManager.default.moveItem(atPath: "\(key).kept", toPath: key)
            try await a.start()
        }

        /// One node, two peers: what one of them may do, the other may not.
        @Test func peersAreStrangersToEachOthersTasks() async throws {
            let circle = try await NodeCircle(["a", "b", "c"])
            try circle.write("a", peers: [NodeCircle.Peering("b")])
            try circle.write("b", peers: [NodeCircle.Peering("a")])
            try circle.write("c", peers: [NodeCircle.Peering("a")])
            try await circle.run(["a", "b", "c"]) {
                let first = try await circle.create("first", leader: "b", helper: "a")
                try await circle.contribute(1, to: "first")
                try await circle.awaitAccepted(1, first)

                // A second peer comes, while the task of the first goes on.
                let a = try circle.node("a")
                await a.stop()
                try circle.write("a", peers: [NodeCircle.Peering("b"), NodeCircle.Peering("c")])
                try await a.start()
                let second = try await circle.create("second", leader: "a", helper: "c")
                let third = try await circle.create("third", leader: "c", helper: "a")
                for task in ["first", "second", "third"] {
                    try await circle.contribute(20, to: task)
                    try await circle.contribute(300, to: task)
                }
                try await onlyTheTasksOwnPeerIsHeard(circle, first, third)
                #expect(try await circle.collect(second, leader: "a") == .integer(320))
                #expect(try await circle.collect(third, leader: "c") == .integer(320))
                #expect(try await circle.collect(first, leader: "b") == .integer(321))

                let stranger = try await circle.draft("fourth", leader: "b", helper: "c")
                try #require(stranger.status == 0, "\(stranger.errors)")
                let refused = try await circle.add("fourth", to: "b")
                #expect(refused.status == 1 && refused.errors.contains("one of its peers"), "\(refused.errors)")
            }
        }

        /// A helper takes connections and never answers, with reports of its task waiting: the other's tasks go on as before.
        @Test func aHelperThatHangsHoldsUpNoOther() async throws {
            let circle = try await NodeCircle(["a", "b", "c"])
            try await circle.run(["a", "b", "c"]) {
                let hanging = try await circle.create("hanging", leader: "a", helper: "c")
                let going = try await circle.create("going", leader: "a", helper: "b")
                for (name, task) in [("hanging", hanging), ("going", going)] {
                    try await circle.contribute(1, to: name)
                    try await circle.awaitAccepted(1, task)
                }
                // (A contributor asks the helper for its key, so these come before.)
                for value in [20, 300] { try await circle.contribute(value, to: "hanging") }
                let process = try #require(try circle.node("c").processID)
                kill(process, SIGSTOP)
                defer { kill(process, SIGCONT) }
                let start = ContinuousClock.now
                for value in [20, 300] { try await circle.contribute(value, to: "going") }
                try await circle.awaitAccepted(3, going)
                #expect(try await circle.collect(going, leader: "a") == .integer(321))
                // A request to the one that hangs would take as long as that alone.
                #expect(ContinuousClock.now - start < .seconds(60))
                kill(process, SIGCONT)
                #expect(try await circle.collect(hanging, leader: "a") == .integer(321))
            }
        }

        private func onlyTheTasksOwnPeerIsHeard(
            _ circle: NodeCircle, _ ofB: TaskFile, _ ofC: TaskFile
        ) async throws {
            let url = try circle.node("a").url
            let tokens = [try circle.token("a", "b"), try circle.token("a", "c")]
            for (task, right) in [(ofB, 0), (ofC, 1)] {
                let id = task.taskID.base64URL
                for resource in [
                    "tasks/\(id)/aggregation_jobs", "tasks/\(id)/aggregate_shares", "cairn/tasks/\(id)/refusals",
                    "cairn/tasks/\(id)/closes",
                ] {
                    for (index, token) in tokens.enumerated() {
                        let status = try await post("\(url)/\(resource)", token: token).status
                        #expect(index == right ? [400, 415].contains(status) : status == 403, "\(resource): \(status)")
                    }
                }
            }
        }

        /// Token and secret are replaced while both nodes serve: each is started anew a few times, and nothing is refused.
        @Test func tokensAndSecretsAreReplacedWithoutAPause() async throws {
            let circle = try await NodeCircle(["a", "b"])
            try await circle.run(["a", "b"]) {
                let task = try await circle.create("kept", leader: "a", helper: "b")
                var sum: UInt128 = 0
                var count = 0
                let steps: [(secrets: [String], tokens: [String])] = [
                    (["psk", "psk2"], ["token", "token2"]), (["psk2", "psk"], ["token2", "token"]),
                    (["psk2"], ["token2"]),
                ]
                for step in steps {
                    for (name, peer) in [("a", "b"), ("b", "a")] {
                        let node = try circle.node(name)
                        await node.stop()
                        try circle.write(
                            name, peers: [NodeCircle.Peering(peer, secrets: step.secrets, tokens: step.tokens)])
                        try await node.start()
                        try await circle.contribute(7, to: "kept")
                        (sum, count) = (sum + 7, count + 1)
                        try await circle.awaitAccepted(count, task)
                    }
                }
                let url = "\(try circle.node("b").url)/tasks/\(task.taskID.base64URL)/aggregation_jobs"
                #expect(try await post(url, token: try circle.token("a", "b")).status == 403, "the old token is gone")
                #expect(try await post(url, token: try circle.token("a", "b", "token2")).status == 415)
                // The task has the key that it was added with; a new one gets it from the new secret.
                let again = try await circle.add("kept", to: "a")
                #expect(again.status == 1 && again.errors.contains("verification key"), "\(again.errors)")
                let new = try await circle.create("new", leader: "b", helper: "a")
                for value in [1, 2] { try await circle.contribute(value, to: "new") }
                #expect(try await circle.collect(new, leader: "b") == .integer(3))
                #expect(try await circle.collect(task, leader: "a") == .integer(sum))
            }
        }

        private func post(_ url: String, token: String) async throws -> WebAnswer {
            try await HTTPTransport(deadline: .zero).send(
                .init(.POST, url, headers: [(name: "Authorization", value: "Bearer \(token)")], body: [0]))
        }
    }
}
