import Datastore
import Testing

/// Every state of a collection job with every move.
struct CollectionLifeTests {
    @Test func everyStateWithEveryMove() {
        LifeTable(
            stages: CollectionState.allCases.map { ("\($0)", $0) },
            events: CollectionMove.allCases.map { ("\($0)", $0) }
        ) { state, move in
            CollectionLife.after(state, move).map { $0 == state ? "stays" : "\($0)" } ?? "-"
        }.check(
            """
                      | waiting sealed        closed        shareReceived published finished failed
            seal      | sealed  -             -             -             -         -        -
            adopt     | closed  -             -             -             -         -        -
            propose   | -       stays         -             -             -         -        -
            leaveOut  | -       stays         -             -             -         -        -
            nameShare | -       stays         stays         -             -         -        -
            close     | -       closed        -             -             -         -        -
            takeShare | -       shareReceived shareReceived -             -         -        -
            publish   | -       -             -             published     -         -        -
            finish    | -       -             -             -             finished  -        -
            fail      | failed  failed        failed        failed        -         -        -
            abandon   | failed  failed        failed        failed        failed    -        -
            restart   | -       -             -             -             -         -        waiting
            resume    | -       -             -             -             -         -        closed
            """)
    }

    /// The statements that look for jobs to work on, and the index they use, say `state < finished`.
    @Test func theActiveOnesAreThoseBeforeTheEnd() {
        for state in CollectionState.allCases {
            #expect(state.isActive == (state.rawValue < CollectionState.finished.rawValue), "\(state)")
            #expect(state.isActive == CollectionMove.abandon.starts.contains(state), "\(state)")
        }
    }

    @Test func whatIsSignedStays() {
        for fate in BatchFate.allCases {
            #expect(CollectionLife.fate(fate, isClosed: true) == .closed)
            #expect(CollectionLife.fate(fate, isClosed: false) == fate)
        }
        #expect(CollectionLife.restart(isClosed: true) == .resume)
        #expect(CollectionLife.restart(isClosed: false) == .restart)
    }

    /// What was asked of the helper is answered: it may have signed or released something.
    @Test func whatTheHelperMayHaveSignedIsNotStopped() {
        for state in CollectionState.allCases {
            for hasProposal in [false, true] {
                for isHeldUp in [false, true] {
                    let expected = state == .waiting || (state == .sealed && !hasProposal && isHeldUp)
                    #expect(
                        CollectionLife.canBeStopped(state, hasProposal: hasProposal, isHeldUp: isHeldUp) == expected,
                        "\(state), \(hasProposal), \(isHeldUp)")
                }
            }
            // Whatever can be stopped can fail.
            if CollectionLife.canBeStopped(state, hasProposal: false, isHeldUp: true) {
                #expect(CollectionLife.after(state, .fail) == .failed)
            }
        }
    }

    @Test func aRequestFindsMakesOrRestartsAJob() {
        func step(
            _ last: (CollectionState, Bool)?, overlaps: Bool = false, canAdopt: Bool = false
        ) -> CollectionRequestStep {
            CollectionLife.requested(
                last: last.map { (state: $0.0, isHidden: $0.1) }, overlaps: overlaps, canAdopt: canAdopt)
        }
        for state in CollectionState.allCases {
            for overlaps in [true, false] {
                #expect(step((state, false), overlaps: overlaps) == (state == .failed ? .restart : .present))
                // One that its collector has deleted is not found.
                #expect(step((state, true), overlaps: overlaps) == (overlaps ? .overlap : .make))
            }
        }
        #expect(step(nil) == .make)
        #expect(step(nil, overlaps: true) == .overlap)
        #expect(step(nil, overlaps: true, canAdopt: true) == .make)
    }

    @Test func aBatchOfTheWrongSizeIsNotSealed() {
        #expect((3...5 as ClosedRange<UInt64>).misfit(2) == .tooFew(2))
        #expect((3...5 as ClosedRange<UInt64>).misfit(3) == nil)
        #expect((3...5 as ClosedRange<UInt64>).misfit(5) == nil)
        #expect((3...5 as ClosedRange<UInt64>).misfit(6) == .tooMany(6))
    }
}
