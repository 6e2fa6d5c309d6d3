import AggregatorNode
import DAP
import FaultProxy
import Ledger
import Synchronization
import Testing

/// Each error of DAP's as the helper's answer to a close or a share: the job ends with it or waits, no batch stays
/// `closing` without a job, and the same request begins anew.
@Suite struct CollectionRefusalTests {
    struct Case: Sendable, CustomStringConvertible {
        var type: DAPErrorType
        var committed: Bool
        var mode: BatchMode
        var resource: String

        var description: String { "\(type) to \(resource), \(committed ? "committed" : "uncommitted"), \(mode)" }

        /// What the batch is called after the failure; nil where the job does not fail.
        var state: String? {
            switch type {
            // Operators mend it, or the helper has not seen the close yet.
            case .unrecognizedTask, .invalidTask: return nil
            case .batchInvalid where committed && resource == "aggregate_shares": return nil
            // The aggregators compare the batch.
            case .batchMismatch where !committed, .invalidBatchSize where !committed: return nil
            default: break
            }
            if committed, resource == "aggregate_shares" { return "closed" }
            switch (type, mode) {
            case (_, .timeInterval), (.invalidBatchSize, _): return "open"
            case (.batchOverlap, _): return "lost"
            default: return "disputed"
            }
        }
    }

    static let cases = DAPErrorType.allCases.flatMap { type in
        [BatchMode.leaderSelected, .timeInterval].flatMap { mode in
            [
                Case(type: type, committed: false, mode: mode, resource: "aggregate_shares"),
                Case(type: type, committed: true, mode: mode, resource: "aggregate_shares"),
                Case(type: type, committed: true, mode: mode, resource: "closes"),
            ]
        }
    }

    @Test(arguments: cases) func noRefusalIsTheEndOfTheBatch(_ row: Case) async throws {
        try await ScriptedPair.run(committed: row.committed, mode: row.mode) { call in
            guard call.resource == row.resource, call.number <= 2 else { return .pass }
            return .instead(
                Answer(
                    status: row.type.defaultStatus, body: NodeError.dap(row.type, "no").problem.json(),
                    headers: ["content-type": "application/problem+json"]))
        } _: { scene in
            let client = scene.client
            let query = row.mode == .leaderSelected ? Query.leaderSelected : client.today
            try await scene.upload(0..<4)
            let first = try await client.finishCollection(query)
            guard let state = row.state else {
                #expect(first.status < 400, "\(first.text)")
                return
            }
            #expect(try problem(first) == row.type)
            #expect(try await scene.batchStates() == [state])
            let second = try await client.finishCollection(query)
            if state == "lost" {
                #expect(try problem(second) == .invalidBatchSize, "there is no other batch")
            } else {
                #expect(second.status < 400, "\(second.text)")
                #expect(try await scene.batchStates() == ["collected"])
            }
        }
    }

    /// A request can be mutilated on its way, and be refused for that.
    @Test(arguments: [("aggregate_shares", true), ("aggregate_shares", false), ("closes", true)])
    func oneRefusalEndsNothing(resource: String, committed: Bool) async throws {
        try await ScriptedPair.run(committed: committed) { call in
            guard call.resource == resource, call.number == 1 else { return .pass }
            return .instead(
                Answer(
                    status: 400, body: NodeError.dap(.batchOverlap, "no").problem.json(),
                    headers: ["content-type": "application/problem+json"]))
        } _: { scene in
            try await scene.upload(0..<4)
            #expect(try await scene.client.collect(.leaderSelected).sums == .vector([6, 4, 28]))
            let calls = scene.proxy.calls("POST", resource)
            #expect(calls.count == 2 && calls[0].body == calls[1].body, "the identical request")
        }
    }

    /// A collector that does not want to hear of a job any more cannot take its signed close back.
    @Test(arguments: [BatchMode.leaderSelected, .timeInterval])
    func aJobThatIsDeletedBehindItsCloseHoldsNoBatch(mode: BatchMode) async throws {
        try await ScriptedPair.run(committed: true, mode: mode) { call in
            guard call.resource == "aggregate_shares", call.number <= 2 else { return .pass }
            return .instead(
                Answer(
                    status: 400, body: NodeError.dap(.invalidMessage, "no").problem.json(),
                    headers: ["content-type": "application/problem+json"]))
        } _: { scene in
            let client = scene.client
            let query = mode == .leaderSelected ? Query.leaderSelected : client.today
            try await scene.upload(0..<4)
            let location = try #require(try await client.createCollection(query).headers["location"])
            let failed = try await eventually("the helper refuses its share") {
                let answer = try await client.poll(location)
                return answer.status >= 400 ? answer : nil
            }
            #expect(try problem(failed) == .invalidMessage)
            #expect(try await client.poll(location, method: "DELETE").status < 300)
            #expect(try await scene.batchStates() == ["closed"])
            #expect(try await client.collect(query).sums == .vector([6, 4, 28]))
            #expect(try await client.audit().isVerified)
        }
    }

    /// No pause makes a list of reports shorter: the collector is told who has to act, and asks again when that is done.
    @Test(arguments: [("closes", BatchMode.timeInterval), ("closes", .leaderSelected), ("batches", .leaderSelected)])
    func aListThatIsTooLongForSomebodyInBetweenEndsTheJob(resource: String, mode: BatchMode) async throws {
        let most = CollectionPatience.longRequestsInARow
        try await ScriptedPair.run(committed: resource == "closes", mode: mode) { call in
            switch call.resource {
            case resource where call.number <= most: return .instead(.page(413))
            case "aggregate_shares" where resource == "batches" && call.number <= most:
                return .instead(.problem(.dap(.batchMismatch, "no")))
            default: return .pass
            }
        } _: { scene in
            let client = scene.client
            let query = mode == .leaderSelected ? Query.leaderSelected : client.today
            try await scene.upload(0..<4)
            let failed = try await client.finishCollection(query)
            #expect(try problem(failed) == .invalidBatchSize)
            #expect(failed.text.contains("list of 4 reports") && failed.text.contains("413"), "\(failed.text)")
            #expect(try await scene.batchStates() == [mode == .leaderSelected ? "disputed" : "open"])
            #expect(scene.proxy.calls("POST", resource).count == most)
            #expect(try await client.collect(query).sums == .vector([6, 4, 28]))
        }
    }

    /// A proxy is set up anew: for a moment it takes nothing of that length, and it says when to come back.
    @Test(arguments: ["closes", "batches"])
    func aProxyThatComesBackEndsNothing(resource: String) async throws {
        let most = CollectionPatience.longRequestsInARow
        try await ScriptedPair.run(committed: resource == "closes") { call in
            switch call.resource {
            case resource where call.number == 1: return .busy(413, retryAfter: "2").unasked
            case resource where call.number < most: return .instead(.page(413))
            case resource where call.number == most: return .instead(.page(502))
            case resource where call.number == most + 1: return .instead(.page(413))
            case "aggregate_shares" where resource == "batches" && call.number <= most + 1:
                return .instead(.problem(.dap(.batchMismatch, "no")))
            default: return .pass
            }
        } _: { scene in
            try await scene.upload(0..<4)
            #expect(try await scene.client.collect(.leaderSelected).sums == .vector([6, 4, 28]))
            let times = scene.proxy.calls("POST", resource).map(\.time)
            #expect(times.count >= 2 && times[1] - times[0] >= .seconds(2), "Retry-After is respected")
        }
    }

    /// A contributor with many reports takes one back during each close. The first is gone, and the next proposal is signed
    /// before another can go.
    @Test func ownWithdrawalsKeepNoBatchOpen() async throws {
        let (numbers, continuation) = AsyncStream.makeStream(of: Int.self)
        try await ScriptedPair.run(committed: true) { call in
            guard call.resource == "closes" else { return .pass }
            continuation.yield(call.number)
            return .delayed(.milliseconds(700))
        } _: { scene in
            let client = scene.client
            let reports = try (0..<9).map { try client.report([$0 % 8, 1, 7]) }
            try await client.upload(reports)
            let attack = Task {
                var answers: [Int] = []
                for await number in numbers {
                    answers.append(try await client.withdraw(reports[number - 1], at: scene.pair.helper).status)
                    if number == 2 { return answers }
                }
                return answers
            }
            let (count, _) = try await client.collect(.leaderSelected)
            #expect(try await attack.value == [200, 503])
            #expect(count == 8)
            #expect(scene.proxy.calls("POST", "closes").count == 2)
            #expect(try await client.status()["withdrawn"] as? Int == 1)
            #expect(try await client.audit().isVerified)
        }
    }

    /// A helper that holds nothing back names one withdrawn report after the other. Each time fewer are left, and then the
    /// batch is closed: that nobody is compared with anybody is no reason to give up.
    @Test func ownWithdrawalsEndNoCollection() async throws {
        let rounds = CollectionPatience.mostComparisons + 3
        let taken = Mutex<Set<ReportID>>([])
        try await ScriptedPair.run(committed: true) { call in
            guard call.resource == "closes" else { return .pass }
            let ids = (try? CloseProposal(decoding: call.body))?.reportIDs ?? []
            guard let first = taken.withLock({ taken in ids.first { taken.contains($0) } }) else { return .pass }
            return .instead {
                Answer(
                    status: 200, body: CloseAnswer.drop([first]).encoded(),
                    headers: ["content-type": "application/octet-stream"])
            }
        } _: { scene in
            let client = scene.client
            let reports = try (0..<UInt64(rounds + 4)).map { try client.report([$0 % 8, 1, 7]) }
            try await client.upload(reports)
            for report in reports { _ = try await client.awaitReceipt(report.metadata.reportID) }
            for report in reports.prefix(rounds) {
                #expect(try await client.withdraw(report, at: scene.pair.helper).status == 200)
                taken.withLock { _ = $0.insert(report.metadata.reportID) }
            }
            let (count, _) = try await client.collect(.leaderSelected)
            #expect(count == 4)
            #expect(scene.proxy.calls("POST", "closes").count == rounds + 1)
            #expect(try await client.status()["withdrawn"] as? Int == rounds)
            #expect(try await client.audit().isVerified)
        }
    }

    /// Behind the same answers without withdrawals stands a helper that disagrees.
    @Test func aHelperThatDropsOneReportAfterTheOtherIsNotFollowedForEver() async throws {
        try await ScriptedPair.run(committed: true) { call in
            guard call.resource == "closes" else { return .pass }
            return .instead {
                let ids = try CloseProposal(decoding: call.body).reportIDs
                return Answer(
                    status: 200, body: CloseAnswer.drop(Array(ids.prefix(1))).encoded(),
                    headers: ["content-type": "application/octet-stream"])
            }
        } _: { scene in
            try await scene.upload(0..<20)
            let answer = try await scene.client.finishCollection(.leaderSelected)
            #expect(try problem(answer) == .batchMismatch)
            #expect(scene.proxy.calls("POST", "closes").count == CollectionPatience.mostComparisons + 1)
        }
    }
}
