import DAP
import Datastore
import TaskTypes

// The steps of a collection by its key, for tests that are about the steps: whoever has it, it is leased for the one step.

extension NodeDatabase {
    private func lease(_ key: Int64) async throws(DatastoreError) -> CollectionLease {
        guard let lease = try await seizeCollection(key, for: .seconds(60)) else {
            throw DatastoreError.conflict("collection job \(key) has ended")
        }
        return lease
    }

    /// The keys of those that have not ended.
    func activeCollections() async throws(DatastoreError) -> [Int64] {
        try await collectionOverviews().map(\.stored.key)
    }

    func sealBatch(
        collection key: Int64, interval: Interval?, sizes: ClosedRange<UInt64>
    ) async throws(DatastoreError) -> SealOutcome {
        try await sealBatch(try await lease(key), interval: interval, sizes: sizes)
    }

    func recordProposal(size: UInt64, collection key: Int64) async throws(DatastoreError) {
        try await recordProposal(size: size, try await lease(key))
    }

    func leaveOut(_ reports: [EndedReport], collection key: Int64, vdaf: any TaskVDAF) async throws(DatastoreError) {
        try await leaveOut(reports, try await lease(key), vdaf: vdaf)
    }

    func recordShareID(_ id: String?, collection key: Int64) async throws(DatastoreError) {
        try await recordShareID(id, try await lease(key))
    }

    func recordClose(_ entry: [UInt8], collection key: Int64) async throws(DatastoreError) {
        try await recordClose(entry, try await lease(key))
    }

    func recordHelperShare(_ share: [UInt8], statement: [UInt8]?, collection key: Int64) async throws(DatastoreError) {
        try await recordHelperShare(share, statement: statement, try await lease(key))
    }

    func publish(response: [UInt8], batchEntry: [UInt8]?, collection key: Int64) async throws(DatastoreError) {
        try await publish(response: response, batchEntry: batchEntry, try await lease(key))
    }

    func finishCollection(_ key: Int64) async throws(DatastoreError) {
        try await finishCollection(try await lease(key))
    }

    func failCollection(_ key: Int64, problem: CollectionProblem, batch fate: BatchFate) async throws(DatastoreError) {
        try await failCollection(try await lease(key), problem: problem, batch: fate)
    }
}
