import DAP
import Datastore
import Ledger
import Testing

/// Compares whatever the helper counts and adds up with what reading its rows gives.
struct HelperAudit {
    let store: NodeDatabase
    let reports: HelperReports

    private struct Row: Sendable {
        let id: ReportID
        let isAccepted: Bool
        let scope: BatchScope
        let hasKept: Bool
    }

    /// - Parameter shares: the output shares that reports were accepted with, where they are known.
    func check(
        _ comment: Comment? = nil, shares: [ReportID: [UInt8]] = [:], at location: SourceLocation = #_sourceLocation
    ) async throws {
        let rows = try await store.engine.read { session in
            try session.rows(
                """
                SELECT r.report_id, r.state, r.time, b.batch_id, k.kind FROM helper_reports AS r
                LEFT JOIN helper_batches AS b ON b.batch = r.batch
                LEFT JOIN helper_kept_shares AS k ON k.report = r.report
                """
            ).map { row in
                let scope = try row.optionalID("batch_id", as: BatchID.self).map(BatchScope.batch)
                return Row(
                    id: try row.id("report_id", as: ReportID.self), isAccepted: try row.integer("state") == 0,
                    scope: try scope ?? .interval(Interval(start: row.unsigned("time"), duration: 1)),
                    hasKept: try row.optionalInteger("kind") != nil)
            }
        }
        for (scope, members) in Dictionary(grouping: rows, by: \.scope) {
            let accepted = members.filter(\.isAccepted).map(\.id)
            let sum = try await store.sumHelperShares(reports.task, scope, vdaf: reports.vdaf)
            #expect(sum.standing.accepted == UInt64(accepted.count), comment, sourceLocation: location)
            #expect(sum.standing.joined == UInt64(members.count), comment, sourceLocation: location)
            if try await store.isHelperCollected(reports.task, scope) {
                #expect(sum.count == 0, comment, sourceLocation: location)
                continue
            }
            var checksum = Checksum()
            for id in accepted { checksum.toggle(id) }
            #expect(sum.count == UInt64(accepted.count), comment, sourceLocation: location)
            #expect(sum.checksum == checksum, comment, sourceLocation: location)
            for member in members {
                #expect(member.hasKept == member.isAccepted, comment, sourceLocation: location)
            }
            let known = accepted.compactMap { shares[$0] }
            if known.count == accepted.count {
                #expect(try sum.aggregateShare == reports.aggregate(known), comment, sourceLocation: location)
            }
        }
        try await checkEarly(comment, at: location)
    }

    /// Of withdrawals that wait for their reports.
    func checkEarly(_ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation) async throws {
        let early = try await store.engine.read { session in
            (
                try session.integer("SELECT withdrawals FROM helper_early_count"),
                try session.integer(
                    """
                    SELECT COUNT(*) FROM helper_early_withdrawals
                    WHERE task NOT IN (SELECT task FROM tasks WHERE service <> 0)
                    """)
            )
        }
        #expect(early.0 == early.1, comment, sourceLocation: location)
    }
}
