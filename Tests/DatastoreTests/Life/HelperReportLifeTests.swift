import DAP
import Datastore
import Testing

/// Every state of a helper's report with every event, and of its buckets.
struct HelperReportLifeTests {
    static let stages: [(name: String, stage: HelperReportStage)] = [
        ("absent", .absent), ("kept-out", .keptOut), ("acc-open", .accepted(.open)),
        ("acc-clos", .accepted(.closed)), ("acc-coll", .accepted(.collected)), ("left-out", .leftOut),
        ("rejected", .rejected(.invalidMessage)), ("withdrawn", .withdrawn),
    ]

    static let events: [(name: String, event: HelperReportEvent)] = [
        ("verified", .verified(in: .open)), ("verified, closed", .verified(in: .closed)),
        ("verified, collected", .verified(in: .collected)),
        ("failed", .failed(.vdafVerifyError)), ("failed, too early", .failed(.reportTooEarly)),
        ("withdraw", .withdraw(hasKey: true, room: .free)), ("withdraw, full", .withdraw(hasKey: true, room: .full)),
        ("withdraw, unpromised", .withdraw(hasKey: true, room: .notPromised)),
        ("withdraw, other key", .withdraw(hasKey: false, room: .free)),
        ("leave out", .leaveOut),
    ]

    /// `r:` a rejection in the job's answer, with `*` where it is a new last word; `=` it is so already; `keep` the withdrawal
    /// waits; `!` a refusal.
    static func cell(_ stage: HelperReportStage, _ event: HelperReportEvent) -> String {
        switch HelperReportLife.after(stage, event) {
        case .accept: "accept"
        case .withdraw: "wdr*"
        case .keepWithdrawal: "keep"
        case .leaveOut: "leave"
        case .nothing: "="
        case .reject(let error, let isWord): "r:\(name(error))\(isWord ? "*" : "")"
        case .refuse(let refusal):
            switch refusal {
            case .unknown: "!unknown"
            case .wrongKey: "!key"
            case .shut: "!shut"
            case .rejected(let error): "!\(name(error))"
            case .full: "!full"
            case .stale: "!stale"
            }
        }
    }

    private static func name(_ error: ReportError) -> String {
        switch error {
        case .batchCollected: "coll"
        case .reportReplayed: "replay"
        case .reportDropped: "drop"
        case .reportTooEarly: "early"
        case .vdafVerifyError: "vdaf"
        case .invalidMessage: "msg"
        default: "other"
        }
    }

    @Test func everyStateWithEveryEvent() {
        LifeTable(stages: Self.stages, events: Self.events, cell: Self.cell).check(
            """
                                 | absent   kept-out acc-open acc-clos acc-coll left-out rejected withdrawn
            verified             | accept   wdr*     r:replay r:replay r:replay r:replay r:msg    r:drop
            verified, closed     | r:coll*  wdr*     r:coll   r:coll   r:coll   r:coll   r:msg    r:drop
            verified, collected  | r:coll*  wdr*     r:coll   r:coll   r:coll   r:coll   r:msg    r:drop
            failed               | r:vdaf*  r:vdaf*  r:vdaf   r:vdaf   r:vdaf   r:vdaf   r:vdaf   r:vdaf
            failed, too early    | r:early  r:early  r:early  r:early  r:early  r:early  r:early  r:early
            withdraw             | keep     =        wdr*     !shut    !shut    !drop    !msg     =
            withdraw, full       | !full    =        wdr*     !shut    !shut    !drop    !msg     =
            withdraw, unpromised | !unknown !unknown wdr*     !shut    !shut    !drop    !msg     =
            withdraw, other key  | keep     =        !key     !key     !key     !key     !key     !key
            leave out            | !stale   !stale   leave    !stale   !stale   !stale   !stale   !stale
            """)
    }

    /// The helper never says two last words about a report, and none about one that it has accepted and not let go.
    @Test func aLastWordIsSaidOnce() {
        for (name, stage) in Self.stages {
            for (event, step) in Self.events.map({ ($0.name, HelperReportLife.after(stage, $0.event)) })
            where step.isLastWord {
                let isAllowed = [HelperReportStage.absent, .keptOut].contains(stage) || stage == .accepted(.open)
                #expect(isAllowed, "\(name), \(event)")
                if stage == .accepted(.open) { #expect(step == .withdraw, "\(event)") }
            }
        }
    }

    @Test func whatTheRowSaysAndWhatTheTaskSays() {
        func stage(
            _ state: HelperReportState, _ word: HelperLastWord? = nil, in bucket: HelperBucketStage,
            isDiscarded: Bool = false
        ) -> HelperReportStage {
            HelperReportStage(state, word, in: bucket, isDiscarded: isDiscarded)
        }
        for bucket in HelperBucketStage.allCases {
            #expect(stage(.accepted, in: bucket) == .accepted(bucket))
            #expect(stage(.left, in: bucket) == .leftOut)
            #expect(stage(.left, .withdrawn(entry: [1]), in: bucket) == .withdrawn)
            #expect(stage(.left, .rejected(.invalidMessage), in: bucket) == .rejected(.invalidMessage))
        }
        // With the task everything is given up that is in no result.
        #expect(stage(.accepted, in: .open, isDiscarded: true) == .leftOut)
        #expect(stage(.accepted, in: .closed, isDiscarded: true) == .leftOut)
        #expect(stage(.accepted, in: .collected, isDiscarded: true) == .accepted(.collected))
    }

    // MARK: Buckets

    @Test func aCloseOrComparisonHoldsWhatItLookedAtAgainstNow() {
        let before = HelperStanding(joined: 10, left: 2)
        func step(
            _ stage: HelperBucketStage, named: UInt64, _ joined: UInt64, _ left: UInt64
        ) -> HelperShutStep {
            HelperBucketLife.comparing(
                stage, named: named, before: before, now: HelperStanding(joined: joined, left: left))
        }
        #expect(step(.open, named: 8, 10, 2) == .agree)
        #expect(step(.open, named: 7, 10, 2) == .leaveOthersOut)
        // Who has joined since was not named.
        #expect(step(.open, named: 8, 11, 2) == .leaveOthersOut)
        // Who has left could be one that is named.
        #expect(step(.open, named: 8, 11, 3) == .stale)
        #expect(step(.open, named: 8, 9, 2) == .stale)
        #expect(step(.closed, named: 8, 10, 2) == .refuse)
        #expect(step(.collected, named: 8, 10, 2) == .refuse)
        #expect(HelperBucketLife.isComplete(named: 7, leftOut: 1, now: before))
        #expect(!HelperBucketLife.isComplete(named: 7, leftOut: 0, now: before))
    }

    @Test func aShareIsReleasedOnceAndOverWhatWasSummed() {
        let summed = HelperStanding(joined: 10, left: 2)
        func step(
            _ stage: HelperBucketStage, closedOtherwise: Bool = false, now: HelperStanding = summed
        ) -> HelperShutStep {
            HelperBucketLife.collecting(stage, isClosedOtherwise: closedOtherwise, summed: summed, now: now)
        }
        #expect(step(.open) == .agree)
        #expect(step(.closed) == .agree)
        #expect(step(.collected) == .refuse)
        #expect(step(.closed, closedOtherwise: true) == .refuse)
        #expect(step(.open, now: HelperStanding(joined: 11, left: 2)) == .stale)
        #expect(step(.open, now: HelperStanding(joined: 11, left: 3)) == .stale)
    }

    @Test func theFurthestBucketDecides() {
        #expect(HelperBucketStage(isClosed: false, isCollected: false) == .open)
        #expect(HelperBucketStage(isClosed: true, isCollected: false) == .closed)
        #expect(HelperBucketStage(isClosed: true, isCollected: true) == .collected)
        #expect(HelperBucketStage(isClosed: false, isCollected: true) == .collected)
    }

    // MARK: Jobs

    @Test func anAnswerThatSaysTooEarlyAloneLeavesNoTrace() {
        let early = VerifyResp.Outcome.reject(.reportTooEarly)
        #expect(!HelperJobLife.isKept([early, early]))
        #expect(HelperJobLife.isKept([early, .reject(.invalidMessage)]))
        #expect(HelperJobLife.isKept([early, .continue(payload: [])]))
        #expect(
            HelperJobLife.rejections([
                early, .reject(.invalidMessage), .reject(.invalidMessage), .continue(payload: []),
            ])
                == [.invalidMessage: 2])
    }
}
