import Contributor
import DAP
import Testing

/// In which order withdrawals are asked for when a node holds some of them.
@Suite struct WithdrawalRoundsTests {
    private let ids = (0..<3).map { _ in ReportID.random() }

    @Test func aReportThatIsHeldKeepsNoneFromBeingAskedFor() {
        var rounds = WithdrawalRounds(ids, patience: .seconds(600))
        #expect(rounds.next(at: .zero) == .ask(ids[0]))
        rounds.hold(ids[0], seconds: 130, at: .seconds(1))
        #expect(rounds.next(at: .seconds(1)) == .ask(ids[1]))
        #expect(rounds.next(at: .seconds(2)) == .ask(ids[2]))
        #expect(rounds.next(at: .seconds(3)) == .wait(.seconds(128)) && rounds.heldCount == 1)
        #expect(rounds.next(at: .seconds(131)) == .ask(ids[0]) && rounds.heldCount == 0)
        #expect(rounds.next(at: .seconds(132)) == .end)
    }

    @Test func whatIsHeldForLongerThanThePatienceIsNotWaitedFor() {
        var rounds = WithdrawalRounds(ids, patience: .seconds(20))
        for id in ids { #expect(rounds.next(at: .zero) == .ask(id)) }
        rounds.hold(ids[0], seconds: 3_600, at: .zero)
        rounds.hold(ids[1], seconds: 5, at: .zero)
        #expect(rounds.next(at: .zero) == .wait(.seconds(5)))
        #expect(rounds.next(at: .seconds(5)) == .ask(ids[1]))
        #expect(rounds.next(at: .seconds(6)) == .end && rounds.heldCount == 1)
    }

    /// A node that always asks for a second more.
    @Test func thePatienceBeginsOnceAndEnds() {
        var rounds = WithdrawalRounds([ids[0]], patience: .seconds(20))
        var now = Duration.zero
        var asked = 0
        loop: while true {
            switch rounds.next(at: now) {
            case .ask(let id):
                asked += 1
                rounds.hold(id, seconds: 0, at: now)
            case .wait(let pause): now += pause
            case .end: break loop
            }
        }
        #expect(asked == 21 && now == .seconds(20))
    }
}
