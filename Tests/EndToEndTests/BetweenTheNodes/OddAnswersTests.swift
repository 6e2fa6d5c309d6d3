import DAP
import FaultProxy
import Foundation
import Testing

extension EndToEnd {
    /// A proxy in front of the helper lets it do what the leader asks for, and answers something odd in its place. Once it
    /// behaves again, every acknowledged report is counted once, and no batch is left behind.
    @Suite struct OddAnswers {
        /// Each kind of answer meets a task of its own.
        private struct Case: Sendable {
            let fault: Fault
            let tally: Tally
            var label: String { "\(fault) in \(tally.task.name)" }
        }

        private static func cases(
            _ faults: [Fault], _ nodes: TestNodes, _ kind: (Int) -> Tally.Kind
        ) async throws -> [Case] {
            var cases: [Case] = []
            for (number, fault) in faults.enumerated() {
                let tally = try await Tally.create("case-\(number)", kind(number), nodes: nodes)
                cases.append(Case(fault: fault, tally: tally))
            }
            return cases
        }

        /// All at once: each waits most of the time.
        private static func forEach(_ cases: [Case], _ body: @escaping @Sendable (Case) async throws -> Void) async {
            await withTaskGroup { group in
                for one in cases {
                    group.addTask {
                        do { try await body(one) } catch { Issue.record("\(one.label): \(error)") }
                    }
                }
            }
        }

        @Test(arguments: ["committed", "uncommitted"])
        func toAggregationJobsCostNoReport(commitment: String) async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let isCommitted = commitment == "committed"
                let cases = try await Self.cases(Fault.oddAnswers + Fault.disturbances, nodes) {
                    Tally.Kind.number($0 + (isCommitted ? 0 : 1), committed: isCommitted)
                }
                // Two jobs, and one of them at least meets it twice: it may not come in other bytes after that either.
                proxies.helper.follow(
                    cases.map { FaultRule("POST", $0.tally.path("aggregation_jobs"), .first(3), $0.fault) })
                await Self.forEach(cases) { one in
                    func sent() -> [[UInt8]] {
                        proxies.helper.exchanges("POST", one.tally.path("aggregation_jobs")).map(\.request.body)
                    }
                    try await one.tally.upload(5)
                    try await eventually("\(one.label): the first job is sent") { !sent().isEmpty }
                    try await one.tally.upload(5)
                    try await one.tally.expectExactSum(one.label, nodes)
                    // Whatever the helper may have committed came in the same bytes each time.
                    #expect(Set(sent()).count == 2, "\(one.label): \(sent().count) requests")
                }
                if isCommitted { try await nodes.expectVerifiedAudit(of: cases[0].tally.task) }
            }
        }

        @Test func toClosesLeaveNoBatchOpen() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let cases = try await Self.cases(Fault.oddAnswers + Fault.disturbances, nodes) {
                    .number($0, committed: true)
                }
                proxies.helper.follow(
                    cases.map { FaultRule("POST", $0.tally.cairnPath("closes"), .first(2), $0.fault) })
                await Self.forEach(cases) { one in
                    try await one.tally.upload()
                    try await one.tally.expectExactSum(one.label, nodes)
                }
                try await nodes.expectVerifiedAudit(of: cases[0].tally.task)
            }
        }

        @Test(arguments: ["committed", "uncommitted"])
        func toShareRequestsLeaveNoBatchClosing(commitment: String) async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let isCommitted = commitment == "committed"
                let cases = try await Self.cases(Fault.oddAnswers + Fault.disturbances, nodes) {
                    .number($0, committed: isCommitted)
                }
                proxies.helper.follow(
                    cases.map { FaultRule("POST", $0.tally.path("aggregate_shares"), .first(2), $0.fault) })
                await Self.forEach(cases) { one in
                    try await one.tally.upload()
                    try await one.tally.expectExactSum(one.label, nodes)
                }
                if isCommitted { try await nodes.expectVerifiedAudit(of: cases[0].tally.task) }
            }
        }

        /// The leader asks the helper for its word on reports that it refused: without one, the refusal is the leader's.
        @Test func toQuestionsAboutRefusalsEndNoOtherReport() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let cases = try await Self.cases(Fault.oddAnswers + Fault.disturbances, nodes) {
                    .number($0, committed: true)
                }
                proxies.helper.follow(
                    cases.map { FaultRule("POST", $0.tally.cairnPath("refusals"), .first(2), $0.fault) })
                await Self.forEach(cases) { one in
                    try await one.tally.upload(andOneThatTheHelperRefuses: true)
                    try await one.tally.expectExactSum(
                        one.label, nodes, rejected: [ReportError.hpkeDecryptError.name: 1])
                }
                try await nodes.expectVerifiedAudit(of: cases[0].tally.task)
            }
        }

        /// Blobs have no task in their paths: the kinds come one after the other, to whoever asks.
        @Test func toBlobsLeaveNoResultUnpublished() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let faults = Fault.oddAnswers + Fault.disturbances
                let cases = try await Self.cases(Array(repeating: .pass, count: 8), nodes) {
                    .number($0, committed: true)
                }
                proxies.helper.follow(
                    faults.enumerated().map { FaultRule("GET", "cairn/blobs/*", .only($0 + 1), $1) })
                await Self.forEach(cases) { one in
                    try await one.tally.upload()
                    try await one.tally.expectExactSum(one.label, nodes)
                }
                let asked = proxies.helper.exchanges("GET", "cairn/blobs/*")
                #expect(asked.count >= faults.count, "not every kind was met")
                try await nodes.expectVerifiedAudit(of: cases[0].tally.task)
            }
        }

        /// A document of the standard does end a job, whoever made it; what it ends is logged, and nothing is counted twice.
        @Test(arguments: [true, false])
        func aProblemDocumentEndsOneJobAndNoOther(isAsked: Bool) async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let problem = Fault.problem(.invalidMessage)
                let cases = try await Self.cases(Array(repeating: isAsked ? problem : problem.unasked, count: 4), nodes)
                {
                    .number($0)
                }
                proxies.helper.follow(
                    cases.map { FaultRule("POST", $0.tally.path("aggregation_jobs"), .first(1), $0.fault) })
                await Self.forEach(cases) { one in
                    try await one.tally.upload(5)
                    try await eventually("\(one.label): the job is sent") {
                        !proxies.helper.exchanges("POST", one.tally.path("aggregation_jobs")).isEmpty
                    }
                    try await one.tally.upload(5)
                    let status = try await one.tally.settle(one.label)
                    let outcome = try await one.tally.collect(nodes)
                    #expect(status.accepted + status.rejectedTotal == Tally.reports, "\(one.label): \(status)")
                    #expect(outcome.count == UInt64(status.accepted), "\(one.label)")
                    guard case .integer(let sum) = outcome.value else { return }
                    #expect(sum.nonzeroBitCount == Int(outcome.count), "\(one.label): \(sum)")
                    #expect(sum >> 5 == 0b11111, "\(one.label): the second job's reports are in \(sum)")
                }
                try await nodes.expectVerifiedAudit(of: cases[0].tally.task)
            }
        }

        /// Both forms of the field; the second request comes when it says, and not before.
        @Test func retryAfterIsKept() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                var cases = try await Self.cases([.busy(503, retryAfter: "3"), .page(429)], nodes) { .number($0) }
                // A date has whole seconds, and begins to pass here.
                let (start, date) = (ContinuousClock.now, Date(timeIntervalSinceNow: 6))
                cases[1] = Case(fault: .busy(429, until: date), tally: cases[1].tally)
                proxies.helper.follow(
                    cases.map { FaultRule("POST", $0.tally.path("aggregation_jobs"), .first(1), $0.fault.unasked) })
                await Self.forEach(cases) { one in
                    try await one.tally.upload()
                    try await eventually("\(one.label): the job is sent again") {
                        proxies.helper.exchanges("POST", one.tally.path("aggregation_jobs")).count > 1
                    }
                    let sent = proxies.helper.exchanges("POST", one.tally.path("aggregation_jobs")).map(\.instant)
                    let isDated = one.label.contains("date")
                    #expect(sent[1] - (isDated ? start : sent[0]) > .seconds(isDated ? 4.5 : 2.5), "\(one.label)")
                    try await one.tally.expectExactSum(one.label, nodes)
                }
            }
        }
    }
}
