import DAP
import Datastore
import Testing

// What the life says (LeaderModel.swift) beside what the store has.
extension LeaderModel {
    /// Holds the rows against the life.
    func compare(_ comment: Comment, at location: SourceLocation = #_sourceLocation) async throws {
        let (rows, kept) = try await store.engine.read { session in
            (
                try session.rows("SELECT report_id, state, error FROM leader_reports").map { row in
                    (
                        try row.id("report_id", as: ReportID.self),
                        try row.code("state", as: ReportState.self), try row.optionalInteger("error")
                    )
                },
                try session.rows(
                    """
                    SELECT r.report_id FROM leader_withdrawals AS w JOIN leader_reports AS r ON r.report = w.report
                    """
                ).map { try $0.id("report_id", as: ReportID.self) }
            )
        }
        let found = Dictionary(rows.map { ($0.0, ($0.1, $0.2)) }) { first, _ in first }
        for (number, stage) in stages {
            let row = found[Make.reportID(number)]
            let isKept = kept.contains(Make.reportID(number))
            let (state, error): (ReportState?, ReportError?) =
                switch stage {
                case .absent, .keptOut: (nil, nil)
                case .received: (.received, nil)
                case .aggregating: (.aggregating, nil)
                case .accepted: (.accepted, nil)
                case .rejected(let error): (.rejected, error)
                case .withdrawn: (.withdrawn, nil)
                }
            #expect(row?.0 == state, comment, sourceLocation: location)
            if let error { #expect(row?.1 == Int64(error.rawValue), comment, sourceLocation: location) }
            #expect(isKept == (stage == .aggregating(isWithdrawn: true)), comment, sourceLocation: location)
        }
        #expect(found.count == uploaded.count, comment, sourceLocation: location)
    }
}
