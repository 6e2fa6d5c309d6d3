import Datastore

/// What an aggregation job waits for, at a leader or stored at a helper. Pure.
package enum JobWait: String, Encodable, CaseIterable {
    /// A process has it now, and works on it.
    case worker
    /// A process had it that has ended or stopped: its lease has run out, and any may take it.
    case takeover
    /// It is due, and waits for its turn.
    case turn
    /// It is put off, because it could not be done before.
    case pause
    /// It is put off, because the helper has asked for that.
    case askedPause = "asked_pause"

    /// - Parameters:
    ///   - isLeased: whether somebody has taken it, and not given it back.
    ///   - left: until that is over, or its pause.
    package init(isLeased: Bool, left: Duration, isAsked: Bool) {
        self =
            switch (isLeased, left > .zero) {
            case (true, true): .worker
            case (true, false): .takeover
            case (false, false): .turn
            case (false, true): isAsked ? .askedPause : .pause
            }
    }

    /// How many jobs wait for each, without those for which none does.
    package static func counts(_ waits: some Sequence<JobWait>) -> [String: Int] {
        waits.reduce(into: [:]) { $0[$1.rawValue, default: 0] += 1 }
    }

    /// For people, behind a number of jobs.
    package var words: String {
        switch self {
        case .worker: "being worked on"
        case .takeover: "left by a process that has ended or stopped"
        case .turn: "due"
        case .pause: "put off"
        case .askedPause: "put off as the helper has asked"
        }
    }

    /// `2 being worked on, 1 put off`, for counts of ``counts(_:)``.
    package static func text(_ counts: [String: Int]) -> String {
        allCases.compactMap { wait in counts[wait.rawValue].map { "\($0) \(wait.words)" } }.joined(separator: ", ")
    }
}

extension PendingJobOverview {
    package var wait: JobWait {
        JobWait(isLeased: isLeased, left: .milliseconds(left), isAsked: progress?.isAsked ?? false)
    }
}

extension WaitingHelperJob {
    package var wait: JobWait { JobWait(isLeased: isHeld, left: left, isAsked: false) }
}
