import Datastore
import Testing

/// Statements whose texts are whole in the sources have their plans looked at here; those that are put together, in the tests
/// that run them (``StatementPlans``).
@Suite(.inTurns) struct PlanTests {
    @Test(arguments: EngineKind.tested)
    func noStatementReadsMoreTheMoreReportsThereAre(_ kind: EngineKind) async {
        var count = 0
        for literal in StoreSources.all.literals where literal.isStatement {
            guard let sql = Self.filledIn(literal) else { continue }
            count += 1
            await StatementPlans.check(sql, kind)
        }
        #expect(count > 140, "the statements of the stores were found")
    }

    /// A list of keys is some placeholders behind the others; a state is its number.
    private static func filledIn(_ literal: StoreSources.Literal) -> String? {
        let states = literal.insertions.map(StateNames.literal)
        // One that ends like this goes on in another literal.
        guard zip(literal.insertions, states).allSatisfy({ ["$0", "list"].contains($0) || $1 != nil }),
            !["=", "WHERE"].contains(where: { literal.pieces[literal.pieces.count - 1].hasSuffix($0) })
        else { return nil }
        let last = literal.pieces.joined().matches(of: /\$(\d+)/).compactMap { Int($0.1) }.max() ?? 0
        let list = (1...8).map { "$\(last + $0)" }.joined(separator: ", ")
        return zip(literal.pieces, states.map { $0 ?? list } + [""]).map { $0 + $1 }.joined()
    }

    /// What two statements once were, and the simplest faults: the rules see them.
    @Test(
        arguments: [
            "SELECT * FROM leader_reports WHERE time = $1",
            "SELECT report_id FROM leader_reports WHERE task = $1 AND deadline IS NOT NULL",
            "SELECT report FROM helper_reports WHERE task = $1 AND state = 0 ORDER BY leaf_hash LIMIT $2",
            "DELETE FROM helper_jobs WHERE task = $1 AND response IS NULL", "SELECT COUNT(*) FROM log_entries",
            """
            SELECT own.report_id FROM helper_reports AS own
            WHERE own.task = $1 AND own.report_id IN ($2, $3) AND NOT EXISTS (
                SELECT 1 FROM helper_log_endings AS no WHERE no.log = $4 AND no.claim_key = own.claim_key)
            """,
        ], PlanReference.allCases)
    func aStatementThatReadsEverythingIsSeen(_ sql: String, reference: PlanReference) async throws {
        guard EngineKind.tested.flatMap(PlanReference.of).contains(reference) else { return }
        #expect(try await !PlanRules.faults(reference.steps(sql), sql).isEmpty)
    }

    @Test(
        arguments: [
            "SELECT time FROM leader_reports WHERE report = $1",
            "SELECT time FROM helper_reports AS r WHERE r.task = $1 AND r.report_id IN ($2, $3)",
            "SELECT bytes FROM log_entries WHERE idx >= $1 ORDER BY idx LIMIT $2",
            "SELECT MAX(report) FROM leader_reports",
            "SELECT report FROM helper_reports WHERE batch = $1 AND report > $2 ORDER BY report LIMIT $3",
        ], PlanReference.allCases)
    func whatNamesItsRowsOrReadsAPageIsNone(_ sql: String, reference: PlanReference) async throws {
        guard EngineKind.tested.flatMap(PlanReference.of).contains(reference) else { return }
        #expect(try await PlanRules.faults(reference.steps(sql), sql) == [])
    }

    @Test func everyExceptionIsOfAStatementThatThereIs() {
        for exception in PlanRules.exceptions {
            let isThere = StoreSources.all.literals.contains { literal in
                literal.pieces.contains { $0.contains(exception.words) }
            }
            #expect(isThere, "\(exception.words)")
        }
    }
}
