import AggregatorNode
import DAP
import Datastore
import Foundation
import TaskTypes
import Tasks
import Testing

/// Plain DAP tasks from upload to result, between two nodes.
@Suite struct PlainPairTests {
    /// A client and a collector of a task with whatever id.
    private struct Client {
        let pair: NodePair
        let task: PlainTask
        let vdaf: any TaskVDAF

        init(_ pair: NodePair, _ task: PlainTask) throws {
            self.pair = pair
            self.task = task
            vdaf = try makeTaskVDAF(task.configuration.vdaf)
        }

        var http: TestClient { TestClient(port: pair.leader.listenPort) }
        var path: String { "/tasks/\(task.id.base64URL)" }
        var now: UInt64 { task.configuration.time(ofSeconds: UInt64(Date().timeIntervalSince1970)) }

        func upload(_ values: [[UInt64]], announced: Bool) async throws -> Answer {
            let reports = try values.map { value in
                try ReportBuilder.seal(
                    try vdaf.shard(taskID: task.id, measurement: .vector(value), reportID: .random()),
                    taskID: task.id, task: task.configuration, time: now, leader: pair.leaderKeys.hpke.config,
                    helper: pair.helperKeys.hpke.config, commitments: [], claimSeed: nil)
            }
            var headers = ["Content-Type": MediaType.uploadReq.headerValue]
            if announced { headers[Taskprov.headerName] = Taskprov.headerValue(task.configuration) }
            return try await http.send(
                "POST", path + "/reports", body: UploadRequest(reports: reports).encoded(), headers: headers)
        }

        func collect() async throws -> (count: UInt64, sums: AggregateValue) {
            let request = CollectionJobReq(query: .leaderSelected)
            let answer = try await eventually("the collection ends") {
                let answer = try await http.send(
                    "POST", path + "/collection_jobs", body: request.encoded(),
                    headers: [
                        "Content-Type": MediaType.collectionJobReq.headerValue,
                        "Authorization": pair.leaderKeys.collectorToken?.authorization ?? "",
                    ])
                return answer.status >= 400 || !answer.body.isEmpty ? answer : nil
            }
            guard answer.status < 400 else { throw try ProblemDocument(json: answer.body) }
            let response = try CollectionJobResp(decoding: answer.body)
            let aad = AggregateShareAad(
                taskID: task.id, taskConfiguration: task.configuration, collectionJobReq: request)
            let shares = try [
                (Role.leader, response.leaderEncryptedAggregateShare),
                (.helper, response.helperEncryptedAggregateShare),
            ].map { try pair.collector.open($1, info: HpkeInfo.aggregateShare(from: $0), aad: aad.encoded()) }
            let sums = try vdaf.unshard(leader: shares[0], helper: shares[1], count: Int(response.reportCount))
            return (response.reportCount, sums)
        }
    }

    private func task(_ pair: NodePair, id: TaskID? = nil, keys: [VerifyKey] = []) throws -> PlainTask {
        let configuration = try TaskConfiguration(
            taskInfo: Array("plain".utf8), leaderURL: pair.leader.publicURL.string + "/",
            helperURL: pair.helper.publicURL.string + "/", timePrecision: 60, minBatchSize: 2,
            batchMode: .leaderSelected, vdaf: .sumVec(length: 3, maxMeasurement: 7, chunkLength: 3),
            taskInterval: nil, cairn: nil)
        return PlainTask(
            name: "plain", id: id ?? configuration.taskID, configuration: configuration,
            collectorConfig: pair.collector.config, verifyKeys: keys)
    }

    private func add(_ task: PlainTask, at node: NodeConfiguration, _ keys: NodeKeys) async throws {
        let store = try await node.openTestDatabase()
        _ = try await TaskRegistry.add(task, to: store, configuration: node, keys: keys)
        try store.close()
    }

    /// The leader's first key is the helper's second, so the sum is right only if the job names it.
    @Test func aTaskWithAnIDAndKeysOfItsOwnIsSummedExactly() async throws {
        let pair = try NodePair()
        let keys = [(5, 1), (0, 2)].map { VerifyKey(id: $0, bytes: [UInt8](repeating: $1, count: 32)) }
        let task = try task(pair, id: .random(), keys: keys)
        var others = task
        others.verifyKeys.reverse()
        try await add(task, at: pair.leader, pair.leaderKeys)
        try await add(others, at: pair.helper, pair.helperKeys)
        let client = try Client(pair, task)
        try await pair.withNodes { leader, _ in
            #expect(try await client.upload([[1, 2, 3], [7, 0, 7], [0, 1, 0]], announced: false).status == 200)
            let (count, sums) = try await client.collect()
            #expect(count == 3)
            #expect(sums == .vector([8, 3, 10]))
            #expect(try await leader.context.store.logSize() == 0)
        }
    }

    /// Nobody has added the task: a client announces it to the leader, and the leader to the helper.
    @Test func aTaskThatIsOnlyAnnouncedIsSummedExactly() async throws {
        let pair = try NodePair()
        let task = try task(pair)
        let settings = TaskprovSettings(collectorConfig: pair.collector.config, minBatchSize: 2)
        var (leader, helper) = (pair.leader, pair.helper)
        leader.taskprov = settings
        helper.taskprov = settings
        let client = try Client(pair, task)
        let running = [try await pair.start(leader), try await pair.start(helper)]
        do {
            let silent = try await client.upload([[1, 1, 1]], announced: false)
            #expect(try problem(silent) == .unrecognizedTask)
            #expect(try await client.upload([[1, 2, 3], [7, 0, 7]], announced: true).status == 200)
            #expect(try await client.upload([[0, 1, 0]], announced: false).status == 200)
            let (count, sums) = try await client.collect()
            #expect(count == 3)
            #expect(sums == .vector([8, 3, 10]))
        } catch {
            for node in running { await node.stop() }
            throw error
        }
        for node in running { await node.stop() }
    }
}
