/// What a change of a report's state brings with it at the leader, whoever has caused it. Pure.
package struct ReportEffects: Hashable, Sendable {
    package let from: ReportState
    package let to: ReportState

    package init(from: ReportState, to: ReportState) {
        self.from = from
        self.to = to
    }

    /// Its output share goes into the sum of its bucket, and what takes it out again is kept.
    package var joinsSum: Bool { from != .accepted && to == .accepted }
    /// Its output share is taken out of the sum again.
    package var leavesSum: Bool { from == .accepted && to != .accepted }
    /// It will be in no job any more, and what only jobs need of it goes.
    package var endsJobs: Bool { Self.needsPayload(from) && !Self.needsPayload(to) }
    /// A withdrawal that has waited for its job is carried out, or came too late.
    package var endsKeptWithdrawal: Bool { from == .aggregating && (to == .rejected || to == .withdrawn) }
    /// Contributors are told, and may do what they do once a report is lost: a word that is given once.
    package var isToldOnce: Bool { to == .rejected }

    private static func needsPayload(_ state: ReportState) -> Bool { state == .received || state == .aggregating }
}
