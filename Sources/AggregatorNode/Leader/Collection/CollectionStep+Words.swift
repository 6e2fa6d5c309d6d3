import Datastore
import Ledger

// A close counts what stands in the log. So it waits until every word about a report of its batch has its place, which is at
// the end of a window at the latest: the batch is sealed, so that no further ones come.

extension CollectionStep {
    /// - Returns: until when the close has to wait, in POSIX seconds; nil where it need not.
    func waitForWords(_ scope: BatchScope) async throws -> UInt64? {
        // What was proposed to the helper is in the log.
        guard job.proposalSize == nil else { return nil }
        guard let until = try await context.store.waitingWords(task: task.id, scope: scope) else { return nil }
        guard until <= context.now() else { return until }
        _ = try await logKeeper.number()
        return try await context.store.waitingWords(task: task.id, scope: scope)
    }
}
