import AggregatorNode
import DAP
import Datastore
import FaultProxy
import Testing

/// Whatever is answered in the helper's place or about its verdicts, every report that was taken is counted, and once.
@Suite struct OddAnswerTests {
    /// More reports than a job of once refused ones has: returned, they would be in other bytes.
    @Test(arguments: OddAnswer.allCases) func anOddAnswerLosesNothing(odd: OddAnswer) async throws {
        let kept = Answer(
            status: 200, body: [1, 2, 3],
            headers: ["content-type": MediaType.aggregationJobResp.headerValue, "location": "/jobs/abc"])
        let script: OddHelper.Script = { asked in
            switch asked.number {
            case 0: .instead(odd.answer(kept))
            case 1: .after { odd.answer($0) }
            default: .pass
            }
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, _ in
            try await clients[0].uploadSome(12)
            try await clients[0].expectAll(12)
            #expect(helper.bodies().count == 1, "the same bytes again")
        }
    }

    /// A deferral that somebody made up, by one who lets no poll through.
    @Test func aJobThatCannotBePolledForIsPostedAgain() async throws {
        let script: OddHelper.Script = { asked in
            if asked.method == "GET" { return .instead(.empty(405)) }
            return asked.number > 0 ? .pass : .after { OddAnswer.emptyWithLocation.answer($0) }
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, _ in
            try await clients[0].uploadSome(12)
            try await clients[0].expectAll(12)
            #expect(helper.bodies().count == 1 && helper.asked().contains { $0.method == "GET" })
        }
    }

    /// Somebody mixed up two deferrals: under the name that the leader got for its job, the helper has another one.
    @Test func aNameThatIsAnotherJobsCostsNothing() async throws {
        let others = (0..<12).map { _ in VerifyResp(reportID: .random(), outcome: .finish) }
        let script: OddHelper.Script = { asked in
            if asked.method == "GET" {
                return .instead(.message(.aggregationJobResp, AggregationJobResp(responses: others).encoded()))
            }
            return asked.number > 0 ? .pass : .after { OddAnswer.emptyWithLocation.answer($0) }
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, _ in
            try await clients[0].uploadSome(12)
            try await clients[0].expectAll(12)
            #expect(helper.bodies().count == 1 && helper.asked().contains { $0.method == "GET" })
        }
    }

    /// The helper's answer is lost, and then something in between cuts the leader's requests for some seconds, which the
    /// helper refuses for that.
    @Test func requestsThatAreCutAfterALostAnswerCostNothing() async throws {
        let script: OddHelper.Script = { asked in
            switch asked.number {
            case 0: .after { OddAnswer.page.answer($0) }
            case 1...4: .instead(.problem(.dap(.invalidMessage, "It ends too early.")))
            default: .pass
            }
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, _ in
            try await clients[0].uploadSome(12)
            try await clients[0].expectAll(12)
            #expect(helper.bodies().count == 1)
        }
    }

    /// A day is as long as the leader has promised for: to wait so long would be to give the reports up.
    @Test func aDayIsNotWaitedForWhereTheReportsHaveLess() async throws {
        let script: OddHelper.Script = { _ in
            .instead(.empty(503, retryAfter: "86400"))
        }
        try await OddHelper.with([(true, .leaderSelected)], script: script) { clients, _, leader in
            try await clients[0].uploadSome(4)
            let now = leader.context.now()
            let progress = try await eventually("the job has to wait") {
                try await leader.context.store.jobOverviews().first?.progress.flatMap {
                    $0.answer == .unusable ? $0 : nil
                }
            }
            #expect(progress.isAsked && (now + 36_000...now + 43_200).contains(progress.notBefore))
        }
    }

    @Test func committedTasksKeepTheirReportsToo() async throws {
        // All of them one after the other would take minutes of pauses.
        let few: [OddAnswer] = [.badRequest, .emptyWithLocation, .shortened]
        let script: OddHelper.Script = { asked in
            asked.number < few.count ? .after { few[asked.number].answer($0) } : .pass
        }
        try await OddHelper.with([(true, .leaderSelected)], script: script) { clients, helper, _ in
            try await clients[0].uploadSome(12)
            try await clients[0].expectAll(12)
            #expect(try await clients[0].audit().isVerified)
            #expect(helper.bodies().count == 1)
        }
    }

    // MARK: Rejections

    /// A job with a report that the helper does not want in any company: the others go on without it.
    @Test func aReportThatGetsItsJobsRefusedEndsAloneAndTakesNobodyAlong() async throws {
        let poison = Poison()
        try await OddHelper.with([(false, .timeInterval)], script: poison.script) { clients, _, leader in
            let client = clients[0]
            let reports = try (0..<25).map { _ in try client.report([1, 1, 1]) }
            poison.report = reports[11].metadata.reportID
            #expect(try await client.upload(reports).isEmpty)
            let (count, sums) = try await client.collect(client.today)
            #expect(count == 24 && sums == .vector([24, 24, 24]))
            let standing = try await leader.context.store.standing(
                of: reports[11].metadata.reportID, task: client.file.taskID)
            #expect(standing == .rejected(.reportDropped))
        }
    }

    /// Everything is refused, for as long as somebody has not mended the helper: nothing ends by that.
    @Test func aHelperThatRefusesEverythingEndsNothing() async throws {
        let isMended = Poison()
        let script: OddHelper.Script = { _ in
            guard isMended.report == nil else { return .pass }
            return .instead(.problem(.dap(.unsupportedExtension, "We know no extensions at all.")))
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, leader in
            let client = clients[0]
            try await client.uploadSome()
            _ = try await eventually("each report was refused alone") {
                helper.bodies().count >= 5 && helper.asked().count > 14 ? true : nil
            }
            let counts = try await leader.context.store.reportCounts(task: client.file.taskID)
            #expect(counts.rejected.isEmpty && counts.received + counts.aggregating == 4)
            isMended.report = .random()
            try await client.expectAll()
        }
    }

    /// Verdicts about other reports, once: a cache mixed up two answers.
    @Test func wrongVerdictsAreAskedForAgain() async throws {
        let script: OddHelper.Script = { asked in
            asked.number > 1
                ? .pass
                : .after { answer in
                    let message = try AggregationJobResp(decoding: answer.body)
                    return answer.changing(
                        body: AggregationJobResp(responses: message.responses.reversed()).encoded())
                }
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, _ in
            try await clients[0].uploadSome()
            try await clients[0].expectAll()
            #expect(helper.bodies().count == 1)
        }
    }

    /// What the helper may have committed never goes into other bytes, however wrong its verdicts are.
    @Test func verdictsThatStayWrongEndTheReports() async throws {
        let script: OddHelper.Script = { _ in
            .after { answer in
                let ids = try AggregationJobResp(decoding: answer.body).responses.map(\.reportID)
                return answer.changing(
                    body: AggregationJobResp(responses: ids.map { VerifyResp(reportID: $0, outcome: .finish) })
                        .encoded()
                )
            }
        }
        try await OddHelper.with([(false, .leaderSelected)], script: script) { clients, helper, leader in
            try await clients[0].uploadSome()
            _ = try await eventually("they end") {
                let counts = try await leader.context.store.reportCounts(task: clients[0].file.taskID)
                return counts.rejected == [.reportDropped: 4] ? true : nil
            }
            #expect(helper.bodies().count == 1 && helper.asked().count == 3)
        }
    }
}
