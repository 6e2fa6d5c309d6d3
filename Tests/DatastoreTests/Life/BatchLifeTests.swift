import Datastore
import Testing

/// Every state of a leader's batch with every event.
struct BatchLifeTests {
    private static let states: [(name: String, stage: BatchState?)] =
        [("no-row", nil)] + BatchState.allCases.map { ($0.name, $0) }

    private static let events: [(name: String, event: BatchEvent)] =
        [("choose", .choose), ("resume", .resume), ("collect", .collect)]
        + BatchFate.allCases.map { ("release: \($0)", .release($0)) }

    private static func table(isInterval: Bool) -> LifeTable<BatchState?, BatchEvent> {
        LifeTable(stages: states, events: events) { state, event in
            switch BatchLife.after(state, isInterval: isInterval, event) {
            case .move(let end): end.name
            case .forget: "forget"
            case .refuse: "-"
            }
        }
    }

    @Test func everyStateOfALeaderSelectedBatchWithEveryEvent() {
        Self.table(isInterval: false).check(
            """
                               | no-row open    closing   collected disputed lost closed
            choose             | -      closing -         -         closing  -    -
            resume             | -      -       -         -         -        -    closing
            collect            | -      -       collected -         -        -    -
            release: reopened  | -      -       open      -         -        -    -
            release: disputed  | -      -       disputed  -         -        -    -
            release: lost      | -      -       lost      -         -        -    -
            release: closed    | -      -       closed    -         -        -    -
            """)
    }

    /// An interval is given back by forgetting it: the collector names it, so it is in nobody's way.
    @Test func everyStateOfAnIntervalWithEveryEvent() {
        Self.table(isInterval: true).check(
            """
                               | no-row  open closing   collected disputed lost closed
            choose             | closing -    -         -         -        -    -
            resume             | -       -    -         -         -        -    closing
            collect            | -       -    collected -         -        -    -
            release: reopened  | -       -    forget    -         -        -    -
            release: disputed  | -       -    forget    -         -        -    -
            release: lost      | -       -    forget    -         -        -    -
            release: closed    | -       -    closed    -         -        -    -
            """)
    }

    /// What the statement that looks for a batch asks for is what the life lets a collection choose, best first.
    @Test func whatIsLookedForCanBeChosen() {
        let choosable = BatchState.allCases.filter { BatchLife.after($0, isInterval: false, .choose) != .refuse }
        #expect(BatchLife.choosable == choosable.sorted { $0.rawValue < $1.rawValue })
    }

    /// Nothing comes out of a batch whose sum was given out.
    @Test func aCollectedBatchStaysSo() {
        for (name, event) in Self.events {
            for isInterval in [true, false] {
                #expect(BatchLife.after(.collected, isInterval: isInterval, event) == .refuse, "\(name)")
            }
        }
    }

    @Test func reportsJoinAndLeaveOpenBatchesAlone() {
        #expect(BatchLife.stage(nil) == .open)
        let stages = BatchState.allCases.map { "\($0.name) \(BatchLife.stage($0))" }
        #expect(
            stages == [
                "open open", "closing sealed", "collected collected", "disputed sealed", "lost sealed", "closed sealed",
            ])
    }
}
