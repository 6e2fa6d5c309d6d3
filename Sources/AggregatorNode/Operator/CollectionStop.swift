import Datastore

/// Stops one collection, for the leader's operator. The node may be running: whatever it is doing about it comes too late.
package struct CollectionStop: Sendable {
    private let store: NodeDatabase
    private let key: Int64

    package init(store: NodeDatabase, collection: CollectionOverview) {
        self.store = store
        key = collection.stored.key
    }

    /// What an operator calls a collection: `c` and its number, since names in URLs may begin with a hyphen.
    package static func name(of key: Int64) -> String { "c\(key)" }

    /// The number in such a name; nil for anything else.
    package static func key(named name: String) -> Int64? { name.first == "c" ? Int64(name.dropFirst()) : nil }

    /// - Throws: ``CollectionStopError``; `DatastoreError`.
    package func run() async throws {
        let problem = CollectionProblem(
            type: nil, detail: "The leader's operator has stopped this collection. Ask again to begin anew.")
        switch try await store.stopCollection(key, problem: problem) {
        case .stopped: return
        case .ended: throw CollectionStopError.hasEnded(Self.name(of: key))
        case .tooLate: throw CollectionStopError.tooLate(Self.name(of: key))
        }
    }
}

/// Why an operator cannot stop a collection.
package enum CollectionStopError: Error, Sendable, Equatable {
    /// It ended by itself meanwhile.
    case hasEnded(String)
    /// The helper may have signed its close, or released its share.
    case tooLate(String)
}

extension CollectionStopError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .hasEnded(let name): "collection \(name) has ended by itself meanwhile; nothing was done"
        case .tooLate(let name):
            "collection \(name) cannot be stopped any more: its batch was proposed to the helper, which may have signed "
                + "its close or released its share. It goes on until the helper has done its part. What it owes is given up "
                + "with its task alone."
        }
    }
}
