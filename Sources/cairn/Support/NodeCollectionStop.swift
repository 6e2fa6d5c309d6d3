import Datastore

/// Stops one collection, for the leader's operator. The node may be running: whatever it is doing about it comes too late.
struct NodeCollectionStop {
    let store: NodeDatabase
    let found: CollectionOverview

    func abandon() async throws {
        let name = NodeCollectionDescription.name(of: found.stored.key)
        let problem = CollectionProblem(
            type: nil, detail: "The leader's operator has stopped this collection. Ask again to begin anew.")
        switch try await store.stopCollection(found.stored.key, problem: problem) {
        case .stopped: return
        case .ended: throw CommandFailure("collection \(name) has ended by itself meanwhile; nothing was done")
        case .tooLate:
            throw CommandFailure(
                "collection \(name) cannot be stopped any more: its batch was proposed to the helper, which may have signed "
                    + "its close or released its share",
                advice: "It goes on until the helper has done its part. What it owes is given up with its task alone.")
        }
    }
}
