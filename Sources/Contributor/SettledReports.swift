import DAP
import Encodings
import Ledger
import Tasks
import Wallet

// When a contributor may make another report for a task.
//
// The same value counted twice is what the minimum batch size is a fence against: a leader that keeps a report and says
// that it refused it, or says nothing, would get the value again from whoever believes it, and a batch of two would hold
// one person. So a refusal is believed when the log shows it under the policy's quorum, where the leader cannot take it
// back, and the helper reads it too. Until then the report is in doubt.

/// The rule by which earlier reports of a task let another one be made. No I/O: see `TaskClient+Settling.swift`.
package enum SettledReports {
    /// What is to be done about an earlier report, by what the wallet says.
    package enum Step: Equatable, Sendable {
        /// Nothing: it is no reason not to make another one.
        case goOn
        /// Look into the log what became of it.
        case askLog
        /// Wait: another upload may be sending it right now.
        case wait
        /// Only its owner can say whether another one is wanted.
        case askOwner(UnsettledReport.Reason)
    }

    /// - Parameters:
    ///   - doubt: what was found out about it before.
    ///   - isCommitted: whether the task logs reports.
    ///   - isAlone: whether no other upload of the home is under way, so that nobody waits for answers any more.
    ///   - isKept: whether the wallet has what it takes to send it again.
    ///   - isRow: whether it was made of a row of a file, from which it is made again as it is.
    package static func step(
        _ state: ReportRecord.State, doubt: ReportDoubt?, isCommitted: Bool, isAlone: Bool, isKept: Bool,
        isRow: Bool = false
    ) -> Step {
        switch doubt {
        case .settled, .takenBack: return .goOn
        case .counts: return .askOwner(.counts)
        case nil: break
        }
        // Whoever sends the file again sends the same report, which counts once. Nobody makes another one of its row.
        if isRow {
            switch state {
            case .sent, .notTaken, .rejected: return .goOn
            case .stored, .withdrawn: break
            }
        }
        switch state {
        // A report that was taken is no doubt: whoever contributes again wants to be counted again.
        case .stored: return .goOn
        // What the leader says that it did not take, it may have kept.
        case .sent, .notTaken:
            guard isAlone else { return .wait }
            return isCommitted ? .askLog : .askOwner(isKept ? .unanswered : .unansweredAndGone)
        // The leader's bare word, or a withdrawal that a node has answered and nobody has seen in the log.
        case .rejected where isCommitted, .withdrawn where isCommitted: return .askLog
        // Without a log nothing can be proved. Of all refusals, this is the one after which clients send a value again.
        case .rejected(let reason):
            let asksForOtherKeys = ReportError.allCases.contains { $0.name == reason && $0.asksForOtherKeys }
            return asksForOtherKeys ? .askOwner(.unprovable(refusal: reason)) : .goOn
        case .withdrawn: return .goOn
        }
    }

    /// What the log says about a report that was taken, or not answered, for the wallet.
    ///
    /// - Parameter end: what the log has, under a checkpoint with the quorum of the task's policy.
    package static func news(_ end: LoggedEnds.End?, about record: ReportRecord) -> [WalletRecord] {
        switch end {
        case .counts: record.state == .stored ? [] : [.state(record.key, .stored)]
        case .rejected:
            if case .rejected = record.state {
                [.doubt(record.key, .settled)]
            } else {
                [.state(record.key, .rejected(rejection)), .doubt(record.key, .settled)]
            }
        // Its owner's own word would be in the wallet; another device's may be it.
        case .withdrawn: [.state(record.key, .withdrawn)]
        case nil: []
        }
    }

    /// A log does not tell for what reason.
    private static let rejection = "rejected by an aggregator, as the log says"

    /// What the log's answer means for a report in doubt.
    package enum Finding: Equatable, Sendable {
        /// It is out for good; the wallet gets this state.
        case settled(ReportRecord.State)
        /// It counts.
        case counts
        /// The log has nothing about it: it has to be taken back first.
        case takeBack
    }

    /// Until when the log may let the word about a report wait, in POSIX seconds; nil where it lets nothing wait. (The wallet knows
    /// the unit of time in which it was made; it may have been sent at the end of that, and verified a little later.)
    package static func expectedInLog(_ record: ReportRecord, _ task: TaskConfiguration) -> UInt64? {
        let made = record.time.addingReportingOverflow(task.timePrecision + verifying)
        return task.cairn?.logWindowEnd(of: made.overflow ? .max : made.partialValue)
    }

    /// How long nodes take to verify a report, in seconds, when nothing is in their way.
    private static let verifying: UInt64 = 60

    /// - Parameter end: what the log has, under a checkpoint with the quorum of the task's policy.
    package static func finding(_ end: LoggedEnds.End?, _ state: ReportRecord.State) -> Finding {
        switch end {
        case .counts: return .counts
        case .withdrawn: return .settled(.withdrawn)
        case .rejected:
            if case .rejected = state { return .settled(state) }
            return .settled(.rejected(rejection))
        case nil: return .takeBack
        }
    }
}

/// An earlier report that is in the way of another one.
public struct UnsettledReport: Sendable, Equatable {
    /// Why nobody can say that it does not count.
    public enum Reason: Sendable, Equatable {
        /// It is in the log and counts, although its upload was refused, or not answered.
        case counts
        /// Its upload was refused for this reason, and the task logs no reports, so nobody can prove that it is out.
        case unprovable(refusal: String)
        /// Nobody knows whether the leader has it, and the task logs no reports.
        case unanswered
        /// The same, and it cannot be sent again: its program was killed before it could keep it, or of a version
        /// that kept none.
        case unansweredAndGone
        /// Another upload of the wallet may be sending it right now.
        case underWay
        /// The leader does not take it back, for this reason, and the log has nothing about it.
        case notTakenBack(String)
        /// The leader took the withdrawal, but the log did not show it in time under a checkpoint of these witnesses.
        case notLogged(waitingFor: String)
        /// The log could not be read, or not be believed.
        case logUnreadable(String)
        /// The log has nothing about it yet, and need not have before this time, in POSIX seconds.
        case expected(after: UInt64)
    }

    /// The earlier report.
    public let reportID: ReportID
    /// Why it is in the way.
    public let reason: Reason

    package init(_ reportID: ReportID, _ reason: Reason) {
        self.reportID = reportID
        self.reason = reason
    }
}

extension UnsettledReport: CustomStringConvertible {
    public var description: String {
        let again = "To contribute at the risk of counting twice: --again"
        let withdraw = "cairn withdraw --task TASK --report \(reportID.base64URL)"
        return switch reason {
        case .counts:
            "an earlier report, \(reportID.base64URL), that was refused in the answer or not answered is in the log and "
                + "counts. To contribute another value beside it: --again"
        case .unprovable(let refusal):
            "an earlier report, \(reportID.base64URL), was refused with \(refusal), and this task has no log of reports "
                + "that could prove that the leader did not keep it. \(again)"
        case .unanswered:
            "an earlier report, \(reportID.base64URL), was not answered, and this task has no log of reports that could say "
                + "whether the leader has it. To send the same report again, which is counted once: --resume. \(again)"
        case .unansweredAndGone:
            "an earlier report, \(reportID.base64URL), was left by a program that was killed, or of an older version, before "
                + "it heard an answer. The wallet does not have what it takes to send it again, and this task has no log of "
                + "reports that could say whether the leader has it. \(again)"
        case .underWay:
            "an earlier report, \(reportID.base64URL), waits for its answer, or was left by a program that ended, while "
                + "another upload out of this wallet is under way. Try again when that has ended. \(again)"
        case .notTakenBack(let reason):
            "an earlier report, \(reportID.base64URL), may still count: the log does not have it, and the leader does not "
                + "take it back (\(reason)). Try `\(withdraw)`, or at the other node with `--at helper`. \(again)"
        case .notLogged(let waitingFor):
            "an earlier report, \(reportID.base64URL), may still count: the leader took its withdrawal, but the log does "
                + "not show it yet under a checkpoint of \(waitingFor). Try again later, or `\(withdraw) --at helper`. "
                + again
        case .expected(let time):
            "an earlier report, \(reportID.base64URL), may have arrived: what became of it stands in the log after "
                + "\(PeopleTime.text(time)). Try again then. To send the same report again, which is counted once: --resume. "
                + again
        case .logUnreadable(let reason):
            "an earlier report, \(reportID.base64URL), may still count: what became of it stands in the task's log, which "
                + "cannot be read now (\(reason)). Try again later. \(again)"
        }
    }
}
