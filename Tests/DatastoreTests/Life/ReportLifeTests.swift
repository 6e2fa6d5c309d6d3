import DAP
import Datastore
import Testing

/// Every state of a leader's report with every event.
struct ReportLifeTests {
    static let stages: [(name: String, stage: ReportStage)] = [
        ("absent", .absent), ("kept-out", .keptOut), ("received", .received),
        ("in-job", .aggregating(isWithdrawn: false)), ("in-job-w", .aggregating(isWithdrawn: true)),
        ("acc-open", .accepted(.open)), ("acc-seal", .accepted(.sealed)), ("acc-coll", .accepted(.collected)),
        ("rejected", .rejected(.vdafVerifyError)), ("withdrawn", .withdrawn),
    ]

    static let events: [(name: String, event: ReportEvent)] = [
        ("upload", .upload(isSame: false, isSealed: false, hasRoom: true)),
        ("upload, no room", .upload(isSame: false, isSealed: false, hasRoom: false)),
        ("upload, sealed", .upload(isSame: false, isSealed: true, hasRoom: true)),
        ("upload, sealed, no room", .upload(isSame: false, isSealed: true, hasRoom: false)),
        ("upload again", .upload(isSame: true, isSealed: false, hasRoom: true)),
        ("upload again, no room", .upload(isSame: true, isSealed: false, hasRoom: false)),
        ("upload again, sealed", .upload(isSame: true, isSealed: true, hasRoom: true)),
        ("upload again, neither", .upload(isSame: true, isSealed: true, hasRoom: false)),
        ("claim", .claim),
        ("finish: accepted", .finish(.accepted)), ("finish: rejected", .finish(.rejected(.reportReplayed))),
        ("finish: returned", .finish(.returned(isSuspect: false))),
        ("finish: refused job", .finish(.returned(isSuspect: true))),
        ("withdraw", .withdraw(hasKey: true, hasRoom: true)),
        ("withdraw, no room", .withdraw(hasKey: true, hasRoom: false)),
        ("withdraw, other key", .withdraw(hasKey: false, hasRoom: true)),
        ("withdraw, neither", .withdraw(hasKey: false, hasRoom: false)),
        ("follow withdrawal", .followWithdrawal), ("leave out", .leaveOut(.reportDropped)),
        ("give up", .giveUp(.reportDropped)), ("discard", .discard),
    ]

    /// A move as the state it leads to, with what the log says: `+o` the entry that came with the event, `+k` the withdrawal
    /// that waited. `=` it is so already; `keep` the withdrawal waits; `!` a refusal.
    static func cell(_ stage: ReportStage, _ event: ReportEvent) -> String {
        switch ReportLife.after(stage, event) {
        case .nothing: "="
        case .keepWithdrawal: "keep"
        case .refuse(let refusal):
            switch refusal {
            case .replayed: "!replay"
            case .withdrawn: "!out"
            case .sealed: "!sealed"
            case .full: "!full"
            case .wrongKey: "!key"
            case .rejected: "!rej"
            case .stale: "!stale"
            }
        case .move(let move):
            name(move.state) + (move.isSuspect ? "?" : "")
                + (move.logs.isEmpty
                    ? "" : "+" + (move.logs.contains(.own) ? "o" : "") + (move.logs.contains(.kept) ? "k" : ""))
        }
    }

    private static func name(_ state: ReportState) -> String {
        switch state {
        case .received: "rcvd"
        case .aggregating: "agg"
        case .accepted: "acc"
        case .rejected: "rej"
        case .withdrawn: "wdr"
        }
    }

    @Test func everyStateWithEveryEvent() {
        LifeTable(stages: Self.stages, events: Self.events, cell: Self.cell).check(
            """
                                    | absent kept-out received in-job in-job-w acc-open acc-seal acc-coll rejected withdrawn
            upload                  | rcvd   !out     !replay !replay !replay  !replay  !replay  !replay  !replay  !replay
            upload, no room         | !full  !out     !replay !replay !replay  !replay  !replay  !replay  !replay  !replay
            upload, sealed          | !sealed !out    !replay !replay !replay  !replay  !replay  !replay  !replay  !replay
            upload, sealed, no room | !sealed !out    !replay !replay !replay  !replay  !replay  !replay  !replay  !replay
            upload again            | rcvd   !out     =       =       =        =        =        =        =        =
            upload again, no room   | !full  !out     =       =       =        =        =        =        =        =
            upload again, sealed    | !sealed !out    =       =       =        =        =        =        =        =
            upload again, neither   | !sealed !out    =       =       =        =        =        =        =        =
            claim                   | !stale !stale   agg     !stale  !stale   !stale   !stale   !stale   !stale   !stale
            finish: accepted        | !stale !stale   !stale  acc+o   wdr+ok   !stale   !stale   !stale   !stale   !stale
            finish: rejected        | !stale !stale   !stale  rej+o   rej+o    !stale   !stale   !stale   !stale   !stale
            finish: returned        | !stale !stale   !stale  rcvd    wdr+k    !stale   !stale   !stale   !stale   !stale
            finish: refused job     | !stale !stale   !stale  rcvd?   wdr+k    !stale   !stale   !stale   !stale   !stale
            withdraw                | keep   =        wdr+o   keep    =        wdr+o    !sealed  !sealed  !rej     =
            withdraw, no room       | !full  =        wdr+o   keep    =        wdr+o    !sealed  !sealed  !rej     =
            withdraw, other key     | keep   =        !key    !key    !key     !key     !key     !key     !rej     =
            withdraw, neither       | !full  =        !key    !key    !key     !key     !key     !key     !rej     =
            follow withdrawal       | !stale !stale   !stale  !stale  !stale   !stale   wdr+o    !stale   !stale   !stale
            leave out               | !stale !stale   !stale  !stale  !stale   !stale   rej+o    !stale   !stale   !stale
            give up                 | =      =        rej+o   rej+o   rej+o    =        =        =        =        =
            discard                 | =      =        rej     !stale  !stale   rej      rej      =        =        =
            """)
    }

    /// The table has every kind of event: a new one does not compile here until it is in both.
    @Test func theTableHasEveryEventAndEveryState() {
        func kind(_ event: ReportEvent) -> Int {
            switch event {
            case .upload: 0
            case .claim: 1
            case .finish: 2
            case .withdraw: 3
            case .followWithdrawal: 4
            case .leaveOut: 5
            case .giveUp: 6
            case .discard: 7
            }
        }
        func kind(_ stage: ReportStage) -> Int {
            switch stage {
            case .absent: 0
            case .keptOut: 1
            case .received: 2
            case .aggregating(let isWithdrawn): isWithdrawn ? 3 : 4
            case .accepted(.open): 5
            case .accepted(.sealed): 6
            case .accepted(.collected): 7
            case .rejected: 8
            case .withdrawn: 9
            }
        }
        #expect(Set(Self.events.map { kind($0.event) }) == Set(0...7))
        #expect(Set(Self.stages.map { kind($0.stage) }) == Set(0...9))
    }

    /// A report that is rejected, withdrawn or in a result stays what it is, whatever happens.
    @Test func nothingLeavesAnEnd() {
        for stage in [ReportStage.accepted(.collected), .rejected(.invalidMessage), .withdrawn] {
            for (name, event) in Self.events {
                if case .move(let move) = ReportLife.after(stage, event) { Issue.record("\(name) leads to \(move)") }
            }
        }
    }

    /// The reason of a rejection is the one that came, and no other move has one.
    @Test func aRejectionHasItsReason() {
        for (_, stage) in Self.stages {
            for (name, event) in Self.events {
                guard case .move(let move) = ReportLife.after(stage, event) else { continue }
                let reason: ReportError? =
                    switch event {
                    case .leaveOut(let error), .giveUp(let error), .finish(.rejected(let error)): error
                    case .discard: .reportDropped
                    default: nil
                    }
                #expect(move.error == reason, "\(name)")
            }
        }
    }

    @Test func whatAChangeBringsWithIt() {
        // joins the sum, leaves it, ends jobs, ends a withdrawal that waited, is told once
        func letters(_ from: ReportState, _ to: ReportState) -> String {
            let effects = ReportEffects(from: from, to: to)
            return [
                (effects.joinsSum, "j"), (effects.leavesSum, "l"), (effects.endsJobs, "p"),
                (effects.endsKeptWithdrawal, "w"), (effects.isToldOnce, "t"),
            ].filter(\.0).map(\.1).joined()
        }
        #expect(letters(.received, .rejected) == "pt")
        #expect(letters(.received, .withdrawn) == "p")
        #expect(letters(.aggregating, .accepted) == "jp")
        #expect(letters(.aggregating, .rejected) == "pwt")
        #expect(letters(.aggregating, .withdrawn) == "pw")
        #expect(letters(.aggregating, .received) == "")
        #expect(letters(.accepted, .rejected) == "lt")
        #expect(letters(.accepted, .withdrawn) == "l")
    }

    @Test func aJobShowsThatTheWayWorksOnceBothHaveVerifiedSomething() {
        #expect(AggregationJobLife.isAnswered([.rejected(.invalidMessage), .accepted]))
        #expect(!AggregationJobLife.isAnswered([.rejected(.invalidMessage), .returned(isSuspect: false)]))
    }
}
