import AggregatorNode
import DAP
import Datastore
import NodeAPI
import Tasks
import Testing

/// A helper of two leaders: what is one's, the other neither reads nor changes, whichever resource it tries.
@Suite struct StrangeLeaderTests {
    private static let resources = API.all.filter { $0.caller == .aggregator }

    private func path(_ resource: Resource, _ task: TaskID, _ other: String) -> String {
        resource.path.filled(with: resource.path.parameters.map { $0 == "task" ? task.base64URL : other })
    }

    private func type(_ resource: Resource) -> String {
        guard case .one(of: let types, upTo: _, isChecked: _) = resource.request else {
            return "application/octet-stream"
        }
        return types[0].header
    }

    @Test func theTokenOfOneLeaderOpensNothingOfTheOthers() async throws {
        let (fixture, token) = try await HelperFixture(committed: true).withSecondLeader()
        #expect(Self.resources.count >= 10)
        let report = try fixture.report()
        let batch = BatchID.random()
        try await withServer(fixture.routes) { client in
            // Something that there is to be read and deleted.
            let made = try await fixture.post(
                client, "/aggregation_jobs", fixture.job([report], batch: batch), .aggregationJobInitReq)
            #expect(made.status == 200, "\(made.text)")
            let job = try #require(made.headers["location"]?.split(separator: "/").last.map(String.init))
            let id = try #require(job.split(separator: "?").first.map(String.init))
            func statuses(_ authorization: String?) async throws -> [Int] {
                var statuses: [Int] = []
                for resource in Self.resources {
                    var headers = ["Content-Type": type(resource)]
                    headers["Authorization"] = authorization
                    let answer = try await client.send(
                        resource.method.rawValue, path(resource, fixture.task.id, id),
                        body: resource.method == .post ? [1] : nil, headers: headers)
                    statuses.append(answer.status)
                }
                return statuses
            }
            #expect(try await statuses(token.authorization).allSatisfy { $0 == 403 })
            #expect(try await statuses("Bearer nobodys").allSatisfy { $0 == 403 })
            #expect(try await statuses(nil).allSatisfy { $0 == 401 })
            // It is all still there for its own leader.
            let kept = try await fixture.get(client, "\(fixture.path)/aggregation_jobs/\(id)?step=0")
            #expect(kept.status == 200 && kept.body == made.body)
            let own = try await statuses(fixture.parties.leaderKeys.aggregatorToken.authorization)
            #expect(own.allSatisfy { ![401, 403].contains($0) }, "\(own)")
        }
    }

    /// A task of the other's that nobody has added here is announced by a leader that is not in it.
    @Test func oneLeaderAnnouncesNoTaskOfTheOthers() async throws {
        let settings = TaskprovSettings(collectorConfig: HpkeKeyPair.generate(id: 4).config, minBatchSize: 1)
        let (fixture, token) = try await HelperFixture(committed: false, taskprov: settings).withSecondLeader()
        let announced = try fixture.parties.plain()
        let header = Taskprov.headerValue(announced.configuration)
        try await withServer(fixture.routes) { client in
            for (authorization, isIn) in [
                (token.authorization, false), (fixture.parties.leaderKeys.aggregatorToken.authorization, true),
            ] {
                _ = try await client.send(
                    "POST", "/tasks/\(announced.id.base64URL)/aggregation_jobs", body: [1],
                    headers: [
                        "Content-Type": DAP.MediaType.aggregationJobInitReq.headerValue, "Authorization": authorization,
                        Taskprov.headerName: header,
                    ])
                #expect(try await (fixture.context.store.task(announced.id) != nil) == isIn)
            }
        }
    }
}
