import DAP

/// What a Cairn node answers to a ``HandshakeRequest`` (`Protocols/handshake.md`, section 5).
///
/// ```
/// enum { absent(0), right(1), wrong(2), (255) } Credential;
/// struct {
///   HandshakeIdentity identity;
///   opaque request_hash[32];             // SHA-256 of the whole request
///   Credential token;                    // the request's bearer token
///   Credential psk;                      // the request's proof: right or wrong
///   TaskVerdict tasks<0..2^16-1>;        // the request's tasks, in its order
///   opaque extensions<0..2^16-1>;        // empty in version 1; readers ignore what they do not know
///   opaque proof[32];
/// } HandshakeAnswer;
/// ```
/// Whoever shows neither the token nor the pre-shared key gets an identity that says what `GET /cairn/info` says, no tasks,
/// and zeros for a proof.
package struct HandshakeAnswer: ProvedMessage, Equatable {
    package static let label = HandshakeKey.Label.answer
    package static let mediaType = "application/vnd.cairn.handshake-answer"

    package enum Credential: UInt8, Sendable {
        case absent = 0
        case right = 1
        case wrong = 2
    }

    /// What a node found out about the sender of a request, and says of itself.
    package struct Head: WireMessage, Equatable {
        package var identity: HandshakeIdentity
        package var requestHash: [UInt8]
        package var token: Credential
        package var psk: Credential

        package init(identity: HandshakeIdentity, requestHash: [UInt8], token: Credential, psk: Credential) {
            self.identity = identity
            self.requestHash = requestHash
            self.token = token
            self.psk = psk
        }

        package init(from reader: inout ByteReader) throws(CodecError) {
            identity = try HandshakeIdentity(from: &reader)
            requestHash = try reader.bytes(32, "request_hash")
            token = try Self.credential("token", &reader)
            psk = try Self.credential("psk", &reader)
            guard psk != .absent else { throw .invalidValue(field: "psk", reason: "every request has a proof") }
        }

        package func encode(into writer: inout ByteWriter) {
            identity.encode(into: &writer)
            writer.write(requestHash)
            writer.write(token.rawValue)
            writer.write(psk.rawValue)
        }

        private static func credential(
            _ field: String, _ reader: inout ByteReader
        ) throws(CodecError) -> Credential {
            let code = try reader.uint8(field)
            guard let credential = Credential(rawValue: code) else {
                throw .unsupported(field: field, value: UInt64(code))
            }
            return credential
        }

        /// Whether the sender has shown that it is the peer.
        package var isTrusting: Bool { token == .right || psk == .right }
    }

    package var head: Head
    package var tasks: [TaskVerdict]
    package var extensions: [UInt8]
    /// The sender knows the pre-shared key; zeros to a stranger.
    package var proof: [UInt8]

    /// The answer to the peer.
    ///
    /// - Parameter tasks: what the node found about the request's tasks, in order, with its own verification key where it
    ///   serves the task.
    package init(
        head: Head, tasks: [(id: TaskID, status: TaskVerdict.Status, verifyKey: [UInt8]?)], preSharedKey: [UInt8]
    ) {
        self.head = head
        let digest = HandshakeKey.digest(head.encoded())
        self.tasks = tasks.map { task in
            let key = task.verifyKey.map { HandshakeKey(verifyKey: $0, taskID: task.id) }
            return TaskVerdict(
                id: task.id, status: task.status,
                proof: key?.proof(.taskAnswer, TaskVerdict.statement(task.id, task.status, head: digest))
                    ?? TaskVerdict.noProof)
        }
        extensions = []
        proof = []
        proof = proved(preSharedKey: preSharedKey)
    }

    /// The answer to a stranger.
    package init(refusing head: Head) {
        self.head = head
        tasks = []
        extensions = []
        proof = TaskVerdict.noProof
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        head = try Head(from: &reader)
        var list = try reader.vector16("tasks")
        tasks = try list.list(of: TaskVerdict.self)
        guard tasks.count <= HandshakeRequest.mostTasks else {
            throw .tooLong(field: "tasks", maximum: HandshakeRequest.mostTasks)
        }
        extensions = try reader.opaque16("extensions")
        proof = try reader.bytes(HandshakeKey.proofSize, "proof")
    }

    package func encodeUnproved(into writer: inout ByteWriter) {
        head.encode(into: &writer)
        writer.vector16(tasks)
        writer.opaque16(extensions)
    }

    /// What the tasks' proofs are about besides the task.
    package var headDigest: [UInt8] { HandshakeKey.digest(head.encoded()) }
}

/// What the sender of an answer says about one task.
///
/// ```
/// enum { unknown(0), same_key(1), other_key(2), ended(3), on_announcement(4), (255) } TaskStatus;
/// struct { TaskID id; TaskStatus status; opaque proof[32]; } TaskVerdict;
/// ```
/// The proof is zeros unless the status is `same_key` or `other_key`.
package struct TaskVerdict: WireMessage, Equatable {
    package enum Status: UInt8, Sendable {
        /// The node was never told to serve the task.
        case unknown = 0
        /// It serves the task, and the request proves the verification key that it has.
        case sameKey = 1
        /// It serves the task, with another verification key.
        case otherKey = 2
        /// Its operator has ended the task.
        case ended = 3
        /// It was never told to serve the task, but takes tasks that requests announce.
        case onAnnouncement = 4

        fileprivate var hasProof: Bool { self == .sameKey || self == .otherKey }
    }

    package var id: TaskID
    package var status: Status
    package var proof: [UInt8]

    static let noProof = [UInt8](repeating: 0, count: HandshakeKey.proofSize)

    package init(id: TaskID, status: Status, proof: [UInt8]) {
        self.id = id
        self.status = status
        self.proof = status.hasProof ? proof : Self.noProof
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        id = try TaskID(from: &reader)
        let code = try reader.uint8("status")
        guard let status = Status(rawValue: code) else { throw .unsupported(field: "status", value: UInt64(code)) }
        self.status = status
        proof = try reader.bytes(HandshakeKey.proofSize, "proof")
        guard status.hasProof || proof == Self.noProof else {
            throw .invalidValue(field: "proof", reason: "a task that is not served has none")
        }
    }

    package func encode(into writer: inout ByteWriter) {
        id.encode(into: &writer)
        writer.write(status.rawValue)
        writer.write(proof)
    }

    static func statement(_ id: TaskID, _ status: Status, head digest: [UInt8]) -> [UInt8] {
        digest + id.bytes + [status.rawValue]
    }

    /// Whether the sender has this verification key, and says so in answer to the request that the head names.
    package func isProved(verifyKey: [UInt8], head digest: [UInt8]) -> Bool {
        HandshakeKey(verifyKey: verifyKey, taskID: id).isValid(
            proof, .taskAnswer, Self.statement(id, status, head: digest))
    }
}
