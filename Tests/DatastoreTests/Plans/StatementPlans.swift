import Datastore
import Synchronization
import Testing

/// Looks at the plan of every statement of the stores that any test runs, once: the test that runs it first fails where it
/// would take longer the more reports or entries there are.
final class StatementPlans: Sendable {
    private static let known = Mutex<[EngineKind: Set<String>]>([:])

    private let kind: EngineKind
    private let new = Mutex<[String]>([])

    private init(_ kind: EngineKind) {
        self.kind = kind
    }

    /// The same database, watched.
    static func watching(_ database: NodeDatabase, _ kind: EngineKind) -> NodeDatabase {
        let plans = StatementPlans(kind)
        let engine = WatchedEngine(database.engine, ended: { await plans.check() }, next: { plans.note($0) })
        return NodeDatabase(engine, notes: database.notes)
    }

    private func note(_ sql: String) {
        let isNew = Self.known.withLock { $0[kind, default: []].insert(sql).inserted }
        if isNew, StoreSources.all.contains(sql) { new.withLock { $0.append(sql) } }
    }

    private func check() async {
        let statements = new.withLock { new in
            defer { new = [] }
            return new
        }
        for sql in statements { await Self.check(sql, kind) }
    }

    /// Records an issue for each fault of a statement.
    static func check(_ sql: String, _ kind: EngineKind, _ location: SourceLocation = #_sourceLocation) async {
        for reference in PlanReference.of(kind) {
            do {
                for fault in PlanRules.faults(try await reference.steps(sql), sql) {
                    Issue.record("\(reference): \(fault): \(StoreSources.onOneLine(sql))", sourceLocation: location)
                }
            } catch {
                Issue.record("\(reference) has no plan for \(sql): \(error)", sourceLocation: location)
            }
        }
    }
}
