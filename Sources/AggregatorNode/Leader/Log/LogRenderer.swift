import Datastore
import Ledger
import TransparencyLog

/// Makes one checkpoint after the other. Runs that overlap are merged: who asks while one is being made shares the
/// next, which starts after their entries were stored.
actor LogRenderer {
    private let context: NodeContext
    private let clock: LeaderClock
    private let firstLook: FirstLook
    private let witnesses: WitnessRound
    private let numbering: LogNumbering
    private let blobFiles: BlobFiles
    private var writer: TileWriter?
    private var latest: SignedCheckpoint?
    private var current: Task<SignedCheckpoint, any Error>?
    private var next: Task<SignedCheckpoint, any Error>?
    /// Hashes of the policies that somebody waits for who shares the next checkpoint, and the current one.
    private var wanted: Set<[UInt8]> = []
    private var currentlyWanted: Set<[UInt8]> = []
    /// The largest tree under the quorum of a policy that came when others had been signed since, by the policy's hash.
    private var lateQuorums: [[UInt8]: SignedCheckpoint] = [:]

    /// Entries read from the database at a time.
    private static let chunk = 512

    /// - Parameter answeredLate: called when a witness has answered that no checkpoint waited for.
    init(
        context: NodeContext, clock: LeaderClock, firstLook: FirstLook, numbering: LogNumbering,
        answeredLate: @escaping @Sendable () -> Void = {}
    ) {
        self.context = context
        self.clock = clock
        self.firstLook = firstLook
        self.numbering = numbering
        blobFiles = BlobFiles(context.configuration)
        witnesses = WitnessRound(context: context, answeredLate: answeredLate)
    }

    /// - Parameter policy: one that the caller needs: its witnesses are waited for a little even if they are slow.
    func flush(for policy: LogPolicy? = nil) async throws -> SignedCheckpoint {
        if let policy { wanted.insert(policy.fileHash) }
        if let next { return try await Self.value(of: next) }
        let previous = current
        let task = Task {
            _ = try? await previous?.value
            return try await self.startNext()
        }
        next = task
        return try await Self.value(of: task)
    }

    /// What the task returns. A caller that is cancelled stops waiting, the task goes on for the others: a node must not
    /// wait for its witnesses in order to stop.
    private static func value(of task: Task<SignedCheckpoint, any Error>) async throws -> SignedCheckpoint {
        let (results, continuation) = AsyncStream.makeStream(of: Result<SignedCheckpoint, any Error>.self)
        Task {
            continuation.yield(await task.result)
            continuation.finish()
        }
        for await result in results { return try result.get() }
        throw CancellationError()
    }

    /// Whether every task's policy is satisfied, so that no witness needs to be asked again.
    func isComplete(_ checkpoint: SignedCheckpoint) async throws -> Bool {
        isDone(checkpoint, try await context.logPolicies())
    }

    private func startNext() async throws -> SignedCheckpoint {
        current = next
        next = nil
        currentlyWanted = wanted
        wanted = []
        return try await render()
    }

    /// A checkpoint whose tree covers the entry at `index`, and has got the quorum of a policy when others had been signed since.
    func lateCheckpoint(covering index: UInt64, policy: LogPolicy) -> SignedCheckpoint? {
        lateQuorums[policy.fileHash].flatMap { $0.checkpoint.size > index ? $0 : nil }
    }

    /// Keeps what witnesses have said of former trees: there are receipts of what those hold.
    private func keepLate(except checkpoint: SignedCheckpoint, _ policies: [TaskPolicy]) async throws {
        for late in await witnesses.takeLate(except: checkpoint) {
            guard let stored = try await context.store.checkpoint(ofSize: late.checkpoint.checkpoint.size)
            else { continue }
            let known = try stored.signed
            guard known.note.text == late.checkpoint.note.text else { continue }
            let lines = CheckpointLines(policies, own: witnesses.ownKeys(of: known))
            let cosigned = try lines.carrying(lines.standing(on: known) + late.cosignatures, on: known)
            guard cosigned != known else { continue }
            let kept = try await keep(cosigned, over: stored, policies)
            for task in policies where task.policy.evaluate(kept).isAccepted {
                let size = lateQuorums[task.policy.fileHash]?.checkpoint.size ?? 0
                if kept.checkpoint.size >= size { lateQuorums[task.policy.fileHash] = kept }
            }
        }
    }

    private func render() async throws -> SignedCheckpoint {
        guard let signer = context.keys.log else { throw LogKeeperError.notALog }
        // A node that was restored must find out before it ends or signs anything.
        try await firstLook.wait()
        let policies = try await context.logPolicies()
        try await confirmClock(signer, policies)
        // Taken before the tree is made: what has ended by then is in it.
        let moment = try await clock.moment()
        // No word waits for longer than its promise (``QueueWait``), so the tree has what the time needs.
        try await numbering.complete(dueAt: moment.time)
        let head = try await extendTiles()
        guard head.size > 0 else { throw LogKeeperError.emptyLog }
        if let latest, latest.checkpoint.head == head, isDone(latest, policies) { return latest }

        let checkpoint = try await cosigned(head, signer, policies, moment)
        if checkpoint != latest { try await publish(checkpoint) }
        latest = checkpoint
        return checkpoint
    }

    /// Has the witnesses cosign a tree that is known already, without a time of the leader, where the clock needs it.
    private func confirmClock(_ signer: NoteSigner, _ policies: [TaskPolicy]) async throws {
        guard !policies.isEmpty, try await clock.needsConfirmation() else { return }
        // What waits for nothing: at least the tasks' entries, so that there is a tree to ask about.
        try await numbering.complete(dueAt: 0)
        var head = try await extendTiles()
        guard head.size > 0 else { return }
        if let stored = try await context.store.largestCheckpoint() {
            head = TreeHead(size: stored.size, root: stored.root)
        }
        let own = try SignedCheckpoint(
            Checkpoint(origin: signer.verifier.name, size: head.size, root: head.root), signedBy: signer)
        // Stored before anybody sees it, as every checkpoint; for a size that is stored, nothing changes.
        _ = try await context.store.recordCheckpoint(
            StoredCheckpoint(size: head.size, root: head.root, note: own.serialized()))
        try await context.generation?.settle()
        let (cosigned, failures) = try await witnesses.cosigned(own, policies: policies)
        guard policies.contains(where: { $0.policy.evaluate(cosigned).isAccepted }) else {
            throw failures.first ?? LogKeeperError.quorumNotMet(policies[0].policy.evaluate(cosigned))
        }
        let now = context.now()
        guard
            policies.contains(where: { $0.policy.evaluate(cosigned, witnessTimes: LeaderTime.around(now)).isAccepted })
        else {
            throw LogKeeperError.clockWrong(now)
        }
        await clock.confirm(now)
    }

    /// Whether nothing can be added: the witnesses have signed, and confirm the leader's time.
    private func isDone(_ checkpoint: SignedCheckpoint, _ policies: [TaskPolicy]) -> Bool {
        witnesses.isComplete(checkpoint, policies)
            && policies.allSatisfy { task in
                let time = LeaderTime.judge(
                    checkpoint, leaderKey: context.keys.statementPublicKey, policy: task.policy)
                if time.isConfirmed { return true }
                return false
            }
    }

    /// Signs the tree, stores the note, then has it cosigned. What was stored for this size before is what counts, unless
    /// its time is too old to be confirmed.
    private func cosigned(
        _ head: TreeHead, _ signer: NoteSigner, _ policies: [TaskPolicy], _ moment: LeaderClock.Moment
    ) async throws -> SignedCheckpoint {
        let stored = try await context.store.checkpoint(ofSize: head.size)
        if let known = try stored?.signed, isDone(known, policies) { return known }
        let base: StoredCheckpoint
        if let known = stored, await clock.isFresh(try known.signed) {
            base = known
        } else {
            base = try await signed(head, signer, moment, insteadOf: stored)
        }
        let before = try base.signed

        // What the entries say was counted with them; now it leaves the node.
        try await context.generation?.settle()
        try await keepLate(except: before, policies)
        let (cosigned, failures) = try await witnesses.cosigned(before, policies: policies, wanted: currentlyWanted)
        for failure in failures {
            context.logger.warning("a witness did not cosign", metadata: ["reason": "\(failure)"])
        }
        // What the witnesses signed is kept even where it is not enough yet.
        let kept = try await keep(cosigned, over: base, policies)
        guard WitnessRound.isPublishable(kept, policies) else {
            if let failure = failures.first { throw failure }
            guard let policy = policies.first else { return kept }
            throw LogKeeperError.quorumNotMet(policy.policy.evaluate(kept))
        }
        return kept
    }

    /// Stores what the witnesses signed, together with what other processes have had them sign on the same note meanwhile.
    /// Where one of those has signed the tree again, its note is the one that stays.
    private func keep(
        _ cosigned: SignedCheckpoint, over read: StoredCheckpoint, _ policies: [TaskPolicy]
    ) async throws -> SignedCheckpoint {
        var (kept, base) = (cosigned, read)
        while try kept != base.signed {
            let bytes = kept.serialized()
            let stored = try await context.store.recordCosignatures(bytes, on: base)
            if stored.note != base.note || stored.cosignedNote == bytes || stored == base { break }
            base = stored
            kept = try await witnesses.joining(kept, try stored.signed, policies)
        }
        return kept
    }

    /// The tree under the log's signature and the leader's time, stored before anybody sees it. Of several processes that sign it
    /// at once, the one whose note is stored first counts for all of them.
    private func signed(
        _ head: TreeHead, _ signer: NoteSigner, _ moment: LeaderClock.Moment, insteadOf former: StoredCheckpoint?
    ) async throws -> StoredCheckpoint {
        var own = try SignedCheckpoint(
            Checkpoint(origin: signer.verifier.name, size: head.size, root: head.root), signedBy: signer)
        try await clock.stamp(&own, at: moment)
        let new = StoredCheckpoint(size: head.size, root: head.root, note: own.serialized())
        var before = former
        if before == nil {
            let present = try await context.store.recordCheckpoint(new)
            if present == new { return new }
            if await clock.isFresh(try present.signed) { return present }
            before = present
        }
        return try await context.store.renewCheckpoint(new, insteadOf: before ?? new)
    }

    private func extendTiles() async throws -> TreeHead {
        var open: TileWriter
        if let writer {
            open = writer
        } else {
            let directory = context.configuration.logDirectory
            open = try await context.workers.run { try TileWriter(directory: directory) }
        }
        let size = try await context.store.logSize()
        while open.head.size < size {
            let start = open.head.size
            let limit = Int(min(size - start, UInt64(Self.chunk)))
            let entries = try await context.store.logEntries(from: start, limit: limit)
            guard !entries.isEmpty else { break }
            // Before a checkpoint is over them.
            try await blobFiles.write(
                entries.flatMap { (try? LedgerEntry(decoding: $0))?.blobHashes ?? [] }, of: context.store)
            let before = open
            open = try await context.workers.run {
                var after = before
                _ = try after.append(entries: entries, startingAt: start)
                return after
            }
        }
        writer = open
        return open.head
    }

    private func publish(_ checkpoint: SignedCheckpoint) async throws {
        guard let before = writer else { return }
        writer = try await context.workers.run {
            var after = before
            try after.publish(checkpoint)
            return after
        }
    }
}

extension StoredCheckpoint {
    /// The note, with the cosignatures that are known.
    fileprivate var signed: SignedCheckpoint {
        get throws { try SignedCheckpoint(parsing: cosignedNote ?? note) }
    }
}
