import DAP
import Datastore
import Foundation
import Hummingbird

extension Leader {
    /// `GET /cairn/tasks/{task-id}/status`: numbers of reports and the task's batches, as JSON. Where the task's log lets words
    /// wait, they are the same until the end of the window.
    @Sendable
    func status(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, requestContext)
        let end = task.parameters?.logWindowEnd(of: context.now())
        let json = try await shownStatus.json(of: task.id, windowEnd: end) {
            let counts = try await context.store.reportCounts(task: task.id)
            let batches = try await context.store.batchStatuses(task: task.id, limit: 1_000)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(
                try encoder.encode(TaskStatus(task: task.id, counts: counts, batches: batches, shownUntil: end)))
        }
        return .bytes(json, type: "application/json")
    }
}

/// The document that the status resource serves. Keys are part of the interface.
struct TaskStatus: Encodable {
    struct Batch: Encodable {
        /// The batch id in base64url, or `start+duration` in units of the time precision.
        let batch: String
        /// `open`, `closing`, `collected`; after a failed collection `disputed` (set aside), `lost` (the helper gave its
        /// share away before) or `closed` (signed, and the helper refused its share).
        let state: String
        /// Accepted reports.
        let count: UInt64
    }

    let taskID: String
    /// All reports whose upload was acknowledged.
    let received: UInt64
    /// Neither accepted nor rejected yet.
    let pending: UInt64
    let accepted: UInt64
    /// By the name of the reason.
    let rejected: [String: UInt64]
    /// Taken back by their contributors.
    let withdrawn: UInt64
    let batches: [Batch]
    /// When the numbers change next, in POSIX seconds; absent where they are those of now.
    let shownUntil: UInt64?

    private enum CodingKeys: String, CodingKey {
        case taskID = "task_id"
        case shownUntil = "shown_until"
        case received, pending, accepted, rejected, withdrawn, batches
    }

    init(task: TaskID, counts: ReportCounts, batches: [BatchStatus], shownUntil: UInt64? = nil) {
        self.shownUntil = shownUntil
        taskID = task.base64URL
        pending = counts.received + counts.aggregating
        accepted = counts.accepted
        rejected = Dictionary(uniqueKeysWithValues: counts.rejected.map { ($0.key.name, $0.value) })
        withdrawn = counts.withdrawn
        received = pending + accepted + withdrawn + counts.rejected.values.reduce(0, +)
        self.batches = batches.map { Batch(batch: $0.batch, state: $0.state, count: $0.count) }
    }
}
