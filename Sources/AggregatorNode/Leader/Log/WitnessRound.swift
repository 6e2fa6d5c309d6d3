import Encodings
import TransparencyLog

/// Asks all witnesses that some task's policy names, at the same time.
///
/// The policies decide when a checkpoint counts, and so how long this takes: once each of them has its quorum, whoever
/// has not answered gets a moment more, and then goes without. A witness that fails is left alone for a growing time, so
/// that one dead witness of three does not slow every checkpoint down.
actor WitnessRound {
    private let context: NodeContext
    private var clients: [WitnessClient.Endpoint: WitnessClient] = [:]

    /// How long witnesses may take after the quorum is complete.
    private static let grace: Duration = .milliseconds(300)

    init(context: NodeContext) {
        self.context = context
    }

    private enum Event: Sendable {
        case cosigned([NoteSignature])
        case failed(any Error)
        case graceEnded
    }

    /// The checkpoint with the cosignatures that could be had, and why the others could not.
    func cosigned(
        _ checkpoint: SignedCheckpoint, policies: [TaskPolicy]
    ) async throws -> (checkpoint: SignedCheckpoint, failures: [any Error]) {
        let missing = await missingWitnesses(checkpoint, policies)
        guard !missing.isEmpty else { return (checkpoint, []) }
        return try await withThrowingTaskGroup(of: Event.self) { group in
            for (endpoint, client) in missing {
                group.addTask {
                    do { return .cosigned(try await client.cosignatures(on: checkpoint, from: endpoint)) } catch {
                        return .failed(error)
                    }
                }
            }
            var cosigned = checkpoint
            var failures: [any Error] = []
            var isComplete = false
            var waiting = missing.count
            while waiting > 0, let event = try await group.next() {
                switch event {
                case .cosigned(let signatures):
                    waiting -= 1
                    // What has no room is that witness's failure: the others' cosignatures count without it.
                    do { try cosigned.add(signatures) } catch { failures.append(error) }
                case .failed(let error):
                    waiting -= 1
                    failures.append(error)
                case .graceEnded: waiting = 0
                }
                if !isComplete, self.isComplete(cosigned, policies) {
                    isComplete = true
                    group.addTask {
                        try? await Task.sleep(for: Self.grace)
                        return .graceEnded
                    }
                }
            }
            group.cancelAll()
            try Task.checkCancellation()
            return (cosigned, failures)
        }
    }

    /// Whether every policy is satisfied and the helper, if it is a witness, has signed: it reads the log no further
    /// than it has cosigned, whatever the policies demand.
    nonisolated func isComplete(_ checkpoint: SignedCheckpoint, _ policies: [TaskPolicy]) -> Bool {
        guard policies.allSatisfy({ $0.policy.evaluate(checkpoint).isAccepted }) else { return false }
        return Self.endpoints(policies).allSatisfy { endpoint in
            !endpoint.isPeer || endpoint.keys.contains { Self.hasSigned($0, checkpoint) }
        }
    }

    private static func hasSigned(_ key: NoteVerifier, _ checkpoint: SignedCheckpoint) -> Bool {
        checkpoint.note.signatures.contains { $0.keyID == key.keyID && ProtocolText.same($0.name, key.name) }
    }

    /// The witnesses whose signature the checkpoint lacks, but for those that are resting.
    private func missingWitnesses(
        _ checkpoint: SignedCheckpoint, _ policies: [TaskPolicy]
    ) async -> [(WitnessClient.Endpoint, WitnessClient)] {
        var missing: [(WitnessClient.Endpoint, WitnessClient)] = []
        for endpoint in Self.endpoints(policies) {
            if endpoint.keys.allSatisfy({ Self.hasSigned($0, checkpoint) }) { continue }
            let client = clients[endpoint] ?? WitnessClient(context: context)
            clients[endpoint] = client
            if await client.isResting { continue }
            missing.append((endpoint, client))
        }
        return missing
    }

    /// Where the witnesses of these policies are: at the URL behind their name, the helper's of the task where there is none.
    static func endpoints(_ policies: [TaskPolicy]) -> [WitnessClient.Endpoint] {
        var keys: [String: [NoteVerifier]] = [:]
        var order: [String] = []
        for task in policies {
            for witness in task.policy.witnesses {
                let prefix = witness.url.flatMap { BaseURL($0) }?.string ?? task.helperWitness
                if keys[prefix] == nil { order.append(prefix) }
                if keys[prefix]?.contains(witness.verifier) != true {
                    keys[prefix, default: []].append(witness.verifier)
                }
            }
        }
        let helpers = Set(policies.map(\.helperWitness))
        return order.map {
            let isPeer = helpers.contains($0)
            return .init(prefix: $0, keys: keys[$0] ?? [], isPeer: isPeer, isNeeded: isPeer && helpers.count == 1)
        }
    }
}

extension SignedCheckpoint {
    /// Adds all lines or none.
    fileprivate mutating func add(_ signatures: [NoteSignature]) throws(NoteError) {
        var longer = self
        for signature in signatures { try longer.append(signature) }
        self = longer
    }
}
