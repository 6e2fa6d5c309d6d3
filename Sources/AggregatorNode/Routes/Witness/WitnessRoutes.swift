import DAP
import Datastore
import Hummingbird
import NodeAPI
import TransparencyLog

/// The HTTP interface of C2SP tlog-witness over the module's pure rules. Anybody may call it: a request is
/// authenticated by the checkpoint's signature, and the worst that a stranger can do is to show us a genuine newer
/// checkpoint.
package struct WitnessRoutes: Sendable {
    let store: any WitnessStore
    let cosigner: Cosigner
    /// Submission and monitoring prefix, below the server's URL.
    let prefix: String
    /// Whether a log of the store is still watched.
    let trusts: @Sendable (WitnessedLog) -> Bool
    let halt: HaltSwitch?
    let generation: Generation?
    /// Called when more of a log has been cosigned.
    let cosignedMore: @Sendable () -> Void
    /// POSIX seconds.
    let now: @Sendable () -> UInt64

    package init(
        store: any WitnessStore, cosigner: Cosigner, prefix: String = API.helperWitnessPrefix,
        trusts: @escaping @Sendable (WitnessedLog) -> Bool = { _ in true }, halt: HaltSwitch? = nil,
        generation: Generation? = nil, cosignedMore: @escaping @Sendable () -> Void = {},
        now: @escaping @Sendable () -> UInt64
    ) {
        self.store = store
        self.cosigner = cosigner
        self.prefix = prefix
        self.trusts = trusts
        self.halt = halt
        self.generation = generation
        self.cosignedMore = cosignedMore
        self.now = now
    }

    package func addRoutes(to routes: inout RouteTable) {
        routes.add(API.addCheckpoint.below(prefix)) { request, _ in try await addCheckpoint(request) }
        routes.add(API.witnessed.below(prefix)) { _, parameters in
            try await checkpoint(originHash: parameters.parameters.get("origin") ?? "")
        }
    }

    /// POST `{prefix}/add-checkpoint`
    private func addCheckpoint(_ request: Request) async throws -> Response {
        let body = try await request.bytes(of: API.addCheckpoint)
        do {
            let answer = try await cosign(AddCheckpointRequest(parsing: body))
            return .bytes(answer, type: "text/plain; charset=utf-8")
        } catch let refusal as WitnessRefusal {
            return .bytes(refusal.body, type: refusal.contentType, status: .init(code: refusal.status))
        }
    }

    /// Decides, stores, cosigns. The head is replaced only while it is the one that the decision was about; when
    /// another request was faster, the decision is made again, and mostly turns into a conflict.
    private func cosign(_ request: AddCheckpointRequest) async throws -> [UInt8] {
        let origin = request.checkpoint.checkpoint.origin
        try await generation?.ready()
        for _ in 0..<8 {
            let log = try await store.witnessedLog(origin: origin).flatMap { trusts($0) ? $0 : nil }
            let known = log.flatMap { try? NoteVerifier(vkey: $0.vkey) }
            let latest = log?.latest.map { TreeHead(size: $0.size, root: $0.root) }
            let own = OwnCheckpoint(key: cosigner.verifier)
            if log != nil, let contradiction = own.contradiction(of: request.checkpoint, to: latest) {
                await halt?.halt(contradiction)
                throw NodeError.unavailable(contradiction, retryAfter: 600)
            }
            switch Witness(logs: known.map { [$0] } ?? []).decide(request, latest: latest) {
            case .refuse(let refusal): throw refusal
            case .accept(let acceptance):
                let time = now()
                let (answer, note) = try acceptance.cosigned(by: cosigner, timestamp: time)
                let isStored =
                    if let stored = log?.latest, acceptance.previous == acceptance.head {
                        try await renew(stored, of: origin, by: note, at: time)
                    } else {
                        try await store.advanceWitness(
                            origin: origin, previous: acceptance.previous?.size,
                            to: WitnessedCheckpoint(
                                size: acceptance.head.size, root: acceptance.head.root, note: note.serialized()))
                    }
                guard isStored else { continue }
                try await generation?.settle()
                if acceptance.previous != acceptance.head { cosignedMore() }
                return answer
            }
        }
        throw NodeError.unavailable("Other checkpoints of the log keep arriving.", retryAfter: 1)
    }

    /// The tree that is remembered, submitted again: mostly there is nothing to write, and nothing to count ever.
    ///
    /// - Returns: false if another request was faster.
    private func renew(
        _ stored: WitnessedCheckpoint, of origin: String, by note: SignedCheckpoint, at time: UInt64
    ) async throws -> Bool {
        let served = try SignedCheckpoint(parsing: stored.note)
        guard let renewed = served.renewed(by: note, cosigner: cosigner.verifier, now: time) else { return true }
        return try await store.renewWitnessNote(origin: origin, from: stored.note, to: renewed.serialized())
    }

    /// GET `{prefix}/<sha256(origin)>/checkpoint`, for monitors.
    private func checkpoint(originHash: String) async throws -> Response {
        let wanted = "\(originHash)/checkpoint"
        let log = try await store.witnessedLogs().first { Witness.monitoringPath(origin: $0.origin) == wanted }
        guard let latest = log?.latest else {
            throw NodeError.http(404, "This witness has cosigned no checkpoint of that log.")
        }
        try await generation?.settle()
        return .bytes(latest.note, type: "text/plain; charset=utf-8")
    }
}
