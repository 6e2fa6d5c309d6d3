import DAP

/// A message of the handshake: a body, and behind it a proof that its sender knows the operators' pre-shared key.
package protocol ProvedMessage: WireMessage {
    /// Of the proof.
    static var label: HandshakeKey.Label { get }
    var proof: [UInt8] { get }

    /// Everything in front of the proof, which is about it.
    func encodeUnproved(into writer: inout ByteWriter)
}

extension ProvedMessage {
    package func encode(into writer: inout ByteWriter) {
        encodeUnproved(into: &writer)
        writer.write(proof)
    }

    private var unproved: [UInt8] {
        var writer = ByteWriter()
        encodeUnproved(into: &writer)
        return writer.bytes
    }

    func proved(preSharedKey: [UInt8]) -> [UInt8] {
        HandshakeKey(preSharedKey: preSharedKey).proof(Self.label, unproved)
    }

    /// Whether the sender, or whoever wrote this before, knows the pre-shared key. Of a request nothing else follows, as it
    /// may be old; who sends an answer with the right request hash has answered that request.
    package func isProved(preSharedKey: [UInt8]) -> Bool {
        HandshakeKey(preSharedKey: preSharedKey).isValid(proof, Self.label, unproved)
    }
}
