import Datastore
import Testing

/// What is said of a server, by its meaning.
protocol ServerWords {}

extension ServerWords {
    func words(_ kind: (DatastoreError) -> String?, _ body: () throws -> Void) -> String {
        let error = #expect(throws: DatastoreError.self, performing: body)
        guard let error, let words = kind(error) else {
            Issue.record("\(String(describing: error))")
            return ""
        }
        return words
    }

    func unsuitable(_ error: DatastoreError) -> String? {
        if case .unsuitable(let words) = error { words } else { nil }
    }

    func unavailable(_ error: DatastoreError) -> String? {
        if case .unavailable(let words) = error { words } else { nil }
    }

    func busy(_ error: DatastoreError) -> String? { if case .busy(let words) = error { words } else { nil } }
}
