import AggregatorNode
import Datastore
import Ledger
import Testing

@Suite struct CollectionPatienceTests {
    @Test func aggregationIsAskedForOnceForEachChange() {
        var patience = CollectionPatience()
        #expect(patience.waits(for: 37).demand)
        var looks: [Duration] = []
        for _ in 0..<8 {
            let (demand, pause) = patience.waits(for: 37)
            #expect(!demand)
            looks.append(pause)
        }
        #expect(looks.first == CollectionPatience.firstLook * 2)
        #expect(looks.last == CollectionPatience.longestLook)
        #expect(patience.waits(for: 36) == (true, CollectionPatience.firstLook))
        #expect(!patience.waits(for: 36).demand)
        patience.progressed()
        #expect(patience.waits(for: 36).demand)
    }

    @Test func pausesGrowAndAreNeverShorterThanTheHelperAsks() {
        var patience = CollectionPatience()
        #expect(patience.failed(retryAfter: nil, jitter: 1) == CollectionPatience.firstPause)
        #expect(patience.failed(retryAfter: nil, jitter: 0.5) == CollectionPatience.firstPause)
        for _ in 0..<20 { _ = patience.failed(retryAfter: nil, jitter: 1) }
        #expect(patience.failed(retryAfter: nil, jitter: 1) == CollectionPatience.longestPause)
        #expect(patience.failed(retryAfter: 86_400, jitter: 0.5) == .seconds(86_400))
        #expect(patience.failed(retryAfter: 1, jitter: 1) == CollectionPatience.longestPause)
        patience.progressed()
        #expect(patience.failed(retryAfter: 0, jitter: 1) == CollectionPatience.firstPause)
        #expect(patience.deferred(seconds: 0) == .seconds(1))
    }

    @Test func aRefusalHasToComeTwice() {
        var patience = CollectionPatience()
        let first = patience.refused()
        _ = patience.failed(retryAfter: nil, jitter: 1)
        let second = patience.refused()
        patience.progressed()
        let later = patience.refused()
        #expect([first, second, later] == [false, true, false])
    }

    @Test func aRequestIsTooLongWhereThatIsSaidAgainAndAgain() {
        var patience = CollectionPatience()
        let last = CollectionPatience.longRequestsInARow
        let start: UInt64 = 1_000
        let span = UInt64(CollectionPatience.longRequestsSpan.components.seconds)
        for _ in 0..<2 {
            let isFinal = (0..<last).map { number in
                _ = patience.failed(retryAfter: nil, jitter: 1)
                return patience.wasTooLong(at: start + span * UInt64(number) / UInt64(last - 1))
            }
            #expect(isFinal.dropLast().allSatisfy { !$0 } && isFinal.last == true)
            patience.progressed()
        }
    }

    /// A proxy that restarts says so as often as it is asked.
    @Test func manyPagesInAFewSecondsDoNotEndACollection() {
        var patience = CollectionPatience()
        let start: UInt64 = 1_000
        for second: UInt64 in 0..<60 { #expect(patience.wasTooLong(at: start + second) == false) }
        #expect(patience.wasTooLong(at: start + 60) == true)
    }

    @Test func anotherAnswerInBetweenBreaksARow() {
        let start: UInt64 = 1_000
        let others: [@Sendable (inout CollectionPatience) -> Void] = [
            { $0.heardOtherwise() }, { _ = $0.refused() }, { _ = $0.deferred(seconds: 1) }, { $0.progressed() },
        ]
        for other in others {
            var patience = CollectionPatience()
            for minute: UInt64 in 0..<5 { #expect(patience.wasTooLong(at: start + 60 * minute) == false) }
            other(&patience)
            for minute: UInt64 in 5..<10 { #expect(patience.wasTooLong(at: start + 60 * minute) == false) }
            #expect(patience.wasTooLong(at: start + 600) == true)
        }
        var patience = CollectionPatience()
        for _ in 0..<5 {
            #expect(patience.refused() == false)
            #expect(patience.wasTooLong(at: start) == false)
            #expect(patience.refused() == false)
            patience.heardOtherwise()
        }
    }

    /// A clock that is set back ends nothing, and takes nothing back.
    @Test func aClockThatGoesBackEndsNothing() {
        var patience = CollectionPatience()
        for _ in 0..<20 { #expect(patience.wasTooLong(at: 1_000) == false) }
        #expect(patience.wasTooLong(at: 10) == false)
        #expect(patience.wasTooLong(at: 1_060) == true)
    }

    /// Whichever process goes on, and whenever: what the rule says hangs on what is stored alone.
    @Test func whatIsStoredIsAllThatCounts() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var one = CollectionPatience()
            for step in 0..<40 {
                var other = CollectionPatience(one.progress)
                let now = UInt64(step * 10)
                switch Int.random(in: 0..<7, using: &generator) {
                case 0:
                    one.progressed()
                    other.progressed()
                case 1: #expect(one.refused() == other.refused())
                case 2: #expect(one.wasTooLong(at: now) == other.wasTooLong(at: now))
                case 3: #expect(one.waits(for: 5) == other.waits(for: 5))
                case 4:
                    let failed = one.failed(retryAfter: step, jitter: 1)
                    #expect(failed == other.failed(retryAfter: step, jitter: 1))
                case 5: #expect(one.deferred(seconds: step) == other.deferred(seconds: step))
                default: #expect(one.compared(named: 2, leftOut: 1) == other.compared(named: 2, leftOut: 1))
                }
                #expect(one.progress == other.progress && one.isSpent == other.isSpent)
            }
        }
    }

    /// After a restart only what somebody asked for goes on.
    @Test func itIsKnownWhoAskedForAPause() {
        var patience = CollectionPatience()
        _ = patience.failed(retryAfter: nil, jitter: 1)
        #expect(!patience.progress.isAsked)
        _ = patience.failed(retryAfter: 30, jitter: 1)
        #expect(patience.progress.isAsked)
        _ = patience.waits(for: 3)
        #expect(!patience.progress.isAsked && patience.progress.unfinished == 3)
        _ = patience.deferred(seconds: 2)
        #expect(patience.progress.isAsked && patience.progress.unfinished == nil)
        patience.progressed()
        #expect(patience.progress == CollectionProgress())
    }

    @Test func comparisonsEnd() {
        var patience = CollectionPatience()
        let goesOn = (0...CollectionPatience.mostComparisons).map { _ in
            patience.progressed()
            return patience.compared(named: 5, leftOut: 5)
        }
        #expect(goesOn.dropLast().allSatisfy { $0 } && goesOn.last == false)
    }

    /// A helper that was put back lacks millions of reports, and an answer holds no more.
    @Test func fullAnswersThatTakeTheirPartAreNoQuarrel() {
        var patience = CollectionPatience()
        let most = ReportList.mostNamed
        for _ in 0..<100 { #expect(patience.compared(named: most, leftOut: most) == true) }
        // Whoever names what is no report of the batch makes no such progress.
        for (named, left) in [(most, most - 1), (most - 1, most - 1), (most, 1), (most + 1, most)] {
            var patience = patience
            let goesOn = (0...CollectionPatience.mostComparisons).map { _ in
                patience.compared(named: named, leftOut: left)
            }
            #expect(goesOn.dropLast().allSatisfy { $0 } && goesOn.last == false)
        }
    }

    @Test func aNoteIsOneLineOfVisibleCharacters() {
        let note = WaitingNote.headerValue("a\r\nSet-Cookie: x\u{1B}[2J" + String(repeating: "é", count: 900))
        #expect(note.count == WaitingNote.maximumLength)
        #expect(note.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(
            WaitingNote.aggregation(of: 37, helper: "https://helper.example", lastAnswer: "status 502")
                == "the helper at https://helper.example: 37 reports are not verified yet, last answer: status 502")
    }
}
