import Contributor
import DAP
import Ledger
import Tasks
import Testing
import Wallet

/// The rule by which earlier reports of a task let another one be made, over all that a wallet and a log can say.
@Suite struct SettledReportsTests {
    private static let states: [ReportRecord.State] =
        [.sent, .notTaken("HTTP 503"), .stored, .withdrawn] + ReportError.allCases.map { .rejected($0.name) }
        + [.rejected("unrecognizedTask"), .rejected("HTTP 500"), .rejected("")]

    private func step(
        _ state: ReportRecord.State, doubt: ReportDoubt? = nil, committed: Bool = true, alone: Bool = true,
        kept: Bool = true
    ) -> SettledReports.Step {
        SettledReports.step(state, doubt: doubt, isCommitted: committed, isAlone: alone, isKept: kept)
    }

    /// What may only wait for the end of a window is not taken back: it may be a good report.
    @Test func theLogIsNotExpectedToSpeakBeforeTheWindowIsOver() throws {
        func expected(window: UInt32) throws -> UInt64? {
            let parameters = CairnTaskParameters(
                collectorHpkeHash: [UInt8](repeating: 1, count: 32), maxBatchSize: 10,
                logWindow: LogWindow(seconds: window))
            let configuration = try TaskConfiguration(
                taskInfo: [1], leaderURL: "https://l.example/", helperURL: "https://h.example/", timePrecision: 600,
                minBatchSize: 2, batchMode: .timeInterval, vdaf: .count, taskInterval: nil, cairn: parameters)
            let record = ReportRecord(
                taskID: configuration.taskID, reportID: .random(), time: 6_600, state: .sent, opening: nil)
            return SettledReports.expectedInLog(record, configuration)
        }
        // Made from 6,600 to 7,199, and verified a little later.
        #expect(try expected(window: 3_600) == 10_800)
        #expect(try expected(window: 10) == 7_270)
        #expect(try expected(window: 0) == nil)
    }

    @Test func storedReportsAreNoReasonNotToContributeAgain() {
        for committed in [true, false] {
            for alone in [true, false] { #expect(step(.stored, committed: committed, alone: alone) == .goOn) }
        }
    }

    @Test func everyRefusalIsTheLeadersBareWordUntilTheLogShowsIt() {
        for state in Self.states {
            guard case .rejected = state else { continue }
            for alone in [true, false] { #expect(step(state, alone: alone) == .askLog, "\(state)") }
        }
        #expect(step(.withdrawn) == .askLog && step(.withdrawn, alone: false) == .askLog)
    }

    @Test func unansweredReportsAreInDoubtOnceNobodyWaitsForTheAnswer() {
        for state in [ReportRecord.State.sent, .notTaken("HTTP 503")] {
            #expect(step(state) == .askLog)
            #expect(step(state, committed: false) == .askOwner(.unanswered))
            // Nobody is told to send again what cannot be sent again.
            #expect(step(state, committed: false, kept: false) == .askOwner(.unansweredAndGone))
            #expect(step(state, kept: false) == .askLog)
            for committed in [true, false] { #expect(step(state, committed: committed, alone: false) == .wait) }
        }
    }

    @Test func withoutALogOnlyRefusalsThatMakeClientsSendAgainStop() {
        for state in Self.states {
            let expected: SettledReports.Step =
                switch state {
                case .rejected("outdated_config"): .askOwner(.unprovable(refusal: "outdated_config"))
                case .rejected("hpke_unknown_config_id"): .askOwner(.unprovable(refusal: "hpke_unknown_config_id"))
                case .sent, .notTaken: .askOwner(.unanswered)
                default: .goOn
                }
            for alone in state.isOpen ? [true] : [true, false] {
                #expect(step(state, committed: false, alone: alone) == expected, "\(state)")
            }
        }
    }

    /// A row is sent again as the same report, whatever became of that, so nothing has to be found out about it; unless
    /// its owner took it back.
    @Test func reportsOfRowsAreInNobodysWay() {
        for state in Self.states {
            for (committed, alone) in [(true, true), (true, false), (false, true), (false, false)] {
                let found = SettledReports.step(
                    state, doubt: nil, isCommitted: committed, isAlone: alone, isKept: false, isRow: true)
                #expect(found == (state == .withdrawn && committed ? .askLog : .goOn), "\(state)")
            }
        }
    }

    @Test func theWalletLearnsWhatTheLogSays() throws {
        for state in Self.states where state != .withdrawn {
            let record = ReportRecord(
                taskID: TaskID(unchecked: [UInt8](repeating: 1, count: 32)), reportID: .random(), time: 0, state: state,
                opening: nil)
            func states(_ end: LoggedEnds.End?) throws -> ReportRecord.State? {
                var contents = try WalletContents([.seed([UInt8](repeating: 1, count: 32)), .report(record)])
                for fact in SettledReports.news(end, about: record) { try contents.add(fact) }
                return contents.reports[record.key]?.state
            }
            #expect(try states(nil) == state)
            #expect(try states(.counts) == .stored)
            #expect(try states(.withdrawn) == .withdrawn)
            let isRejected = if case .rejected = try states(.rejected) { true } else { false }
            #expect(isRejected, "\(state)")
        }
    }

    @Test func whatWasFoundOutBeforeIsNotAskedAgain() {
        for state in Self.states {
            for committed in [true, false] {
                for alone in [true, false] {
                    #expect(step(state, doubt: .settled, committed: committed, alone: alone) == .goOn)
                    #expect(step(state, doubt: .counts, committed: committed, alone: alone) == .askOwner(.counts))
                }
            }
        }
    }

    @Test func onlyAnEndInTheLogSettlesAReport() {
        for state in Self.states {
            #expect(SettledReports.finding(.counts, state) == .counts)
            #expect(SettledReports.finding(nil, state) == .takeBack)
            #expect(SettledReports.finding(.withdrawn, state) == .settled(.withdrawn))
            guard case .settled(.rejected(let reason)) = SettledReports.finding(.rejected, state) else {
                Issue.record("\(state)")
                continue
            }
            if case .rejected(let known) = state { #expect(reason == known) }
        }
    }

    @Test func everyReasonSaysWhatToDo() {
        let reasons: [UnsettledReport.Reason] = [
            .counts, .unprovable(refusal: "outdated_config"), .unanswered, .unansweredAndGone, .underWay,
            .notTakenBack("its batch is closed"),
            .notLogged(waitingFor: "the log example.org/log"), .logUnreadable("nothing listens there"),
        ]
        for reason in reasons {
            let text = ContributorError.unsettled([UnsettledReport(.random(), reason)]).description
            #expect(text.contains("--again"), "\(text)")
        }
    }
}
