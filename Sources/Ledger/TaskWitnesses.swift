import TransparencyLog

// Which of a policy's witnesses a leader asks.
//
// One checkpoint carries the cosignatures for all tasks of a log, and a note has room for a hundred lines. A policy may name
// any number of witnesses. If all of them were asked, one task's could take the room of all others, and the requests to them
// the time. So each task has so many, and no more: its helper, then the others in the order of its policy.

extension LogPolicy {
    /// The most witnesses that a leader asks for one task.
    package static let mostAsked = 16

    /// The witnesses that a leader asks.
    ///
    /// - Parameter isHelper: which of them is the task's helper; it comes first, as it reads the log no further than it has
    ///   cosigned it.
    package func asked(isHelper: (Witness) -> Bool) -> [Witness] {
        let (helpers, others) = (witnesses.filter(isHelper), witnesses.filter { !isHelper($0) })
        return Array((helpers + others).prefix(Self.mostAsked))
    }

    /// Few witnesses whose cosignatures make the quorum, of those that there are; nil where all of them do not.
    ///
    /// No smaller number is promised, only that none of them can be left out.
    package func quorum(of there: [Witness]) -> [Witness]? {
        func isMet(_ some: [Witness]) -> Bool { isQuorumMet { some.contains($0) } }
        guard isMet(there) else { return nil }
        var needed = there
        // From the end: who comes first is kept.
        for witness in there.reversed() {
            let others = needed.filter { $0 != witness }
            if isMet(others) { needed = others }
        }
        return needed
    }
}
