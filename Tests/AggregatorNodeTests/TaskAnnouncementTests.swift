import AggregatorNode
import DAP
import Datastore
import Encodings
import Tasks
import Testing

/// Opting into tasks that requests announce in `DAP-Taskprov`.
@Suite struct TaskAnnouncementTests {
    private static let now: UInt64 = 1_700_000_000

    // MARK: The rule

    @Test func theOperatorsBoundsDecide() throws {
        let parties = try Parties()
        let settings = TaskprovSettings(
            collectorConfig: parties.collector.config, minBatchSize: 10, vdafs: ["count", "sumvec"])
        func objection(_ task: PlainTask) throws -> String? {
            settings.objection(to: try task.configuration.validated(), now: Self.now)
        }
        let unit = Self.now / 60
        #expect(try objection(parties.plain(minBatchSize: 10)) == nil)
        #expect(try objection(parties.plain(vdaf: .count, minBatchSize: 11)) == nil)
        #expect(
            try objection(parties.plain(vdaf: .sum(maxMeasurement: 5), minBatchSize: 10))?.contains("type sum") == true)
        #expect(try objection(parties.plain(minBatchSize: 9))?.contains("at least 10") == true)
        let last = Interval(start: unit - 5, duration: 6)
        #expect(try objection(parties.plain(minBatchSize: 10, interval: last)) == nil)
        let over = Interval(start: unit - 5, duration: 5)
        #expect(try objection(parties.plain(minBatchSize: 10, interval: over)) == "it has ended")
        // Tasks that have not begun are taken: the standard asks nothing else.
        let later = Interval(start: unit + 5, duration: 5)
        #expect(try objection(parties.plain(minBatchSize: 10, interval: later)) == nil)
        for committed in [true, false] {
            let own = try parties.task(committed: committed, minBatchSize: 10).configuration.validated()
            #expect(settings.objection(to: own, now: Self.now)?.contains("added by the operator") == true)
        }
    }

    // MARK: The helper

    private static let headerName = Taskprov.headerName

    private func settings(_ fixture: HelperFixture? = nil, maxTasks: UInt64 = 2) -> TaskprovSettings {
        TaskprovSettings(
            collectorConfig: HpkeKeyPair.generate(id: 4).config, minBatchSize: 2, vdafs: ["count", "sumvec"],
            maxTasks: maxTasks)
    }

    /// Posts an empty job for a task. What comes back tells whether the task is served: then the job is at fault.
    private func answer(
        _ fixture: HelperFixture, _ client: TestClient, _ id: TaskID, header: String?, authorized: Bool = true
    ) async throws -> Answer {
        var headers = fixture.headers(AggregatorNode.MediaType.aggregationJobInitReq.headerValue)
        headers[Self.headerName] = header
        if !authorized { headers["Authorization"] = nil }
        return try await client.send("POST", "/tasks/\(id.base64URL)/aggregation_jobs", body: [], headers: headers)
    }

    @Test func anAllowedTaskIsServedFromTheFirstRequestOnAndAfterARestart() async throws {
        let settings = settings()
        let fixture = try await HelperFixture(committed: false, taskprov: settings)
        let task = try fixture.parties.plain().configuration
        try await withServer(fixture.routes) { client in
            let silent = try await answer(fixture, client, task.taskID, header: nil)
            #expect(try silent.status == 404 && problem(silent) == .unrecognizedTask)
            let header = Taskprov.headerValue(task)
            let stranger = try await answer(fixture, client, task.taskID, header: header, authorized: false)
            #expect(stranger.status == 401)
            #expect(try await fixture.context.store.task(task.taskID) == nil)
            let first = try await answer(fixture, client, task.taskID, header: header)
            #expect(try first.status == 400 && problem(first) == .invalidMessage, "\(first.text)")
            let again = try await answer(fixture, client, task.taskID, header: nil)
            #expect(try problem(again) == .invalidMessage)
        }
        let stored = try #require(try await fixture.context.store.task(task.taskID))
        #expect(stored.source == .announced && stored.configuration == task.encoding)
        #expect(stored.collectorConfig == settings.collectorConfig.encoded())
        let key = Taskprov.verifyKey(
            preSharedKey: fixture.parties.helperKeys.preSharedKey, taskID: task.taskID)
        #expect(stored.verifyKeys == [VerifyKey(id: 0, bytes: key)])
        try fixture.context.store.close()
        let reopened = try fixture.reopened()
        try await withServer(reopened.routes) { client in
            let again = try await answer(fixture, client, task.taskID, header: nil)
            #expect(try problem(again) == .invalidMessage)
        }
    }

    @Test func aTaskThatTheOperatorDoesNotAllowIsAnInvalidTask() async throws {
        let fixture = try await HelperFixture(committed: false, taskprov: settings())
        let parties = fixture.parties
        let ended = Interval(start: HelperFixture.now / 60 - 9, duration: 5)
        let cases: [(TaskConfiguration, String)] = [
            (try parties.plain(vdaf: .sum(maxMeasurement: 5)).configuration, "type sum"),
            (try parties.plain(minBatchSize: 1).configuration, "at least 2"),
            (try parties.plain(interval: ended).configuration, "it has ended"),
            (try parties.plain(leaderURL: "https://leader.example.org/").configuration, "one of its peers"),
            (try parties.task(committed: true, info: "other").configuration, "cairn node task add"),
            (try parties.task(committed: false, info: "other").configuration, "cairn node task add"),
            (
                try parties.plain(vdaf: .sumVec(length: 3, maxMeasurement: 7, chunkLength: 10)).configuration,
                "not valid"
            ),
        ]
        var unknownMode = try parties.plain().configuration.encoding
        let position = unknownMode.count - 2 - 2 - 16 - 4 - 2 - 1
        #expect(unknownMode[position] == BatchMode.leaderSelected.rawValue)
        unknownMode[position] = 77
        let unknown = (Taskprov.taskID(of: unknownMode), ":" + Base64.encode(unknownMode) + ":", "batch_mode")
        try await withServer(fixture.routes) { client in
            let all = cases.map { ($0.0.taskID, Taskprov.headerValue($0.0), $0.1) } + [unknown]
            for (id, header, reason) in all {
                let answer = try await answer(fixture, client, id, header: header)
                #expect(answer.status == 400)
                #expect(try problem(answer) == .invalidTask, "\(answer.text)")
                #expect(answer.text.contains(reason), "\(answer.text)")
                #expect(try ProblemDocument(json: answer.body).taskID == id)
                #expect(try await fixture.context.store.task(id) == nil)
            }
        }
    }

    /// The standard's aggregator that does not support the header: the operator has said nothing.
    @Test func withoutTheOperatorsWordAnAnnouncementChangesNothing() async throws {
        let fixture = try await HelperFixture(committed: false)
        let task = try fixture.parties.plain().configuration
        try await withServer(fixture.routes) { client in
            let answer = try await answer(fixture, client, task.taskID, header: Taskprov.headerValue(task))
            #expect(try answer.status == 404 && problem(answer) == .unrecognizedTask)
        }
    }

    @Test func aHeaderThatDoesNotParseIsIgnored() async throws {
        let fixture = try await HelperFixture(committed: false, taskprov: settings())
        let bytes = try fixture.parties.plain().configuration.encoding
        let text = Base64.encode(bytes)
        let values = [
            text, "\"\(text)\"", ":\(text)", ":\(Base64.encode(bytes.dropLast())):", ":\(text):, :\(text):", ":AAAA:",
            "1",
        ]
        try await withServer(fixture.routes) { client in
            for value in values {
                // A task that is served stays so, and one that is not is not announced.
                #expect(
                    try problem(await answer(fixture, client, fixture.task.id, header: value)) == .invalidMessage,
                    "\(value)")
                #expect(
                    try problem(await answer(fixture, client, Taskprov.taskID(of: bytes), header: value))
                        == .unrecognizedTask, "\(value)")
            }
            let other = try fixture.parties.plain(minBatchSize: 3).configuration
            let mismatched = try await answer(
                fixture, client, fixture.task.id, header: Taskprov.headerValue(other))
            #expect(try problem(mismatched) == .unrecognizedTask)
            #expect(try await fixture.context.store.task(other.taskID) == nil)
        }
    }

    /// An id that the operator chose may be the hash of a configuration that somebody else has.
    @Test func anotherConfigurationUnderAServedIDIsAnInvalidTask() async throws {
        let other = try Parties().plain(minBatchSize: 3).configuration
        var task = try Parties().plain(keys: [VerifyKey(id: 0, bytes: [UInt8](repeating: 1, count: 32))])
        task.id = other.taskID
        let fixture = try await HelperFixture(committed: false, taskprov: settings(), plain: task)
        try await withServer(fixture.routes) { client in
            let answer = try await answer(fixture, client, other.taskID, header: Taskprov.headerValue(other))
            #expect(try problem(answer) == .invalidTask)
        }
    }

    @Test func noMoreTasksAreTakenThanTheOperatorAllows() async throws {
        let fixture = try await HelperFixture(committed: false, taskprov: settings(maxTasks: 2))
        let tasks = try (2..<5).map { try fixture.parties.plain(minBatchSize: $0).configuration }
        try await withServer(fixture.routes) { client in
            for task in tasks.prefix(2) {
                let header = Taskprov.headerValue(task)
                #expect(try problem(await answer(fixture, client, task.taskID, header: header)) == .invalidMessage)
            }
            let third = try await answer(
                fixture, client, tasks[2].taskID, header: Taskprov.headerValue(tasks[2]))
            #expect(third.status == 503 && third.headers["retry-after"] == "3600")
            let first = try await answer(fixture, client, tasks[0].taskID, header: nil)
            #expect(try problem(first) == .invalidMessage)
        }
        #expect(try await fixture.context.store.task(tasks[2].taskID) == nil)
    }
}
