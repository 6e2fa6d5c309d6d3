/// The prover's half of a Fiat-Shamir transcript: hashes and writes every message in one step, so that none can be
/// sent without being bound, or in another order (draft-irtf-cfrg-fiat-shamir-03, section 'Implementation guidance').
///
/// The verifier's half is `ArgumentVerifier`.
package struct ArgumentProver<G: Group> {
    /// The argument so far: the prover's messages one after the other.
    package private(set) var bytes: [UInt8] = []
    private var sponge: DuplexSponge

    /// - Parameters:
    ///   - statement: the whole instance in a prefix-free encoding. Whatever the verifier's decision depends on must be
    ///     in it: leaving out a public coefficient is the 'Frozen Heart' defect.
    package init(_ session: SessionID, suite: HashSuite, statement: [UInt8]) {
        precondition(!statement.isEmpty, "the encoded statement must not be empty")
        sponge = DuplexSponge(session, suite: suite)
        sponge.absorb(statement)
    }

    /// - Throws: `GroupError.identity`, which an honest prover meets with negligible probability.
    package mutating func send(_ element: G.Element) throws(GroupError) {
        send(encoded: try G.encode(element))
    }

    package mutating func send(_ scalar: G.Scalar) {
        send(encoded: G.encode(scalar))
    }

    /// Bytes whose length the verifier knows.
    package mutating func send(encoded message: [UInt8]) {
        sponge.absorb(message)
        bytes += message
    }

    /// The verifier's next message, a scalar.
    package mutating func challenge() -> G.Scalar {
        G.scalar(uniform: sponge.squeeze(G.uniformScalarSize))
    }
}
