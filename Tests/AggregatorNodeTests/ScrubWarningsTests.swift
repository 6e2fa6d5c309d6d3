import AggregatorNode
import Testing

@Suite struct ScrubWarningsTests {
    /// A slot that nobody reads keeps the keys for ever, and nobody would hear of it.
    @Test func whatStaysDueIsSaidOnceAnHour() {
        var warnings = ScrubWarnings()
        let start = ContinuousClock.now
        var said: [Int] = []
        for second in stride(from: 0, through: 3 * 3_600, by: 10) {
            let due = warnings.after(isClean: false, at: start + .seconds(second))
            if let due {
                said.append(second)
                #expect(due == .seconds(second))
            }
        }
        #expect(said == [600, 4_200, 7_800])
    }

    @Test func whoIsInTheWayForAMomentIsNotSpokenOf() {
        var warnings = ScrubWarnings()
        let start = ContinuousClock.now
        for second in stride(from: 0, through: 3 * 3_600, by: 10) {
            let isClean = second % 600 == 590
            #expect(warnings.after(isClean: isClean, at: start + .seconds(second)) == nil)
        }
    }
}
