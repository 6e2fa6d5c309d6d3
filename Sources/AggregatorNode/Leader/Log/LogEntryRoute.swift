import DAP
import Hummingbird
import Ledger

extension Leader {
    /// `POST /cairn/tasks/{task-id}/log-entries`: logs a `round` or `model` entry that the task's owner has signed.
    ///
    ///     struct {
    ///         opaque entry<1..2^32-1>;     /* a LedgerEntry */
    ///         opaque blob<0..2^32-1>;      /* one that the entry names by its hash, or nothing */
    ///     } LogSubmission;
    ///
    /// The owner's signature is the authorization. Submitting an entry again, alone or with another of its blobs,
    /// changes nothing else: an entry stands in the log once. The answer is `{"index": n}`.
    @Sendable
    func submitLogEntry(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        let task = try await context.matchingTask(request, requestContext)
        let body = try await request.bytes(upTo: BodyLimit.logEntry)
        let submission: LogSubmission
        do throws(CodecError) {
            submission = try LogSubmission(decoding: body)
        } catch {
            throw NodeError(error, in: "LogSubmission", taskID: task.id)
        }
        try submission.check(task)
        if !submission.blob.isEmpty {
            let (blobs, blob) = (context.blobs, submission.blob)
            try await context.workers.run { _ = try blobs.put(blob) }
        }
        let index = try await context.store.submitLogEntry(submission.entry.encoded())
        logKeeper.noteGrowth()
        return .bytes(Array("{\"index\":\(index)}".utf8), type: "application/json", status: .created)
    }
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

    /// Whether the task's owner has signed the entry and the entry names the blob.
    func check(_ task: NodeTask) throws(NodeError) {
        let (entryTask, isSigned, names) = try particulars(owner: task.parameters.ownerKey, task.id)
        guard entryTask == task.id else {
            throw .dap(.invalidMessage, "The entry is about another task.", taskID: task.id)
        }
        guard isSigned else {
            throw .http(403, "The entry is not signed with the task's owner key.", taskID: task.id)
        }
        guard blob.isEmpty || names.contains(Blob.hash(blob)) else {
            throw .dap(.invalidMessage, "The entry does not name the blob's hash.", taskID: task.id)
        }
    }

    private func particulars(
        owner: [UInt8]?, _ id: TaskID
    ) throws(NodeError) -> (task: TaskID, isSigned: Bool, blobs: [[UInt8]]) {
        switch entry {
        case .round(let round):
            (round.taskID, owner.map(round.isSigned) ?? false, [round.modelHash])
        case .model(let model):
            (model.taskID, owner.map(model.isSigned) ?? false, [model.modelHash, model.resultHash])
        default:
            throw .dap(.invalidMessage, "Only round and model entries can be submitted.", taskID: id)
        }
    }
}
