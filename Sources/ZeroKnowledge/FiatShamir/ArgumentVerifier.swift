/// The verifier's half of a Fiat-Shamir transcript: reads and hashes every message in one step.
///
/// It repeats what `ArgumentProver` did, then `finish()` makes sure that nothing follows.
package struct ArgumentVerifier<G: Group> {
    private var sponge: DuplexSponge
    private var rest: ArraySlice<UInt8>

    package init(_ session: SessionID, suite: HashSuite, statement: [UInt8], argument: [UInt8]) {
        precondition(!statement.isEmpty, "the encoded statement must not be empty")
        sponge = DuplexSponge(session, suite: suite)
        sponge.absorb(statement)
        rest = argument[...]
    }

    package mutating func receiveElement() throws(FiatShamirError) -> G.Element {
        let message = try receive(G.elementSize)
        do {
            return try G.decodeElement(message)
        } catch {
            throw .group(error)
        }
    }

    package mutating func receiveScalar() throws(FiatShamirError) -> G.Scalar {
        let message = try receive(G.scalarSize)
        do {
            return try G.decodeScalar(message)
        } catch {
            throw .group(error)
        }
    }

    /// The next `count` bytes, hashed.
    package mutating func receive(_ count: Int) throws(FiatShamirError) -> ArraySlice<UInt8> {
        let message = try ByteCodec.read(count, &rest)
        sponge.absorb(Array(message))
        return message
    }

    /// The verifier's next message, a scalar.
    package mutating func challenge() -> G.Scalar {
        G.scalar(uniform: sponge.squeeze(G.uniformScalarSize))
    }

    /// - Throws: `FiatShamirError.trailingBytes`.
    package func finish() throws(FiatShamirError) {
        try ByteCodec.requireEnd(rest)
    }
}
