import DAP
import Datastore
import Hummingbird
import Ledger
import NodeAPI

extension Leader {
    /// `POST /cairn/tasks/{task-id}/log-entries`: logs an entry that the task's owner has signed, such as
    /// `round`, `model` or `payout` (``OwnerEntry``), or the λ that the task has fixed.
    ///
    ///     struct {
    ///         opaque entry<1..2^32-1>;     /* a LedgerEntry */
    ///         opaque blob<0..2^32-1>;      /* one that the entry names by its hash, or nothing */
    ///     } LogSubmission;
    ///
    /// The owner's signature, or the opening of the task's λ, is the authorization. λ of a validation policy is refused
    /// (409) until a batch is closed: known earlier, it could be farmed. Submitting an entry again, alone or with another of its blobs,
    /// changes nothing else: an entry stands in the log once. The answer is `{"index": n}`.
    @Sendable
    func submitLogEntry(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, requestContext)
        try context.disk.require(request.length(upTo: task.limit(.logEntry)))
        let body = try await request.bytes(of: API.logEntries, task)
        let submission: LogSubmission
        do throws(CodecError) {
            submission = try LogSubmission(decoding: body)
        } catch {
            throw NodeError(error, in: "LogSubmission", taskID: task.id)
        }
        try submission.check(task)
        if case .reveal = submission.entry, submission.blob.isEmpty {
            throw NodeError.dap(.invalidMessage, "λ has to come with the entry that reveals it.", taskID: task.id)
        }
        if case .reveal = submission.entry, task.parameters?.creditPolicy?.kind == .validation,
            try await !context.store.hasClosedBatch(task.id)
        {
            throw NodeError.http(
                409, "No batch is closed yet: contributors who knew λ could farm credit.", taskID: task.id)
        }
        let blob = submission.blob.isEmpty ? nil : NamedBlob(submission.blob)
        try await context.generation?.ready()
        let entry = submission.entry.encoded()
        try await context.store.submitLogEntry(entry, blob: blob, task: task.id)
        // Its entry may be in the tiles already, with another of its blobs.
        if let blob {
            let files = BlobFiles(context.configuration)
            try await context.workers.run { try files.write(blob) }
        }
        let index = try await place(of: entry, task)
        try await context.generation?.settle()
        logKeeper.noteGrowth()
        return .bytes(Array("{\"index\":\(index)}".utf8), type: "application/json", status: .created)
    }

    /// Where an entry stands that was just submitted. Another process may be the one that gives out places.
    private func place(of entry: [UInt8], _ task: NodeTask) async throws -> UInt64 {
        for _ in 0..<Self.looksForPlace {
            let isDone = try await logKeeper.number()
            if let index = try await context.store.submittedLogEntry(entry) { return index }
            if !isDone { try await Task.sleep(for: .milliseconds(200)) }
        }
        throw NodeError.unavailable(
            "The entry is stored, and has no place in the log yet. Submitting it again asks for its place.",
            retryAfter: 5, taskID: task.id)
    }

    private static let looksForPlace = 50
}

/// The body of a submission.
struct LogSubmission {
    let entry: LedgerEntry
    let blob: [UInt8]

    init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        entry = try LedgerEntry(decoding: try reader.opaque32("entry", allowEmpty: false))
        blob = try reader.opaque32("blob")
        try reader.finish()
    }

    /// Whether the entry is the task's owner's, or the task's λ, and names the blob.
    func check(_ task: NodeTask) throws(NodeError) {
        let (entryTask, isAllowed, names) = try particulars(task)
        guard entryTask == task.id else {
            throw .dap(.invalidMessage, "The entry is about another task.", taskID: task.id)
        }
        guard isAllowed else {
            throw .http(
                403, "The entry is neither signed with the task's owner key nor the task's λ.", taskID: task.id)
        }
        guard blob.isEmpty || names.contains(Blob.hash(blob)) else {
            throw .dap(.invalidMessage, "The entry does not name the blob's hash.", taskID: task.id)
        }
    }

    private func particulars(
        _ task: NodeTask
    ) throws(NodeError) -> (task: TaskID, isAllowed: Bool, blobs: [[UInt8]]) {
        if let owned = entry.body as? any OwnerEntry {
            let isAllowed = task.parameters?.ownerKey.map(owned.isSigned) ?? false
            return (owned.taskID, isAllowed, owned.blobs.map(\.hash))
        }
        guard case .reveal(let reveal) = entry else {
            throw .dap(
                .invalidMessage, "A leader takes what a task's owner signs, and λ, but no `\(entry.name)` entry.",
                taskID: task.id)
        }
        return (reveal.taskID, task.parameters.map(reveal.opens) ?? false, reveal.blobs.map(\.hash))
    }
}
