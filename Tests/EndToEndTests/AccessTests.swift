import Contributor
import DAP
import Foundation
import Ledger
import NIOHTTP1
import NodeAPI
import Requests
import Tasks
import Testing

extension EndToEnd {
    /// Who may ask for what, and when.
    @Suite struct Access {
        @Test func tokensAndTheCloseGuardTheShares() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "access", "--vdaf", "sum", "--max-measurement", "9", "--min-batch-size", "1",
                    TestNodes.acceptWeakPromises, "--max-batch-size", "10")
                let client = try TaskClient(task: task)
                let now = currentTime()
                _ = try await client.upload(
                    [.integer(3), .integer(4)], wallet: nodes.wallet(), time: now)
                let unit = task.configuration.time(ofSeconds: now)
                let query = Query.timeInterval(Interval(start: unit, duration: 1))
                let collection = CollectionJobReq(query: query, aggregationParameter: [], extensions: [])

                try await everyGuardedResourceNeedsItsToken(task, collection, nodes)
                try await shareBeforeCloseIsRefused(task, collection, nodes)

                let outcome = try await nodes.collector(task).collect(query, deadline: .seconds(180))
                #expect(outcome.value == .integer(7))
                try await collectorWithAnotherKeyIsTold(task, nodes)
            }
        }

        private func everyGuardedResourceNeedsItsToken(
            _ task: TaskFile, _ collection: CollectionJobReq, _ nodes: TestNodes
        ) async throws {
            let aggregator = try nodes.helper.token("aggregator")
            let collector = try nodes.leader.token("collector")
            let id = task.taskID
            let resources: [(url: String, type: String, right: String, wrong: String)] = [
                (
                    API.createCollection.url(at: nodes.leader.url, id), MediaType.collectionJobReq.headerValue,
                    collector, aggregator
                ),
                (
                    API.createJob.url(at: nodes.helper.url, id), MediaType.aggregationJobInitReq.headerValue,
                    aggregator, collector
                ),
                (
                    API.createShare.url(at: nodes.helper.url, id), MediaType.aggregateShareReq.headerValue,
                    aggregator, collector
                ),
                (
                    API.closes.url(at: nodes.helper.url, id), "application/octet-stream", aggregator,
                    collector
                ),
            ]
            for resource in resources {
                func status(_ authorization: String?) async throws -> Int {
                    var headers = [(name: "Content-Type", value: resource.type)]
                    if let authorization { headers.append((name: "Authorization", value: authorization)) }
                    let request = WebRequest(.POST, resource.url, headers: headers, body: [0])
                    return try await HTTPTransport(deadline: .zero).send(request).status
                }
                #expect(try await status(nil) == 401, "\(resource.url)")
                #expect(try await status("Basic abc") == 401, "\(resource.url)")
                #expect(try await status("Bearer \(resource.wrong)") == 403, "\(resource.url)")
                #expect(try await status("Bearer \(resource.right)") == 400, "\(resource.url)")
            }
            let wrongToken = try Collector(
                task: task,
                keyPair: try HpkeKeyPair(keyFile: String(contentsOfFile: nodes.collectorKeyFile, encoding: .utf8)),
                token: aggregator)
            await #expect(throws: ContributorError.self) { _ = try await wrongToken.collect(collection.query) }
        }

        /// Nobody, not even the leader with its token, gets the helper's share before both signed the batch's leaves.
        private func shareBeforeCloseIsRefused(
            _ task: TaskFile, _ collection: CollectionJobReq, _ nodes: TestNodes
        ) async throws {
            let client = try TaskClient(task: task)
            for _ in 0..<6000 where try await client.status().accepted < 2 {
                try await Task.sleep(for: .milliseconds(20))
            }
            var checksum = Checksum()
            for record in try nodes.wallet().records(of: task.taskID) {
                checksum.toggle(record.reportID)
            }
            let request = AggregateShareReq(
                collectionJobReq: collection,
                batchSelector: .timeInterval(try #require(try collection.query.interval())),
                reportCount: 2, checksum: checksum)
            let url = API.createShare.url(at: nodes.helper.url, task.taskID)
            let answer = try await HTTPTransport(deadline: .zero).send(
                .init(
                    .POST, url,
                    headers: [
                        ("Content-Type", MediaType.aggregateShareReq.headerValue),
                        ("Authorization", "Bearer \(try nodes.helper.token("aggregator"))"),
                    ], body: request.encoded()))
            #expect(answer.status == 400)
            let problem = try ProblemDocument(json: answer.body)
            #expect(problem.type == .batchInvalid)
            #expect(problem.detail?.contains("close") == true)
        }

        private func collectorWithAnotherKeyIsTold(_ task: TaskFile, _ nodes: TestNodes) async throws {
            let key = "\(nodes.folder.path)/another.key"
            try await Cairn.succeed("keygen", "hpke", "--out", key)
            let result = try await Cairn.run(
                "collect", "--task", nodes.taskPath("access"), "--hpke-key", key, "--token", nodes.collectorTokenFile,
                "--interval", "0..3600")
            #expect(result.status == 1)
            #expect(result.errors.hasPrefix("cairn: "))
            #expect(result.errors.contains("key"))
        }
    }
}
