import AggregatorNode
import DAP
import Datastore
import FaultProxy
import Logging
import Testing

/// Pauses, slots and clocks: who waits for a helper, for how long, and at whose cost.
@Suite struct SlowHelperTests {
    // MARK: Pauses

    @Test(arguments: [429, 503]) func aPauseThatIsAskedForIsKept(status: Int) async throws {
        let script: OddHelper.Script = { asked in
            asked.number > 0
                ? .pass
                : .instead(.empty(status, retryAfter: "3"))
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, _ in
            try await clients[0].uploadSome()
            try await clients[0].expectAll()
            let times = helper.asked().map(\.time)
            #expect(times[1] - times[0] >= .seconds(3))
        }
    }

    @Test func aPauseOfHoursHoldsNobodyElseUp() async throws {
        let first = Poison()
        let script: OddHelper.Script = { asked in
            guard asked.path.contains(first.task) else { return .pass }
            return .instead(.empty(503, retryAfter: "7200"))
        }
        try await OddHelper.with([(false, .timeInterval), (false, .leaderSelected)], script: script) {
            clients, helper, leader in
            first.task = clients[0].file.taskID.base64URL
            try await clients[0].uploadSome()
            _ = try await eventually("the first task was put off") {
                try await leader.context.store.jobOverviews().first?.progress?.isAsked == true ? true : nil
            }
            try await clients[1].uploadSome()
            try await clients[1].expectAll()
            #expect(helper.asked(clients[0].file.taskID).count == 1)
            let progress = try #require(try await leader.context.store.jobOverviews().first?.progress)
            #expect(progress.notBefore >= progress.sentAt + 7_200)
        }
    }

    // MARK: Fairness

    /// More slow answers for one task than it has slots; the other task does not notice.
    @Test func aHelperThatTricklesForOneTaskHoldsUpNoOther() async throws {
        let slow = Poison()
        let script: OddHelper.Script = { asked in
            guard asked.path.contains(slow.task) else { return .pass }
            var fault = Fault.instead(.message(.aggregationJobResp, [UInt8](repeating: 0, count: 1_200)))
            fault.delivery = .trickled(.milliseconds(100))
            return fault
        }
        try await OddHelper.with([(false, .timeInterval), (false, .leaderSelected)], script: script) {
            clients, helper, _ in
            slow.task = clients[0].file.taskID.base64URL
            for _ in 0..<6 {
                try await clients[0].uploadSome()
                try await Task.sleep(for: .milliseconds(300))
            }
            try await clients[1].uploadSome()
            try await clients[1].expectAll()
            // After a minute the first ones would be asked for again.
            #expect((1...4).contains(helper.asked(clients[0].file.taskID).count))
        }
    }

    // MARK: Clocks

    /// The leader takes a report that the helper's clock does not take yet. It waits, and is counted.
    @Test func aHelperClockThatIsBehindLosesNothing() async throws {
        let ahead: UInt64 = 400
        try await OddHelper.with([(false, .timeInterval)], precision: 5, ahead: ahead, script: OddHelper.pass) {
            clients, helper, leader in
            let client = clients[0]
            // Some units after the last that the helper takes already: a busy machine needs a while to ask it.
            let start = client.file.configuration.time(ofSeconds: leader.context.now() - ahead + 300) + 1
            let early = try (0..<2).map { _ in try client.report([1, 1, 1], time: start + 4) }
            #expect(try await client.upload(early).isEmpty)
            try await client.awaitAccepted(2, at: leader)
            #expect(helper.bodies().count == 1, "the very same job is verified anew when its time has come")
            #expect((2..<12).contains(helper.asked().count), "it is asked then, not all the time")
            let counts = try await leader.context.store.reportCounts(task: client.file.taskID)
            #expect(counts.rejected.isEmpty)
        }
    }

    // MARK: Quiet

    /// A collection that waits for a helper that is away: nothing spins.
    @Test func waitingForAHelperCostsNothing() async throws {
        let log = LogRecorder()
        let script: OddHelper.Script = { _ in .instead(.empty(502)) }
        try await OddHelper.with([(true, .leaderSelected)], log: log, script: script) { clients, helper, _ in
            try await clients[0].uploadSome()
            _ = try await eventually("the job fails") { helper.asked().count > 1 ? true : nil }
            let created = try await clients[0].createCollection(.leaderSelected)
            #expect(created.status == 201)
            try await Task.sleep(for: .seconds(1))
            let (asked, looks) = (helper.asked().count, log.count("leader", "aggregation"))
            let start = ContinuousClock.now
            try await Task.sleep(for: .seconds(3))
            let (requests, lines) = (helper.asked().count - asked, log.count("leader", "aggregation") - looks)
            // Whoever sleeps on a busy machine sleeps for longer.
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            #expect(Double(requests) <= 1 + seconds)
            // The collection asks once a second, and the database is looked at every five.
            #expect(Double(lines) < 10 * seconds)
            #expect(log.count("leader", "aggregation") > 0, "or nothing was counted")
        }
    }

    // MARK: What operators see

    @Test func bothOperatorsReadWhyReportsEnded() async throws {
        let log = LogRecorder()
        try await OddHelper.with([(false, .timeInterval)], log: log, script: OddHelper.pass) { clients, _, leader in
            let client = clients[0]
            let bad = try (0..<4).map { _ in try DishonestClient.unreadableForHelper(client.report([1, 2, 3])) }
            #expect(try await client.upload(bad + [try client.report([1, 2, 3])]).isEmpty)
            try await client.awaitAccepted(1, at: leader)
            for (node, text) in [
                ("leader", "reports ended in an aggregation job"), ("helper", "reports rejected in an aggregation job"),
            ] {
                let line = try await eventually("\(node) says so") { log.lines(node, text).first }
                #expect(line.level == .warning)
                #expect(line.metadata["reasons"] == "hpke_decrypt_error: 4")
                let shown = "\(line.metadata["reports"] ?? "")"
                #expect(shown.contains(", …") && bad.contains { shown.contains($0.metadata.reportID.base64URL) })
            }
        }
    }

    @Test func anOutageIsSaidOnceAndNotForEveryRequest() async throws {
        let log = LogRecorder()
        let script: OddHelper.Script = { asked in
            asked.number < 3 ? .instead(.empty(502)) : .pass
        }
        try await OddHelper.with([(false, .timeInterval)], log: log, script: script) { clients, _, leader in
            try await clients[0].uploadSome()
            try await clients[0].awaitAccepted(4, at: leader)
            let lines = log.lines("leader", "aggregation jobs have to wait; the same requests are sent again")
            #expect((1...3).contains(lines.count))
            #expect(lines.first.map { "\($0.metadata["reason"] ?? "")".contains("502") } == true)
        }
    }
}
