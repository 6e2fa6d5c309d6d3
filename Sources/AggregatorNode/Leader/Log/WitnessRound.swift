import Encodings
import Ledger
import TransparencyLog

/// Asks all witnesses that some task's policy names, at the same time.
///
/// The policies decide when a checkpoint counts, and ``WitnessPatience`` how long a round takes. A request to a witness goes on
/// when the round has ended without it, one at a time for each: what it says then counts in the next round about the same
/// tree, or is kept with the tree that it is about (``takeLate(except:)``). A witness that fails is left alone for a growing time.
actor WitnessRound {
    private let context: NodeContext
    /// Called when a witness has answered that no round waits for.
    private let answeredLate: @Sendable () -> Void
    private var clients: [String: WitnessClient] = [:]
    /// By the witness's prefix.
    private var requests: [String: Request] = [:]

    /// What witnesses have said when no round waited for it any more, by their prefixes.
    private var late: [String: Late] = [:]
    private var standingStill = StandingStill()

    /// Something that a witness is asked for a round.
    private struct Question {
        let endpoint: WitnessClient.Endpoint
        let checkpoint: SignedCheckpoint
        let round: AsyncStream<Event>.Continuation

        var text: [UInt8] { checkpoint.note.text }
    }

    /// A request that is under way.
    private struct Request {
        /// The text of the checkpoint.
        let text: [UInt8]
        /// The round that waits for it.
        var round: AsyncStream<Event>.Continuation?
        /// What the witness is asked when it has answered, for a round that waits until then.
        var next: Question?
    }

    /// Cosignatures that no round has counted.
    struct Late: Sendable {
        let checkpoint: SignedCheckpoint
        let cosignatures: [VerifiedSignature]
    }

    private enum Event: Sendable {
        case answered(String, Result<[VerifiedSignature], any Error>)
        case timeIsUp
    }

    init(context: NodeContext, answeredLate: @escaping @Sendable () -> Void = {}) {
        self.context = context
        self.answeredLate = answeredLate
    }

    /// The checkpoint with the cosignatures that could be had, and why the others could not.
    ///
    /// - Parameter wanted: hashes of policies that somebody waits for: their witnesses are waited for although they were slow.
    func cosigned(
        _ checkpoint: SignedCheckpoint, policies: [TaskPolicy], wanted: Set<[UInt8]> = []
    ) async throws -> (checkpoint: SignedCheckpoint, failures: [any Error]) {
        let lines = CheckpointLines(policies, own: ownKeys(of: checkpoint))
        var cosignatures = lines.standing(on: checkpoint)
        let (events, round) = AsyncStream.makeStream(of: Event.self)
        var waiting: Set<String> = []
        var slow: Set<String> = []
        let start = ContinuousClock.now
        let wantedTasks = policies.filter { wanted.contains($0.policy.fileHash) }
        let patientFor = wantedTasks.filter { standingStill.isPossible(for: $0.peer, now: start) }
        // The keys of those who answer late, by their prefixes, where a quorum may be waited for that they are in.
        var lateKeys: [String: [NoteVerifier]] = [:]
        for endpoint in Self.endpoints(policies, otherwise: context.outside) {
            let prefix = endpoint.prefix
            if let known = late[prefix], known.checkpoint.note.text == checkpoint.note.text {
                cosignatures += known.cosignatures
                late[prefix] = nil
            }
            if endpoint.keys.allSatisfy({ key in cosignatures.contains { $0.verifier == key } }) { continue }
            let isLate = await client(at: prefix).isLate
            let isNeeded = isLate && Self.isAsked(prefix, by: patientFor)
            // One that has had its long round has the moment that everybody has.
            let isWanted = isNeeded || !isLate && Self.isAsked(prefix, by: wantedTasks)
            let question = Question(endpoint: endpoint, checkpoint: checkpoint, round: round)
            guard await ask(question, afterAnother: isNeeded) else { continue }
            waiting.insert(prefix)
            if isNeeded { lateKeys[prefix] = endpoint.keys }
            if await isSlow(endpoint), !isWanted { slow.insert(prefix) }
        }
        var cosigned = try lines.carrying(cosignatures, on: checkpoint)
        var failures: [any Error] = []
        var patience = WitnessPatience(start: start)
        var held: Set<String> = []
        var alarm: Task<Void, Never>?
        defer { alarm?.cancel() }
        while !waiting.isEmpty {
            let missing = lateKeys.filter { waiting.contains($0.key) }.flatMap(\.value)
            let needing = StandingStill.peers(of: patientFor, on: cosigned, late: Set(missing))
            let standing = WitnessPatience.Standing(
                isComplete: isComplete(cosigned, policies), isPublishable: Self.isPublishable(cosigned, policies),
                isAwaited: !waiting.isSubset(of: slow),
                isNeeded: !needing.isEmpty)
            if let end = patience.end(standing, now: .now) {
                alarm?.cancel()
                alarm = Task {
                    do { try await Task.sleep(until: end, clock: .continuous) } catch { return }
                    round.yield(.timeIsUp)
                }
            }
            let event = await Self.next(events)
            if standing.isPublishable, ContinuousClock.now - start > WitnessPatience.longest { held.formUnion(needing) }
            guard case .answered(let prefix, let outcome)? = event else { break }
            guard waiting.remove(prefix) != nil else { continue }
            switch outcome {
            case .success(let found): cosignatures += found
            case .failure(let error): failures.append(error)
            }
            cosigned = try lines.carrying(cosignatures, on: checkpoint)
        }
        standingStill.end(for: held, start: start, now: .now)
        for prefix in waiting {
            if requests[prefix]?.text == checkpoint.note.text { requests[prefix]?.round = nil }
            if requests[prefix]?.next?.text == checkpoint.note.text { requests[prefix]?.next = nil }
        }
        round.finish()
        try Task.checkCancellation()
        return (cosigned, failures)
    }

    /// A checkpoint with cosignatures that another process of the node has got on the same note, as far as there is room.
    func joining(
        _ checkpoint: SignedCheckpoint, _ other: SignedCheckpoint, _ policies: [TaskPolicy]
    ) throws -> SignedCheckpoint {
        let lines = CheckpointLines(policies, own: ownKeys(of: checkpoint))
        return try lines.carrying(lines.standing(on: other) + lines.standing(on: checkpoint), on: checkpoint)
    }

    private static func next(_ events: AsyncStream<Event>) async -> Event? {
        for await event in events { return event }
        return nil
    }

    nonisolated func ownKeys(of checkpoint: SignedCheckpoint) -> [NoteVerifier] {
        let time = try? LeaderTime.verifier(
            leaderKey: context.keys.statementPublicKey, origin: checkpoint.checkpoint.origin)
        return [context.keys.log?.verifier, time].compactMap(\.self)
    }

    // MARK: Requests

    /// Asks a witness, or waits for the answer to the same question.
    ///
    /// - Parameter afterAnother: whether to ask one that is being asked about another tree when it has answered.
    /// - Returns: false where it rests, or is being asked about another tree.
    private func ask(_ question: Question, afterAnother: Bool) async -> Bool {
        let prefix = question.endpoint.prefix
        let isResting = await client(at: prefix).isResting
        if let known = requests[prefix] {
            if known.text == question.text {
                requests[prefix]?.round = question.round
            } else if afterAnother {
                requests[prefix]?.next = question
            } else {
                return false
            }
            return true
        }
        guard !isResting else { return false }
        begin(question)
        return true
    }

    private func begin(_ question: Question) {
        let prefix = question.endpoint.prefix
        requests[prefix] = Request(text: question.text, round: question.round)
        let client = client(at: prefix)
        // Not a child task: the round may end before it.
        Task {
            let outcome: Result<[VerifiedSignature], any Error>
            do {
                outcome = .success(try await client.cosignatures(on: question.checkpoint, from: question.endpoint))
            } catch {
                outcome = .failure(error)
            }
            end(question, outcome)
        }
    }

    private func end(_ question: Question, _ outcome: Result<[VerifiedSignature], any Error>) {
        let prefix = question.endpoint.prefix
        guard let request = requests.removeValue(forKey: prefix) else { return }
        if let round = request.round {
            round.yield(.answered(prefix, outcome))
        } else if case .success(let found) = outcome, !found.isEmpty {
            late[prefix] = Late(checkpoint: question.checkpoint, cosignatures: found)
            answeredLate()
        }
        guard let next = request.next else { return }
        if case .failure = outcome { next.round.yield(.answered(prefix, outcome)) } else { begin(next) }
    }

    /// What was said when no round waited for it any more, of other trees than that of a checkpoint, about which there may be
    /// another round. Each once.
    func takeLate(except checkpoint: SignedCheckpoint) -> [Late] {
        let taken = late.filter { $0.value.checkpoint.note.text != checkpoint.note.text }
        for prefix in taken.keys { late[prefix] = nil }
        return Array(taken.values)
    }

    private func client(at prefix: String) -> WitnessClient {
        let client = clients[prefix] ?? WitnessClient(context: context)
        clients[prefix] = client
        return client
    }

    private func isSlow(_ endpoint: WitnessClient.Endpoint) async -> Bool {
        guard !endpoint.isNeeded else { return false }
        return await client(at: endpoint.prefix).isSlow
    }

    // MARK: What is enough

    /// Whether every policy is satisfied and the helper, if it is a witness, has signed: it reads the log no further
    /// than it has cosigned, whatever the policies demand.
    nonisolated func isComplete(_ checkpoint: SignedCheckpoint, _ policies: [TaskPolicy]) -> Bool {
        guard policies.allSatisfy({ $0.policy.evaluate(checkpoint).isAccepted }) else { return false }
        return Self.endpoints(policies, otherwise: context.outside).allSatisfy { endpoint in
            !endpoint.isPeer || endpoint.keys.contains { Self.hasSigned($0, checkpoint) }
        }
    }

    /// A log without policies is published with the log's signature alone; else at least one task must be satisfied.
    static func isPublishable(_ checkpoint: SignedCheckpoint, _ policies: [TaskPolicy]) -> Bool {
        policies.isEmpty || policies.contains { $0.policy.evaluate(checkpoint).isAccepted }
    }

    private static func hasSigned(_ key: NoteVerifier, _ checkpoint: SignedCheckpoint) -> Bool {
        checkpoint.note.signatures.contains { $0.keyID == key.keyID && ProtocolText.same($0.name, key.name) }
    }

    // MARK: Who is asked

    private static func isAsked(_ prefix: String, by tasks: [TaskPolicy]) -> Bool {
        tasks.contains { task in task.asked.contains { task.prefix(of: $0) == prefix } }
    }

    /// Where the witnesses of these policies are: at the URL behind their name, the helper's of the task where there is none.
    ///
    /// - Parameter client: asks those of tasks whose other aggregator is no peer.
    static func endpoints(_ policies: [TaskPolicy], otherwise client: PeerClient) -> [WitnessClient.Endpoint] {
        var keys: [String: [NoteVerifier]] = [:]
        var order: [(prefix: String, client: PeerClient)] = []
        for task in policies {
            for witness in task.asked {
                let prefix = task.prefix(of: witness)
                if keys[prefix] == nil { order.append((prefix, task.outside ?? client)) }
                if keys[prefix]?.contains(witness.verifier) != true {
                    keys[prefix, default: []].append(witness.verifier)
                }
            }
        }
        let helpers = Set(policies.map(\.helperWitness))
        return order.map {
            let isPeer = helpers.contains($0.prefix)
            return .init(
                prefix: $0.prefix, keys: keys[$0.prefix] ?? [], isPeer: isPeer,
                isNeeded: isPeer && helpers.count == 1, client: $0.client)
        }
    }
}
