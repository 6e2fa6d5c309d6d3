import AggregatorNode
import DAP
import Datastore
import Foundation
import Hummingbird
import Logging
import Testing

/// Whatever is answered in the helper's place or about its verdicts, every report that was taken is counted, and once.
@Suite struct OddAnswerTests {
    private func upload(_ client: PairClient, _ count: UInt64 = 4) async throws {
        #expect(try await client.upload(try (0..<count).map { try client.report([$0 % 8, 1, 7]) }).isEmpty)
    }

    private func expectAll(_ client: PairClient, _ count: UInt64 = 4) async throws {
        let query = client.file.configuration.batchMode == .timeInterval ? client.today : .leaderSelected
        let result = try await client.collect(query)
        #expect(result.count == count)
        let first = (0..<count).reduce(0) { $0 + $1 % 8 }
        #expect(result.sums == .vector([UInt128(first), UInt128(count), UInt128(7 * count)]))
        let status = try await client.status()
        #expect(status["accepted"] as? Int == Int(count) && (status["rejected"] as? [String: Int])?.isEmpty == true)
    }

    private static let html = "<html><body>the gateway is busy</body></html>"

    /// Each comes once after the helper has committed the reports, and once instead of the helper.
    enum Odd: String, CaseIterable {
        case badRequest, notFound, gone, tooLarge, serverError, page, errorPage, otherType, noType, empty, emptyWithLocation
        case cut, shortened, garbage, otherProblem, problemAsJSON, unknownTask, unknownJob, unauthorized, accepted, redirect

        func response(_ honest: Answer) throws -> Response {
            func plain(_ status: Int) -> Response {
                honest.with(status: status, body: Array("no".utf8), type: "text/plain", dropping: "location")
            }
            func problem(_ type: DAPErrorType, _ status: Int? = nil) -> Response {
                honest.with(
                    status: status ?? type.defaultStatus, body: ProblemDocument(type).json(),
                    type: ProblemDocument.contentType, dropping: "location")
            }
            switch self {
            case .badRequest: return plain(400)
            case .notFound: return plain(404)
            case .gone: return plain(410)
            case .tooLarge: return plain(413)
            case .serverError: return plain(500)
            case .redirect: return plain(302)
            case .page: return honest.with(status: 200, body: Array(OddAnswerTests.html.utf8), type: "text/html")
            case .errorPage: return honest.with(status: 502, body: Array(OddAnswerTests.html.utf8), type: "text/html")
            case .otherType: return honest.with(type: MediaType.aggregateShare.headerValue)
            case .noType: return honest.with(dropping: "content-type")
            case .empty: return honest.with(body: [], dropping: "location")
            case .emptyWithLocation: return honest.with(body: [])
            case .accepted: return honest.with(status: 202, body: [], dropping: "location")
            case .cut: return honest.with(body: Array(honest.body.dropLast()))
            case .garbage: return honest.with(body: [UInt8](repeating: 0xFF, count: 100))
            case .shortened:
                let message = try? AggregationJobResp(decoding: honest.body)
                return honest.with(
                    body: AggregationJobResp(responses: Array((message?.responses ?? []).prefix(2))).encoded())
            case .otherProblem:
                let document = ProblemDocument(title: "Unprocessable", status: 422)
                return honest.with(
                    status: 422, body: document.json(), type: ProblemDocument.contentType, dropping: "location")
            case .problemAsJSON:
                return honest.with(
                    status: 400, body: ProblemDocument(.invalidMessage).json(), type: "application/json",
                    dropping: "location")
            case .unknownTask: return problem(.unrecognizedTask)
            case .unknownJob: return problem(.unrecognizedAggregationJob)
            case .unauthorized: return problem(.invalidMessage, 403)
            }
        }
    }

    @Test(arguments: Odd.allCases) func anOddAnswerLosesNothing(odd: Odd) async throws {
        let kept = Answer(
            status: 200, body: [1, 2, 3],
            headers: ["content-type": MediaType.aggregationJobResp.headerValue, "location": "/jobs/abc"])
        let script: OddHelper.Script = { asked in
            switch asked.number {
            case 0: .keep { try odd.response(kept) }
            case 1: .replace { try odd.response($0) }
            default: .pass
            }
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, _ in
            try await upload(clients[0])
            try await expectAll(clients[0])
            #expect(helper.bodies().count == 1, "the same bytes again")
        }
    }

    @Test func committedTasksKeepTheirReportsToo() async throws {
        let script: OddHelper.Script = { asked in
            asked.number < Odd.allCases.count ? .replace { try Odd.allCases[asked.number].response($0) } : .pass
        }
        // All of them would take minutes of pauses; a few of them one after the other.
        let few: OddHelper.Script = { asked in asked.number < 3 ? script(asked) : .pass }
        try await OddHelper.with([(true, .leaderSelected)], script: few) { clients, helper, _ in
            try await upload(clients[0])
            try await expectAll(clients[0])
            #expect(try await clients[0].audit().isVerified)
            #expect(helper.bodies().count == 1)
        }
    }

    // MARK: Refusals

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
            return .keep {
                Response.problem(.dap(.unsupportedExtension, "We know no extensions at all."))
            }
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, leader in
            let client = clients[0]
            try await upload(client)
            _ = try await eventually("each report was refused alone") {
                helper.bodies().count >= 5 && helper.asked().count > 14 ? true : nil
            }
            let counts = try await leader.context.store.reportCounts(task: client.file.taskID)
            #expect(counts.rejected.isEmpty && counts.received + counts.aggregating == 4)
            isMended.report = .random()
            try await expectAll(client)
        }
    }

    /// Verdicts about other reports, once: a cache mixed up two answers.
    @Test func wrongVerdictsAreAskedForAgain() async throws {
        let script: OddHelper.Script = { asked in
            asked.number > 1
                ? .pass
                : .replace { answer in
                    let message = try AggregationJobResp(decoding: answer.body)
                    return answer.with(
                        body: AggregationJobResp(responses: message.responses.reversed()).encoded())
                }
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, _ in
            try await upload(clients[0])
            try await expectAll(clients[0])
            #expect(helper.bodies().count == 1)
        }
    }

    /// What the helper may have committed never goes into other bytes, however wrong its verdicts are.
    @Test func verdictsThatStayWrongEndTheReports() async throws {
        let script: OddHelper.Script = { _ in
            .replace { answer in
                let ids = try AggregationJobResp(decoding: answer.body).responses.map(\.reportID)
                return answer.with(
                    body: AggregationJobResp(responses: ids.map { VerifyResp(reportID: $0, outcome: .finish) }).encoded()
                )
            }
        }
        try await OddHelper.with([(false, .leaderSelected)], script: script) { clients, helper, leader in
            try await upload(clients[0])
            _ = try await eventually("they end") {
                let counts = try await leader.context.store.reportCounts(task: clients[0].file.taskID)
                return counts.rejected == [.reportDropped: 4] ? true : nil
            }
            #expect(helper.bodies().count == 1 && helper.asked().count == 3)
        }
    }

    // MARK: Pauses

    @Test(arguments: [429, 503]) func aPauseThatIsAskedForIsKept(status: Int) async throws {
        let script: OddHelper.Script = { asked in
            asked.number > 0
                ? .pass
                : .keep { Response(status: .init(code: status), headers: [.retryAfter: "3"]) }
        }
        try await OddHelper.with([(false, .timeInterval)], script: script) { clients, helper, _ in
            try await upload(clients[0])
            try await expectAll(clients[0])
            let times = helper.asked().map(\.time)
            #expect(times[1] - times[0] >= .seconds(3))
        }
    }

    @Test func aPauseOfHoursHoldsNobodyElseUp() async throws {
        let first = Poison()
        let script: OddHelper.Script = { asked in
            guard asked.path.contains(first.task) else { return .pass }
            return .keep { Response(status: .serviceUnavailable, headers: [.retryAfter: "7200"]) }
        }
        try await OddHelper.with([(false, .timeInterval), (false, .leaderSelected)], script: script) {
            clients, helper, leader in
            first.task = clients[0].file.taskID.base64URL
            try await upload(clients[0])
            _ = try await eventually("the first task was put off") {
                try await leader.context.store.pendingJobs().first?.progress.isAsked == true ? true : nil
            }
            try await upload(clients[1])
            try await expectAll(clients[1])
            #expect(helper.asked(clients[0].file.taskID).count == 1)
            let progress = try #require(try await leader.context.store.pendingJobs().first?.progress)
            #expect(progress.notBefore >= progress.sentAt + 7_200)
        }
    }

    // MARK: Fairness

    /// More slow answers for one task than it has slots; the other task does not notice.
    @Test func aHelperThatTricklesForOneTaskHoldsUpNoOther() async throws {
        let slow = Poison()
        let script: OddHelper.Script = { asked in
            guard asked.path.contains(slow.task) else { return .pass }
            return .keep {
                Response(
                    status: .ok, headers: [.contentType: MediaType.aggregationJobResp.headerValue],
                    body: .init { writer in
                        for _ in 0..<1_200 {
                            try await writer.write(ByteBuffer(bytes: [0]))
                            try await Task.sleep(for: .milliseconds(100))
                        }
                        try await writer.finish(nil)
                    })
            }
        }
        try await OddHelper.with([(false, .timeInterval), (false, .leaderSelected)], script: script) {
            clients, helper, _ in
            slow.task = clients[0].file.taskID.base64URL
            for _ in 0..<6 {
                try await upload(clients[0])
                try await Task.sleep(for: .milliseconds(300))
            }
            let start = ContinuousClock.now
            try await upload(clients[1])
            try await expectAll(clients[1])
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect((1...4).contains(helper.asked(clients[0].file.taskID).count))
        }
    }

    // MARK: Clocks

    /// The leader takes a report that the helper's clock does not take yet. It waits, and is counted.
    @Test func aHelperClockThatIsBehindLosesNothing() async throws {
        let ahead: UInt64 = 400
        try await OddHelper.with([(false, .timeInterval)], precision: 5, ahead: ahead, script: { _ in .pass }) {
            clients, helper, leader in
            let client = clients[0]
            // In the first unit that the helper does not take yet.
            let start = client.file.configuration.time(ofSeconds: leader.context.now() - ahead + 300) + 1
            let early = try (0..<2).map { _ in try client.report([1, 1, 1], time: start + 1) }
            #expect(try await client.upload(early).isEmpty)
            try await client.awaitAccepted(2, at: leader)
            #expect(helper.bodies().count == 1, "the very same job is verified anew when its time has come")
            #expect((2..<8).contains(helper.asked().count), "it is asked then, not all the time")
            let counts = try await leader.context.store.reportCounts(task: client.file.taskID)
            #expect(counts.rejected.isEmpty)
        }
    }

    // MARK: Quiet

    /// A collection that waits for a helper that is away: nothing spins.
    @Test func waitingForAHelperCostsNothing() async throws {
        let log = LogRecorder()
        let script: OddHelper.Script = { _ in .keep { Response(status: .badGateway) } }
        try await OddHelper.with([(true, .leaderSelected)], log: log, script: script) { clients, helper, _ in
            try await upload(clients[0])
            _ = try await eventually("the job fails") { helper.asked().count > 1 ? true : nil }
            let created = try await clients[0].createCollection(.leaderSelected)
            #expect(created.status == 201)
            try await Task.sleep(for: .seconds(1))
            let (asked, looks) = (helper.asked().count, log.count("leader", "aggregation"))
            try await Task.sleep(for: .seconds(3))
            #expect(helper.asked().count - asked <= 4)
            // The collection asks once a second, and the database is looked at every five.
            #expect(log.count("leader", "aggregation") - looks < 30)
            #expect(log.count("leader", "aggregation") > 0, "or nothing was counted")
        }
    }

    // MARK: What operators see

    @Test func bothOperatorsReadWhyReportsEnded() async throws {
        let log = LogRecorder()
        try await OddHelper.with([(false, .timeInterval)], log: log, script: { _ in .pass }) { clients, _, leader in
            let client = clients[0]
            let bad = try (0..<4).map { _ in try DishonestClient.unreadableForHelper(client.report([1, 2, 3])) }
            #expect(try await client.upload(bad + [try client.report([1, 2, 3])]).isEmpty)
            try await client.awaitAccepted(1, at: leader)
            for (node, text) in [
                ("leader", "reports ended in an aggregation job"), ("helper", "reports refused in an aggregation job"),
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
            asked.number < 4 ? .keep { Response(status: .badGateway) } : .pass
        }
        try await OddHelper.with([(false, .timeInterval)], log: log, script: script) { clients, _, leader in
            try await upload(clients[0])
            try await clients[0].awaitAccepted(4, at: leader)
            let lines = log.lines("leader", "aggregation jobs have to wait; the same requests are sent again")
            #expect((1...3).contains(lines.count))
            #expect(lines.first.map { "\($0.metadata["reason"] ?? "")".contains("502") } == true)
        }
    }
}

/// What a script learns while the test runs.
final class Poison: @unchecked Sendable {
    private let lock = NSLock()
    private var storedReport: ReportID?
    private var storedTask = "none"

    var report: ReportID? {
        get { lock.withLock { storedReport } }
        set { lock.withLock { storedReport = newValue } }
    }

    var task: String {
        get { lock.withLock { storedTask } }
        set { lock.withLock { storedTask = newValue } }
    }

    /// Refuses, as a helper would, every job with the report.
    var script: OddHelper.Script {
        { asked in
            guard asked.method == "POST", let report = self.report,
                let message = try? AggregationJobInitReq(decoding: asked.body),
                message.verifyInits.contains(where: { $0.reportShare.metadata.reportID == report })
            else { return .pass }
            return .keep { Response.problem(.dap(.invalidMessage, "There is something about one of them.")) }
        }
    }
}
