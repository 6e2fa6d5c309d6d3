import Testing
import Transport

/// When a request is sent again: over all statuses and faults, for commands and for nodes.
@Suite struct RetryRuleTests {
    static let command = RetryRule.command(deadline: .seconds(20), refusalPatience: .seconds(3))
    static let node = RetryRule.node(deadline: .seconds(20))

    private func wait(
        _ rule: RetryRule, after outcome: RetryRule.Outcome, spent: Duration = .zero, jitter: Double = 1
    ) -> Duration? {
        var pauses = RetryRule.Pauses(rule)
        return pauses.wait(after: outcome, spent: spent, jitter: jitter)
    }

    @Test func onlyStatusesThatAreNoAnswerAreRepeated() {
        for status in 100...999 {
            let isNoAnswer = status >= 500 || [408, 425, 429].contains(status)
            #expect(RetryRule.isNoAnswer(status) == isNoAnswer, "\(status)")
            for rule in [Self.command, Self.node] {
                let plain = wait(rule, after: .answer(status: status, asked: nil))
                #expect((plain != nil) == isNoAnswer, "\(status)")
                let asked = wait(rule, after: .answer(status: status, asked: .seconds(2)))
                #expect(asked == (isNoAnswer ? .seconds(2) : nil), "\(status)")
            }
        }
    }

    /// A page under 404 is no word of the server's about the request.
    @Test func whatSomebodyInBetweenAnswersIsRepeated() {
        for rule in [Self.command, Self.node] {
            #expect(wait(rule, after: .foreignAnswer(asked: nil)) == .milliseconds(50))
            #expect(wait(rule, after: .foreignAnswer(asked: .seconds(2))) == .seconds(2))
            #expect(wait(rule, after: .foreignAnswer(asked: nil), spent: .seconds(20)) == nil)
        }
        #expect(wait(.command(deadline: .zero), after: .foreignAnswer(asked: .zero)) == nil)
    }

    @Test(arguments: TransportFault.Kind.allCases)
    func faultsThatSomebodyHasToMendEndACommandAndNotANode(kind: TransportFault.Kind) {
        let mistakes: Set<TransportFault.Kind> = [
            .unknownHost, .notHTTP, .notTLS, .isTLS, .untrusted, .wrongName, .expired, .descriptors, .unsendable,
        ]
        #expect(kind.isPermanent == mistakes.contains(kind))
        for isNew in [false, true] {
            let outcome = RetryRule.Outcome.fault(kind, isNew: isNew)
            #expect((wait(Self.command, after: outcome) == nil) == mistakes.contains(kind))
            #expect(wait(Self.node, after: outcome) != nil)
        }
    }

    @Test func whatCanBringNothingElseIsNotRepeated() {
        for rule in [Self.command, Self.node] { #expect(wait(rule, after: .final) == nil) }
        for rule in [RetryRule.command(deadline: .zero), .node(deadline: .seconds(9), repeats: false)] {
            for outcome in [
                RetryRule.Outcome.answer(status: 503, asked: nil), .answer(status: 503, asked: .zero),
                .fault(.broken, isNew: false),
            ] { #expect(wait(rule, after: outcome) == nil, "\(outcome)") }
        }
        // Sent once, and yet with all its time.
        #expect(RetryRule.node(deadline: .seconds(9), repeats: false).attemptTime == .seconds(9))
    }

    @Test func pausesDoubleUpToFiveSecondsAndEachIsJittered() {
        var pauses = RetryRule.Pauses(.command(deadline: .seconds(3_600)))
        let plain = (0..<10).map { _ in
            pauses.wait(after: .fault(.broken, isNew: false), spent: .zero, jitter: 1) ?? .zero
        }
        #expect(plain == [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000].map { .milliseconds($0) })
        for jitter in [0.5, 1.5] {
            let pause = wait(Self.command, after: .answer(status: 500, asked: nil), jitter: jitter)
            #expect(pause == .milliseconds(50) * jitter)
        }
        // What a server asks for does not make the pauses longer that it does not ask for.
        _ = pauses.wait(after: .answer(status: 503, asked: .seconds(9)), spent: .zero, jitter: 1)
        #expect(pauses.wait(after: .answer(status: 503, asked: nil), spent: .zero, jitter: 1) == .seconds(5))
    }

    @Test(arguments: [RetryRuleTests.command, RetryRuleTests.node])
    func pausesEndWithTheDeadline(rule: RetryRule) {
        var pauses = RetryRule.Pauses(rule)
        var spent = Duration.zero
        var waits = 0
        while let wait = pauses.wait(after: .answer(status: 500, asked: nil), spent: spent) {
            #expect(wait > .zero && wait <= .seconds(8))
            spent += wait
            waits += 1
        }
        #expect((5...20).contains(waits) && spent > .seconds(10) && spent <= .seconds(20))
    }

    /// A command's last attempt begins at the deadline; a node's has to end by then.
    @Test func theLastAttemptOfACommandComesWhenTheTimeIsOver() {
        let outcome = RetryRule.Outcome.fault(.broken, isNew: false)
        #expect(wait(Self.command, after: outcome, spent: .milliseconds(19_990)) == .milliseconds(10))
        #expect(wait(Self.node, after: outcome, spent: .milliseconds(19_990)) == nil)
        #expect(wait(Self.command, after: outcome, spent: .seconds(20)) == nil)
    }

    @Test func aServerThatSaysWhenToComeBackIsWaitedForLongerByCommands() {
        func asked(_ seconds: Int) -> RetryRule.Outcome { .answer(status: 503, asked: .seconds(seconds)) }
        #expect(wait(Self.command, after: asked(120), spent: .seconds(19)) == .seconds(120))
        #expect(wait(Self.command, after: asked(5), spent: .seconds(100)) == .seconds(5))
        #expect(wait(Self.command, after: asked(5), spent: .seconds(700)) == nil)
        #expect(wait(Self.command, after: asked(3_600), spent: .seconds(19)) == nil, "nobody sits there for an hour")
        #expect(wait(.command(deadline: .seconds(7_200)), after: asked(3_600), spent: .seconds(19)) == .seconds(3_600))
        #expect(wait(Self.node, after: asked(1), spent: .seconds(18)) == .seconds(1))
        #expect(wait(Self.node, after: asked(1), spent: .seconds(19)) == nil)
    }

    @Test func aServerWhereNothingListensHasLessPatienceThanABusyOne() {
        #expect(wait(Self.command, after: .fault(.refused, isNew: true), spent: .seconds(3)) == nil)
        #expect(wait(Self.command, after: .fault(.refused, isNew: true), spent: .seconds(2)) != nil)
        // It has answered before, so it restarts.
        #expect(wait(Self.command, after: .fault(.refused, isNew: false), spent: .seconds(3)) != nil)
        #expect(wait(Self.command, after: .fault(.broken, isNew: true), spent: .seconds(3)) != nil)
        #expect(wait(Self.command, after: .answer(status: 502, asked: nil), spent: .seconds(3)) != nil)
        #expect(wait(Self.node, after: .fault(.refused, isNew: true), spent: .seconds(3)) != nil)
    }
}
