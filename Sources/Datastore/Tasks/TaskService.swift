import DAP

/// Whether a node serves a task that it knows. The row stays when it does not any more: it protects from replays, and its
/// log policy is still somebody's.
package enum TaskService: Int64, Sendable {
    case served = 0
    /// Its operator has ended it; nothing was lost, so it may be served again.
    case ended = 1
    /// Its operator has ended it and given reports up. Serving it again could count what one node has and the other has not.
    case discarded = 2
}

/// What a task still owes to somebody on this node.
package struct TaskBurden: Sendable, Equatable {
    /// Uploaded and acknowledged, not aggregated (leader).
    package var waiting: UInt64 = 0
    /// Those of them that the log must say the end of, because the leader has promised it.
    package var promised: UInt64 = 0
    /// Accepted, in no collected batch.
    package var uncollected: UInt64 = 0
    /// Collection jobs that are under way (leader).
    package var collections: UInt64 = 0

    package init() {}

    package var reports: UInt64 { waiting + uncollected }
    package var isNothing: Bool { self == TaskBurden() }
}

/// How an operator's wish to end a task ends. Pure.
package enum TaskEnding: Sendable, Equatable {
    /// The task has ended, and so many reports were given up.
    case ended(discarded: UInt64)
    /// It had ended before.
    case already
    /// Something is owed: nothing was changed.
    case owed(TaskBurden)
    /// Nobody knows the task.
    case unknown

    /// - Parameters:
    ///   - mayDiscard: the operator gives up what is owed, in a task whose reports are not in a log.
    package static func decide(_ burden: TaskBurden, mayDiscard: Bool) -> TaskEnding {
        if burden.isNothing { return .ended(discarded: 0) }
        return mayDiscard ? .ended(discarded: burden.reports) : .owed(burden)
    }
}

/// What becomes of the wish to give a stored task another verification key. Pure.
package enum KeyReplacement: Sendable, Equatable {
    case replaced
    /// It has that key already.
    case same
    /// Reports were accepted under the stored key: it stays.
    case inUse(accepted: UInt64)
    /// So many reports are in jobs that the peer may have accepted under the stored key: it stays for now.
    case underWay(reports: UInt64)

    /// - Parameters:
    ///   - isSame: the task has that key.
    ///   - accepted: how many reports were ever accepted under the stored key.
    ///   - underWay: how many are in jobs. The helper may have accepted them and its answer be lost on its way; in any other
    ///     job they were replays.
    ///   - peerHasKey: the peer has proved to have the new key, so it has accepted nothing under the stored one.
    package static func decide(isSame: Bool, accepted: UInt64, underWay: UInt64, peerHasKey: Bool) -> KeyReplacement {
        if isSame { return .same }
        if accepted > 0 { return .inUse(accepted: accepted) }
        return underWay > 0 && !peerHasKey ? .underWay(reports: underWay) : .replaced
    }
}
