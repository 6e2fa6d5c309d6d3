/// The random oracle of the Fiat-Shamir transformation: what the prover says goes in, the verifier's messages come out
/// (draft-irtf-cfrg-fiat-shamir-03, section 'Duplex sponge').
///
/// Every output is the hash of the session identifier, padded to one block, and of everything absorbed so far. There
/// are no separators: absorbing `x`, then `y`, is absorbing `x ‖ y`, so that what is absorbed must be prefix-free.
/// Squeezes without anything absorbed in between continue one stream; squeezed bytes are never fed back.
///
/// It is a value. A copy taken after the statement was absorbed serves many proofs about that statement.
public struct DuplexSponge: Sendable {
    /// The hash that it was made with.
    public let suite: HashSuite

    private var absorbed: ExtendableOutput
    private var reader: ExtendableOutput?

    /// `Init(session_id)`.
    public init(_ session: SessionID, suite: HashSuite) {
        self.suite = suite
        absorbed = ExtendableOutput(suite)
        absorbed.absorb(session.bytes + [UInt8](repeating: 0, count: HashSuite.rate - SessionID.size))
    }

    /// `Absorb(x)`. Absorbing nothing changes nothing, not even the stream that is being squeezed.
    public mutating func absorb(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        absorbed.absorb(bytes)
        reader = nil
    }

    /// `Squeeze(n)`: the next `count` bytes of the current stream.
    ///
    /// - Precondition: `count` is not negative.
    public mutating func squeeze(_ count: Int) -> [UInt8] {
        var stream = reader ?? absorbed
        let output = stream.squeeze(count)
        reader = stream
        return output
    }
}
