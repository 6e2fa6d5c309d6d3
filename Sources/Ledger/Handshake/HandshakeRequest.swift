import DAP

/// The question of one Cairn node to the other whether they fit each other (`Protocols/handshake.md`, section 3).
///
/// ```
/// struct {
///   HandshakeIdentity identity;
///   TaskClaim tasks<0..2^16-1>;          // 1,000 at most
///   opaque extensions<0..2^16-1>;        // empty in version 1; readers ignore what they do not know
///   opaque proof[32];
/// } HandshakeRequest;
/// ```
package struct HandshakeRequest: ProvedMessage, Equatable {
    package static let label = HandshakeKey.Label.request
    package static let mediaType = "application/vnd.cairn.handshake-request"
    /// The most tasks that one handshake is about; a node with more asks several times.
    package static let mostTasks = 1_000

    package var identity: HandshakeIdentity
    package var tasks: [TaskClaim]
    package var extensions: [UInt8]
    /// The sender knows the pre-shared key.
    package var proof: [UInt8]

    /// A request of this version.
    ///
    /// - Parameter tasks: ids and verification keys.
    package init(
        identity: HandshakeIdentity, tasks: [(id: TaskID, verifyKey: [UInt8])], preSharedKey: [UInt8]
    ) {
        self.identity = identity
        let digest = HandshakeKey.digest(identity.encoded())
        self.tasks = tasks.prefix(Self.mostTasks).map { task in
            TaskClaim(
                id: task.id,
                proof: HandshakeKey(verifyKey: task.verifyKey, taskID: task.id).proof(
                    .taskRequest, TaskClaim.statement(task.id, identity: digest)))
        }
        extensions = []
        proof = []
        proof = proved(preSharedKey: preSharedKey)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        identity = try HandshakeIdentity(from: &reader)
        var list = try reader.vector16("tasks")
        tasks = try list.list(of: TaskClaim.self)
        guard tasks.count <= Self.mostTasks else { throw .tooLong(field: "tasks", maximum: Self.mostTasks) }
        extensions = try reader.opaque16("extensions")
        proof = try reader.bytes(HandshakeKey.proofSize, "proof")
    }

    package func encodeUnproved(into writer: inout ByteWriter) {
        identity.encode(into: &writer)
        writer.vector16(tasks)
        writer.opaque16(extensions)
    }

    /// What an answer names the request by.
    package var hash: [UInt8] { HandshakeKey.digest(encoded()) }
}

/// That the sender of a request has a task, and its verification key, which stays hidden.
///
/// ```
/// struct { TaskID id; opaque proof[32]; } TaskClaim;
/// ```
package struct TaskClaim: WireMessage, Equatable {
    package var id: TaskID
    package var proof: [UInt8]

    package init(id: TaskID, proof: [UInt8]) {
        self.id = id
        self.proof = proof
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        id = try TaskID(from: &reader)
        proof = try reader.bytes(HandshakeKey.proofSize, "proof")
    }

    package func encode(into writer: inout ByteWriter) {
        id.encode(into: &writer)
        writer.write(proof)
    }

    static func statement(_ id: TaskID, identity digest: [UInt8]) -> [UInt8] { digest + id.bytes }

    /// Whether the sender has this verification key, as far as a message that may be old can tell.
    package func isProved(verifyKey: [UInt8], identity digest: [UInt8]) -> Bool {
        HandshakeKey(verifyKey: verifyKey, taskID: id).isValid(
            proof, .taskRequest, Self.statement(id, identity: digest))
    }
}
