import AggregatorNode
import NIOCore
import Testing

/// When a client is too slow, by a clock of the test.
@Suite struct ConnectionClockTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var limits: ServingLimits {
        var limits = ServingLimits()
        (limits.head, limits.idle, limits.crowdedIdle) = (.seconds(15), .seconds(75), .seconds(2))
        (limits.transfer, limits.minimumRate, limits.linger) = (.seconds(20), 1_000, .seconds(2))
        return limits
    }

    private func seconds(
        _ clock: ConnectionClock, crowded: Bool = false
    ) -> (after: Int64, lateness: ConnectionClock.Lateness)? {
        clock.deadline(isCrowded: crowded).map { (($0.time - start).nanoseconds / 1_000_000_000, $0.lateness) }
    }

    @Test func aFreshConnectionHasToSayWhatItWants() throws {
        var clock = ConnectionClock(limits: limits, now: start)
        #expect(try #require(seconds(clock)) == (15, .silence))
        #expect(try #require(seconds(clock, crowded: true)) == (2, .silence))
        clock.partOfHead(at: start + .seconds(3))
        clock.partOfHead(at: start + .seconds(9))
        #expect(try #require(seconds(clock)) == (18, .head))
        #expect(try #require(seconds(clock, crowded: true)) == (5, .head))
    }

    @Test func aBodyHasTheTimeThatItsLengthAllows() throws {
        var clock = ConnectionClock(limits: limits, now: start)
        clock.headArrived(at: start)
        #expect(try #require(seconds(clock)) == (20, .body))
        #expect(try #require(seconds(clock, crowded: true)) == (5, .body))
        clock.bodyArrived(10_000, at: start + .seconds(5))
        // Nobody reads on, so nobody waits.
        #expect(seconds(clock) == nil && clock.isReadingBody)
        clock.reads(at: start + .seconds(100))
        // 20 s and 10 s for its bytes, of which it has used 5.
        #expect(try #require(seconds(clock)) == (125, .body))
        clock.bodyArrived(1, at: start + .seconds(110))
        clock.reads(at: start + .seconds(110))
        #expect(try #require(seconds(clock)) == (125, .body))
    }

    @Test func nobodyKeepsAServerFromEnding() throws {
        var clock = ConnectionClock(limits: limits, now: start)
        clock.headArrived(at: start)
        clock.bodyArrived(1_000_000, at: start)
        clock.reads(at: start)
        #expect(try #require(seconds(clock)) == (1_020, .body))
        clock.stops(at: start + .seconds(7))
        clock.stops(at: start + .seconds(50))
        #expect(try #require(seconds(clock)) == (27, .body))
        clock.requestEnded(at: start + .seconds(8))
        #expect(seconds(clock) == nil, "work that is under way ends")
    }

    @Test func workTakesAsLongAsItTakes() throws {
        var clock = ConnectionClock(limits: limits, now: start)
        clock.headArrived(at: start)
        clock.requestEnded(at: start)
        #expect(clock.isWorking && seconds(clock) == nil)
        clock.answers(0, at: start + .seconds(500))
        clock.answers(30_000, at: start + .seconds(501))
        #expect(try #require(seconds(clock)) == (550, .answer))
        #expect(try #require(seconds(clock, crowded: true)) == (535, .answer))
        clock.answered(at: start + .seconds(502))
        #expect(!clock.isWorking)
        #expect(try #require(seconds(clock)) == (577, .silence))
        #expect(try #require(seconds(clock, crowded: true)) == (504, .silence))
    }

    @Test func anAnswerBeforeTheEndOfTheRequestLeavesTheBodysTimeRunning() throws {
        var clock = ConnectionClock(limits: limits, now: start)
        clock.headArrived(at: start)
        clock.answers(0, at: start)
        clock.answered(at: start + .seconds(1))
        #expect(try #require(seconds(clock)) == (20, .body))
        clock.requestEnded(at: start + .seconds(2))
        #expect(try #require(seconds(clock)) == (77, .silence))
        clock.lingers(at: start + .seconds(3))
        clock.lingers(at: start + .seconds(4))
        #expect(try #require(seconds(clock)) == (5, .goodbye))
    }
}
