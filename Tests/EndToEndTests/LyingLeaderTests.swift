import Contributor
import DAP
import Foundation
import Tasks
import Testing

/// A leader that answers its collector otherwise than the log says: the stored answers in its database are exchanged.
struct LyingLeader {
    let nodes: TestNodes
    let task: TaskFile

    private typealias Shares = (leader: [UInt8], helper: [UInt8])

    /// Lets every answer be of `count` reports, by a share that makes the same sum of them: S_0 + (count - m)·p.
    func pretend(count: UInt64) async throws {
        try await change { response, shares in
            let width = 16 * ((shares.leader.count - 32) / 16)
            let modulus = try task.configuration.vdaf.fieldModulus
            let shift = UInt128(count - response.reportCount) * modulus
            var share: [UInt8] = []
            // Sums of Field64 have 16 bytes.
            for start in stride(from: 0, to: width, by: 16) {
                let sum =
                    (0..<16).reversed().reduce(UInt128(0)) { $0 << 8 | UInt128(shares.leader[start + $1]) } + shift
                share += (0..<16).map { UInt8(truncatingIfNeeded: sum >> UInt128(8 * $0)) }
            }
            return (count, (share + shares.leader[width...], shares.helper))
        }
    }

    /// Hands out the helper's share as the leader's, and the other way round.
    func swapShares() async throws {
        try await change { response, shares in (response.reportCount, (shares.helper, shares.leader)) }
    }

    /// Puts the true answers back.
    func repent(_ answers: [Int64: [UInt8]]) async throws {
        let database = try await nodes.leader.openDatabase()
        try await database.engine.write { session in
            for (key, answer) in answers {
                try session.execute(
                    "UPDATE collection_parts SET bytes = $1 WHERE collection = $2 AND kind = 1", [answer, key])
            }
        }
        try database.close()
    }

    /// What the leader has for the collector, by its own number.
    func answers() async throws -> [Int64: [UInt8]] {
        let database = try await nodes.leader.openDatabase()
        let id = task.taskID.bytes
        let rows = try await database.engine.read { session in
            try session.rows(
                """
                SELECT p.collection, p.bytes AS response FROM collection_parts AS p
                JOIN leader_collections AS c ON c.collection = p.collection JOIN task_ids AS i ON i.task = c.task
                WHERE p.kind = 1 AND i.task_id = $1
                """, [id])
        }
        try database.close()
        var answers: [Int64: [UInt8]] = [:]
        for row in rows { answers[try row.integer("collection")] = try row.bytes("response") }
        return answers
    }

    private func change(
        _ lie: (CollectionJobResp, Shares) throws -> (count: UInt64, shares: Shares)
    ) async throws {
        let key = try HpkeKeyPair(keyFile: try String(contentsOfFile: nodes.collectorKeyFile, encoding: .utf8))
        let aad = AggregateShareAad(
            taskID: task.taskID, taskConfiguration: task.configuration,
            collectionJobReq: CollectionJobReq(query: .leaderSelected, aggregationParameter: [], extensions: [])
        ).encoded()
        var lies: [Int64: [UInt8]] = [:]
        for (number, answer) in try await answers() {
            let response = try CollectionJobResp(decoding: answer)
            let shares = (
                leader: try key.open(
                    response.leaderEncryptedAggregateShare, info: HpkeInfo.aggregateShare(from: .leader), aad: aad),
                helper: try key.open(
                    response.helperEncryptedAggregateShare, info: HpkeInfo.aggregateShare(from: .helper), aad: aad)
            )
            let (count, forged) = try lie(response, shares)
            lies[number] = CollectionJobResp(
                reportCount: count, interval: response.interval,
                leaderEncryptedAggregateShare: try key.config.seal(
                    info: HpkeInfo.aggregateShare(from: .leader), aad: aad, plaintext: forged.leader),
                helperEncryptedAggregateShare: try key.config.seal(
                    info: HpkeInfo.aggregateShare(from: .helper), aad: aad, plaintext: forged.helper)
            ).encoded()
        }
        try await repent(lies)
    }
}

extension EndToEnd {
    /// What a collector is told is used only where the log does not say otherwise.
    @Suite struct LyingLeaders {
        @Test func aResultThatTheLogContradictsIsNotUsed() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "watched", "--vdaf", "sum", "--max-measurement", "100", "--batch-mode", "leader-selected",
                    "--min-batch-size", "3", "--max-batch-size", "10")
                for value in ["7", "40", "2"] {
                    try await Cairn.succeed("contribute", "--task", "watched", "--value", value, home: nodes.home)
                }
                let honest = try await collect(nodes.taskPath("watched"), "\(nodes.folder.path)/sum.npy", nodes)
                #expect(honest.status == 0, "\(honest.errors)")
                #expect(try honest.json()["audited"] as? Bool == true)

                let leader = LyingLeader(nodes: nodes, task: task)
                let answers = try await leader.answers()
                #expect(answers.count == 1)
                try await leader.pretend(count: 3000)
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(60))
                // The very sum, said to be of three thousand reports: nothing else shows the lie.
                #expect(outcome.value == .integer(49) && outcome.count == 3000)
                try await expectRefusal(nodes.taskPath("watched"), nodes)
                try await leader.repent(answers)
                try await leader.swapShares()
                try await expectRefusal(nodes.taskPath("watched"), nodes)
                try await leader.repent(answers)

                // A log that is not there is said, and no verdict.
                let elsewhere = "\(nodes.folder.path)/elsewhere.task"
                let file = try TaskFile(
                    name: "elsewhere", configuration: task.configuration,
                    collectorHpkeConfig: task.collectorHpkeConfig, logPolicy: task.logPolicy,
                    logURL: "\(nodes.folder.path)/no-log")
                try Data(file.json()).write(to: URL(fileURLWithPath: elsewhere))
                let unread = try await collect(elsewhere, "\(nodes.folder.path)/unread.npy", nodes)
                #expect(unread.status == 0, "\(unread.errors)")
                #expect(try unread.json()["audited"] as? Bool == false)
                #expect(
                    (try unread.json()["audit"] as? String)?.contains("there is no folder") == true, "\(unread.output)")
            }
        }

        private func collect(_ task: String, _ output: String, _ nodes: TestNodes) async throws -> CommandResult {
            try await Cairn.run(
                "collect", "--task", task, "--hpke-key", nodes.collectorKeyFile, "--token", nodes.collectorTokenFile,
                "--average", "--out", output, "--json", home: nodes.home)
        }

        private func expectRefusal(_ task: String, _ nodes: TestNodes) async throws {
            let output = "\(nodes.folder.path)/lie.npy"
            let result = try await collect(task, output, nodes)
            #expect(result.status == 1 && result.output.isEmpty)
            #expect(result.errors.contains("the log contradicts the result"), "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: output))
        }
    }
}
