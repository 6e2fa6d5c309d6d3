import AggregatorNode
import DAP
import Ledger
import Testing

@Suite struct CloseHoldsTests {
    private let task = TaskID.random()
    private let scope = BatchScope.interval(Interval(start: 10, duration: 5))
    private let inside = BatchScope.interval(Interval(start: 14, duration: 1))
    private let start = ContinuousClock.now

    private func hold(reports: UInt64 = 10) -> (CloseHolds, Duration) {
        var holds = CloseHolds()
        holds.spoilt(task, scope, reports: reports, now: start)
        return (holds, CloseHolds.length(reports: reports))
    }

    @Test func theReportsOfASpoiltCloseWait() {
        let (holds, length) = hold()
        #expect(holds.concern(task, now: start) && !holds.concern(.random(), now: start))
        #expect(holds.wait(task, inside, now: start) == Int(length.components.seconds) + 1)
        for other in [BatchScope.interval(Interval(start: 15, duration: 1)), .batch(.random())] {
            #expect(holds.wait(task, other, now: start) == nil)
        }
        #expect(holds.wait(.random(), inside, now: start) == nil)
    }

    @Test func theWaitEnds() {
        let (holds, length) = hold()
        #expect(holds.wait(task, inside, now: start + length - .milliseconds(1)) == 1)
        #expect(holds.wait(task, inside, now: start + length) == nil && !holds.concern(task, now: start + length))
        for reports in [0, 1_000_000, UInt64(1) << 28] {
            #expect(CloseHolds.length(reports: reports) > .seconds(60 + Int(reports / 5_000)), "a leader's deadline")
        }
    }

    @Test func aCloseEndsTheWait() {
        var (holds, _) = hold()
        holds.closed(.random(), scope)
        #expect(holds.wait(task, inside, now: start) != nil)
        holds.closed(task, scope)
        #expect(holds.wait(task, inside, now: start) == nil)
    }

    /// A leader that proposes and proposes, with a contributor who withdraws and withdraws, does not keep others in.
    @Test func theSameBucketsAreNotHeldForEver() {
        var (holds, length) = hold()
        var held = Duration.zero
        for second in 0..<Int(length.components.seconds) * 10 {
            let now = start + .seconds(second)
            if holds.wait(task, inside, now: now) != nil { held += .seconds(1) }
            holds.spoilt(task, second % 2 == 0 ? scope : inside, reports: 10, now: now)
        }
        #expect(held <= length * 5 + .seconds(10))
        // Another batch has its own time.
        let other = BatchScope.interval(Interval(start: 99, duration: 1))
        holds.spoilt(task, other, reports: 10, now: start)
        #expect(holds.wait(task, other, now: start) != nil)
    }
}
