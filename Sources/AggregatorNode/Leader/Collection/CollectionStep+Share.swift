import DAP
import Datastore
import Encodings
import Ledger
import NodeAPI
import Requests
import Tasks

// Obtaining the helper's share (DAP-18, Obtaining Aggregate Shares), and making the collector's response.

extension CollectionStep {
    /// Asks the helper for its share, or looks for one that it has deferred, and stores it.
    func requestShare(_ scope: BatchScope) async throws -> Next {
        let summary = try await context.store.summary(task: task.id, scope: scope)
        let request = AggregateShareReq(
            collectionJobReq: try CollectionJobReq(decoding: job.request), batchSelector: scope.selector,
            reportCount: summary.count, checksum: summary.checksum
        ).encoded()
        let answer = try await ask(request, id: job.shareID)
        guard case .refused(let type, let detail) = answer.reply else { return try await take(answer) }
        let refusal = shareRefusal(type, detail, held: summary.count)
        guard !task.isCommitted, type == .batchMismatch || type == .invalidBatchSize else { throw refusal }
        // What it refused is over; a deferred share that was refused would be asked for again after a restart.
        if job.shareID != nil { try await context.store.recordShareID(nil, lease) }
        switch try await compare(scope, refusal) {
        case .differed(let named, let leftOut):
            return .compared(
                named: named, leftOut: leftOut,
                .endless(held: summary.count, mode: task.configuration.batchMode))
        case .same:
            // The helper has left out what it held beyond. If it still refuses, it contradicts itself.
            let second = try await ask(request, id: nil)
            if case .refused(let type, let detail) = second.reply {
                throw shareRefusal(type, detail, held: summary.count)
            }
            return try await take(second)
        }
    }

    /// What came back for a share, and the response that it came in.
    private struct Answer {
        let request: ShareRequest
        let response: WebAnswer
        let reply: ShareReply<AggregateShare>
    }

    private func ask(_ body: [UInt8], id: String?) async throws -> Answer {
        let request: ShareRequest = id == nil ? .share : .poll
        // Both shares of a sum are of one length.
        let limit = task.vdaf.makeAccumulator().aggregateShare().count + BodyLimit.small
        let response =
            if let id {
                try await context.client(of: task).send(
                    API.share, task.id, ForeignID(id), headers: task.taskprovHeaders, maxResponseBytes: limit)
            } else {
                try await context.client(of: task).send(
                    API.createShare, task.id, body: .bytes(body), headers: task.taskprovHeaders,
                    maxResponseBytes: limit)
            }
        return Answer(
            request: request, response: response,
            reply: request.interpret(response, task: task.id, decode: AggregateShare.init(decoding:)))
    }

    /// Stores what an answer brought that is no refusal.
    private func take(_ answer: Answer) async throws -> Next {
        switch answer.reply {
        case .complete(let share):
            // The collector could not open it, and the helper would not make another.
            guard share.encryptedAggregateShare.configID == task.collectorConfig.id else {
                throw HelperUnavailable(
                    description: "its aggregate share is sealed to another key than that of the task's collector")
            }
            let statement = task.isCommitted ? try helperStatement(answer.response) : nil
            try await context.store.recordHelperShare(
                share.encryptedAggregateShare.encoded(), statement: statement?.encoded(), lease)
            return .again
        case .deferred(let id, let seconds):
            // Found again after a restart. Posting it once more would do as well: the helper knows the same bytes.
            if let id, id != job.shareID {
                try await evenWhileStopping { [context, lease] in try await context.store.recordShareID(id, lease) }
            }
            return .deferred(seconds: seconds)
        case .forgotten:
            try await context.store.recordShareID(nil, lease)
            throw answer.reply.unavailable(answer.request)
        case .refused, .unsupported, .tooLong, .later: throw answer.reply.unavailable(answer.request)
        }
    }

    /// A helper that has not seen the close of a batch yet (batchInvalid) will; the batch cannot be closed again.
    private func shareRefusal(_ type: DAPErrorType, _ detail: String, held: UInt64) -> any Error {
        if task.isCommitted, type == .batchInvalid {
            return HelperUnavailable(description: "\(ShareRequest.share.name): \(detail)")
        }
        return CollectionFailure.refused(
            type, detail: detail, request: ShareRequest.share.name, held: held, mode: task.configuration.batchMode)
    }

    /// The helper's signed word about its share, which has to be about the very batch that both closed.
    private func helperStatement(_ response: WebAnswer) throws -> Statement {
        guard let header = response.header(Self.statementHeader), let bytes = Base64.decode(header) else {
            throw HelperUnavailable(description: "the helper's aggregate share comes without a statement")
        }
        guard let statement = try? Statement(decoding: bytes) else {
            throw HelperUnavailable(description: "the helper's statement is cut short or damaged")
        }
        guard statement.role == .helper, statement.terms == (try closedTerms()),
            let key = task.parameters?.statementKeys?.helper, statement.isSigned(by: key)
        else {
            throw HelperUnavailable(
                description: "the helper's statement is not about the closed batch, or not signed by it")
        }
        return statement
    }

    static let statementHeader = "Cairn-Statement"

    /// `shareReceived`: sums the leader's shares, publishes what the task says is public and makes the response.
    func publish(_ scope: BatchScope) async throws {
        let batch = try await context.store.aggregateShare(task: task.id, scope: scope, vdaf: task.vdaf)
        guard let interval = batch.summary.interval, let sealed = job.helperShare else {
            throw DatastoreError.corrupt("batch of collection job \(job.key) is incomplete")
        }
        let share = batch.aggregateShare
        let published = task.isCommitted ? try await batchEntry(share) : nil
        let request = try CollectionJobReq(decoding: job.request)
        let aad = AggregateShareAad(
            taskID: task.id, taskConfiguration: task.configuration, collectionJobReq: request)
        let response = CollectionJobResp(
            reportCount: batch.summary.count, interval: interval,
            leaderEncryptedAggregateShare: try task.collectorConfig.seal(
                info: HpkeInfo.aggregateShare(from: .leader), aad: aad.encoded(), plaintext: share),
            helperEncryptedAggregateShare: try HpkeCiphertext(decoding: sealed))
        try await context.store.publish(
            response: response.encoded(), batchEntry: published?.entry, blobs: published?.blobs ?? [], lease)
        try await context.generation?.settle()
        logKeeper.noteGrowth()
    }

    /// Makes the `batch` entry, with both shares as the blobs that it names, where the task publishes them.
    private func batchEntry(_ share: [UInt8]) async throws -> (entry: [UInt8], blobs: [NamedBlob]) {
        guard let bytes = job.helperStatement else {
            throw DatastoreError.corrupt("collection job \(job.key) has no statement of the helper")
        }
        let helper = try Statement(decoding: bytes)
        let ownShare = NamedBlob(share)
        var blobs: [NamedBlob] = []
        if task.parameters?.publish == .public {
            blobs = [ownShare, try await fetchHelperBlob(helper.shareHash, size: share.count)]
        }
        let own = try Statement(
            role: .leader, terms: try closedTerms(), shareHash: ownShare.hash, key: context.keys.statement)
        return (LedgerEntry.batch(BatchEntry(leader: own, helper: helper)).encoded(), blobs)
    }

    /// - Parameter size: that of the leader's own share, so that no more than that comes into memory.
    private func fetchHelperBlob(_ hash: [UInt8], size: Int) async throws -> NamedBlob {
        // What is no blob may be a page that says why.
        let response = try await context.client(of: task).send(
            API.blob, HashName(hash), maxResponseBytes: max(size, BodyLimit.small))
        guard response.isSuccess else {
            throw HelperUnavailable(
                description: "its share's blob: status \(response.status)", retryAfter: response.retryAfter)
        }
        let blob = NamedBlob(response.body)
        guard blob.hash == hash else {
            throw HelperUnavailable(description: "the helper's blob is not the one that its statement names")
        }
        return blob
    }
}
