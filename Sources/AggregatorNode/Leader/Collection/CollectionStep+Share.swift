import DAP
import Datastore
import Encodings
import Ledger

// Obtaining the helper's share (DAP-18, Obtaining Aggregate Shares), and making the collector's response.

extension CollectionStep {
    /// Asks the helper for its share, polling while it defers, and stores it.
    func requestShare(_ scope: BatchScope) async throws {
        let summary = try await context.store.summary(task: task.id, scope: scope)
        let request = AggregateShareReq(
            collectionJobReq: try CollectionJobReq(decoding: job.request), batchSelector: scope.selector,
            reportCount: summary.count, checksum: summary.checksum)
        let response = try await exchange(request.encoded())
        let share: AggregateShare
        do {
            share = try AggregateShare(decoding: response.body)
        } catch {
            throw HelperUnavailable(description: "the helper's aggregate share is malformed: \(error)")
        }
        let statement = task.isCommitted ? try helperStatement(response) : nil
        try await context.store.recordHelperShare(
            share.encryptedAggregateShare.encoded(), statement: statement?.encoded(), collection: job.key)
    }

    private func exchange(_ request: [UInt8]) async throws -> PeerResponse {
        let base = context.peer.baseURL.string
        var response = try await context.peer.send(
            .post, ResourceURL.aggregateShares(base, task.id), body: request,
            contentType: MediaType.aggregateShareReq.headerValue, headers: task.taskprovHeaders,
            maxResponseBytes: Blob.maximumSize)
        var id: String?
        while response.isSuccess, response.body.isEmpty {
            id = response.header("Location").flatMap(JobReply.resourceID(inLocation:)) ?? id
            guard let id else {
                throw HelperUnavailable(
                    description: "the helper deferred the aggregate share without a usable Location")
            }
            try await Task.sleep(for: .seconds(max(response.retryAfter ?? 1, 1)))
            response = try await context.peer.send(
                .get, ResourceURL.aggregateShare(base, task.id, id: id), headers: task.taskprovHeaders,
                maxResponseBytes: Blob.maximumSize)
        }
        guard response.isSuccess else { throw shareRefusal(response) }
        return response
    }

    /// A helper that has not seen the close of a batch yet (batchInvalid) will; the batch cannot be closed again. A
    /// helper that has too few reports releases nothing, so the batch may grow. After any other error the batch stays
    /// closed: asked for again, it would fail again.
    private func shareRefusal(_ response: PeerResponse) -> any Error {
        let request = "the aggregate share"
        if task.isCommitted, response.problem?.type == .batchInvalid {
            return HelperUnavailable(description: "\(request): \(response.problem?.detail ?? "batchInvalid")")
        }
        return HelperUnavailable.interpret(response, request) { $0 == .invalidBatchSize }
    }

    /// The helper's signed word about its share, which has to be about the very batch that both closed.
    private func helperStatement(_ response: PeerResponse) throws -> Statement {
        guard let header = response.header(Self.statementHeader), let bytes = Base64.decode(header) else {
            throw HelperUnavailable(description: "the helper's aggregate share comes without a statement")
        }
        let statement = try Statement(decoding: bytes)
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
        let summary = try await context.store.summary(task: task.id, scope: scope)
        let sum = try await context.store.foldOutputShares(
            task: task.id, scope: scope, into: ShareSum(task.vdaf.makeAccumulator())
        ) { try $0.add($1) }
        guard UInt64(sum.count) == summary.count, let interval = summary.interval, let sealed = job.helperShare else {
            throw DatastoreError.corrupt("batch of collection job \(job.key) is incomplete")
        }
        let share = sum.aggregateShare
        let batchEntry = task.isCommitted ? try await batchEntry(share) : nil
        let request = try CollectionJobReq(decoding: job.request)
        let aad = AggregateShareAad(
            taskID: task.id, taskConfiguration: task.configuration, collectionJobReq: request)
        let response = CollectionJobResp(
            reportCount: summary.count, interval: interval,
            leaderEncryptedAggregateShare: try task.collectorConfig.seal(
                info: HpkeInfo.aggregateShare(from: .leader), aad: aad.encoded(), plaintext: share),
            helperEncryptedAggregateShare: try HpkeCiphertext(decoding: sealed))
        try await context.store.publish(
            response: response.encoded(), batchEntry: batchEntry, collection: job.key)
        try await context.generation?.settle()
        logKeeper.noteGrowth()
    }

    /// Stores both shares as blobs beside the log, where the task publishes them, and makes the `batch` entry.
    private func batchEntry(_ share: [UInt8]) async throws -> [UInt8] {
        guard let bytes = job.helperStatement else {
            throw DatastoreError.corrupt("collection job \(job.key) has no statement of the helper")
        }
        let helper = try Statement(decoding: bytes)
        if task.parameters?.publish == .public {
            let helperShare = try await fetchHelperBlob(helper.shareHash)
            let blobs = context.blobs
            try await context.workers.run {
                try blobs.put(share)
                try blobs.put(helperShare)
            }
        }
        let own = try Statement(
            role: .leader, terms: try closedTerms(), shareHash: Blob.hash(share), key: context.keys.statement)
        return LedgerEntry.batch(BatchEntry(leader: own, helper: helper)).encoded()
    }

    private func fetchHelperBlob(_ hash: [UInt8]) async throws -> [UInt8] {
        let url = context.peer.baseURL.appending("cairn/blobs/\(Hex.encode(hash))")
        let response = try await context.peer.send(.get, url, maxResponseBytes: Blob.maximumSize)
        guard response.isSuccess else {
            throw HelperUnavailable(description: "its share's blob: status \(response.status)")
        }
        guard Blob.hash(response.body) == hash else {
            throw HelperUnavailable(description: "the helper's blob is not the one that its statement names")
        }
        return response.body
    }
}

/// The running sum of a batch's output shares.
private struct ShareSum: Sendable {
    private var accumulator: any OutputShareAccumulator

    init(_ accumulator: any OutputShareAccumulator) {
        self.accumulator = accumulator
    }

    mutating func add(_ outputShare: [UInt8]) throws { try accumulator.add(outputShare) }

    var count: Int { accumulator.count }
    var aggregateShare: [UInt8] { accumulator.aggregateShare() }
}
