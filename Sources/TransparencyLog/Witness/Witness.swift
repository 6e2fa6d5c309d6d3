// The rules of a witness (c2sp.org/tlog-witness).
//
// A witness remembers, for each log, the largest tree that it has cosigned, and cosigns another only with a proof that
// it extends that one. That is all it does, and enough: a log that wants to show two parties different trees needs the
// witness to forget.
//
// The rules are a pure function of the request and the remembered head, so that every refusal can be tested without a
// server. The caller owes it one thing: reading the remembered head, deciding, and storing the new one must be one
// transaction, on disk before the answer leaves; otherwise two requests at once can roll the memory back.

import Crypto
import Encodings

/// Why a witness does not cosign, with the answer that the protocol prescribes.
public enum WitnessRefusal: Error, Equatable, Sendable {
    /// The body is not a request: 400.
    case malformed(String)
    /// The old size is larger than the checkpoint's: 400.
    case oldSizeTooLarge(old: UInt64, checkpoint: UInt64)
    /// No known log has this origin: 404.
    case unknownLog(origin: String)
    /// No trusted key of the log has signed, or the signature of one does not verify: 403.
    case untrusted(NoteError)
    /// The old size is not that of the latest cosigned tree, which is in the answer: 409.
    case conflict(latest: UInt64)
    /// A tree without entries has one root, and this is not it: 422.
    case wrongEmptyRoot
    /// Nothing needs proving from the empty tree, yet there is a proof: 422.
    case unexpectedProof
    /// The new tree does not extend the latest cosigned one; if the proof is for the right sizes, the checkpoint is
    /// evidence against the log: 422.
    case inconsistent(MerkleError)

    /// HTTP status of the answer.
    public var status: Int {
        switch self {
        case .malformed, .oldSizeTooLarge: 400
        case .untrusted: 403
        case .unknownLog: 404
        case .conflict: 409
        case .wrongEmptyRoot, .unexpectedProof, .inconsistent: 422
        }
    }

    /// Media type of the answer.
    public var contentType: String {
        if case .conflict = self { "text/x.tlog.size" } else { "text/plain; charset=utf-8" }
    }

    /// Body of the answer: for a conflict the latest size, otherwise the reason in words.
    public var body: [UInt8] {
        if case .conflict(let latest) = self { Array("\(latest)\n".utf8) } else { Array("\(self)\n".utf8) }
    }
}

/// What a witness does with a request.
public enum WitnessDecision: Sendable, Equatable {
    /// Store the new head, then answer 200 with a cosignature.
    case accept(WitnessAcceptance)
    /// Answer as the refusal says; store nothing.
    case refuse(WitnessRefusal)
}

/// A tree that a witness may cosign, once the head is stored.
public struct WitnessAcceptance: Sendable, Hashable {
    /// The head that must still be the remembered one when `head` replaces it; nil if none was remembered.
    public let previous: TreeHead?
    /// The checkpoint with those signatures that trusted keys of its log made, and with the other lines in the log's own
    /// name, which nobody has checked (a log may state the time under another key); at most
    /// ``Witness/mostForeignLines`` of these.
    public let checkpoint: SignedCheckpoint

    /// The head to remember.
    public var head: TreeHead { checkpoint.checkpoint.head }
    /// The log to remember it for.
    public var origin: String { checkpoint.checkpoint.origin }

    /// Cosigns. Call this after the head has been stored durably.
    ///
    /// - Parameters:
    ///   - cosigner: the witness's key.
    ///   - timestamp: now, in seconds since 1970; not 0.
    /// - Returns: the body of the answer, and the checkpoint to serve at `Witness.monitoringPath`.
    public func cosigned(
        by cosigner: Cosigner, timestamp: UInt64
    ) throws(NoteError) -> (responseBody: [UInt8], monitoringCheckpoint: SignedCheckpoint) {
        let signature = try cosigner.cosign(checkpoint.checkpoint, timestamp: timestamp)
        var cosigned = checkpoint
        try cosigned.append(signature)
        return (Array(signature.line.utf8), cosigned)
    }
}

/// A witness's configuration: the logs that it watches.
public struct Witness: Sendable {
    private let logs: [NoteVerifier]

    /// How many signature lines by unknown keys in the log's name a witness passes on.
    public static let mostForeignLines = 4

    /// A witness for these logs. A log may have several keys; each has the log's origin as its name.
    public init(logs: [NoteVerifier]) {
        self.logs = logs
    }

    /// Decides on a request, in the order of checks that the specification gives.
    ///
    /// - Parameters:
    ///   - request: the parsed request.
    ///   - latest: the head that this witness cosigned last for `request.checkpoint.checkpoint.origin`; nil if none.
    public func decide(_ request: AddCheckpointRequest, latest: TreeHead?) -> WitnessDecision {
        do {
            return .accept(try accept(request, latest: latest))
        } catch {
            return .refuse(error)
        }
    }

    /// Where a witness serves its latest cosigned checkpoint of a log, below its monitoring prefix.
    public static func monitoringPath(origin: String) -> String {
        Hex.encode(SHA256.hash(data: Array(origin.utf8)).map(\.self)) + "/checkpoint"
    }

    private func accept(
        _ request: AddCheckpointRequest, latest: TreeHead?
    ) throws(WitnessRefusal) -> WitnessAcceptance {
        let checkpoint = request.checkpoint.checkpoint
        let keys = logs.filter { ASCII.same($0.name, checkpoint.origin) }
        guard !keys.isEmpty else { throw .unknownLog(origin: checkpoint.origin) }
        let signed: SignedCheckpoint
        do {
            let signatures = try request.checkpoint.note.verify(with: keys).map(\.signature)
            let foreign = request.checkpoint.note.signatures.filter { line in
                ASCII.same(line.name, checkpoint.origin) && !keys.contains { $0.matches(line) }
            }
            signed = try SignedCheckpoint(
                checkpoint, signatures: signatures + foreign.prefix(Self.mostForeignLines))
        } catch {
            throw .untrusted(error)
        }
        guard request.oldSize <= checkpoint.size else {
            throw .oldSizeTooLarge(old: request.oldSize, checkpoint: checkpoint.size)
        }
        guard request.oldSize == latest?.size ?? 0 else { throw .conflict(latest: latest?.size ?? 0) }
        if checkpoint.size == 0 {
            guard checkpoint.root == MerkleTree.emptyRoot else { throw .wrongEmptyRoot }
        }
        if let latest, latest.size > 0 {
            do {
                try MerkleTree.verifyConsistency(from: latest, to: checkpoint.head, proof: request.proof)
            } catch {
                throw .inconsistent(error)
            }
        } else {
            guard request.proof.isEmpty else { throw .unexpectedProof }
        }
        return WitnessAcceptance(previous: latest, checkpoint: signed)
    }
}
