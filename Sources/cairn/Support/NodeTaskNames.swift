import AggregatorNode
import Datastore

/// What the tasks of a node are called, by their ids.
struct NodeTaskNames {
    private let names: [String: String]

    init(_ store: NodeDatabase) async throws {
        let tasks = try await store.everyTask().compactMap { try? $0.get() }
        names = Dictionary(tasks.map { ($0.id.base64URL, $0.name) }) { first, _ in first }
    }

    subscript(id: String) -> String { names[id] ?? id }
}
