/// Non-interactive proofs of knowledge of a relation's witness, for one application (draft-irtf-cfrg-sigma-protocols-03,
/// section 'Non-interactive Sigma Protocols').
///
///     let proofs = SigmaProofs<Ristretto255TurboShake128>(application: "example.org/login/v1")
///     let proof = try proofs.prove(relation, witness: [m, r], .compact, using: &generator)
///     try proofs.verify(proof, of: relation, .compact)
///
/// Prover and verifier each make the relation and name the application themselves. A proof is not unique: whoever knows
/// the witness can make any number, so a proof is neither a nullifier nor protection against replay.
public struct SigmaProofs<Suite: Ciphersuite>: Sendable {
    /// The suite's group.
    public typealias G = Suite.G

    /// How a proof is written down. Both are equally sound; a proof of one flavour is none of the other.
    public enum Flavor: String, Sendable, CaseIterable {
        /// Commitment and response: many can be verified at once, by `verifyBatch`.
        case batchable = "DSFS"
        /// Challenge and response: shorter where the commitment is longer than a scalar.
        case compact = "CMPT"
    }

    private let batchableSession: SessionID
    private let compactSession: SessionID

    /// - Parameter application: names what the proofs are for, and a version; it may also bind freshness or an audience.
    ///   It must differ from that of any other use of the same suite.
    public init(application: String) {
        func session(_ flavor: Flavor) -> SessionID {
            SessionID(tag: Array("\(application)-\(flavor.rawValue)-with-\(Suite.identifier)".utf8), suite: Suite.hash)
        }
        batchableSession = session(.batchable)
        compactSession = session(.compact)
    }

    package func session(_ flavor: Flavor) -> SessionID {
        switch flavor {
        case .batchable: batchableSession
        case .compact: compactSession
        }
    }

    /// Bytes in a proof.
    public static func size(of relation: LinearRelation<G>, _ flavor: Flavor) -> Int {
        let head =
            switch flavor {
            case .batchable: G.elementSize * relation.equations.count
            case .compact: G.scalarSize
            }
        return head + G.scalarSize * relation.scalarCount
    }

    /// Proves in constant time with respect to the witness.
    ///
    /// - Parameter generator: cryptographically secure and never rewound: two proofs from the same random scalars reveal
    ///   the witness.
    /// - Throws: `SigmaError.wrongWitnessCount`, `.falseWitness`.
    public func prove(
        _ relation: LinearRelation<G>, witness: [G.Scalar], _ flavor: Flavor,
        using generator: inout some RandomNumberGenerator
    ) throws(SigmaError) -> [UInt8] {
        guard witness.count == relation.scalarCount else {
            throw .wrongWitnessCount(expected: relation.scalarCount, actual: witness.count)
        }
        guard relation.map(secret: witness) == relation.images else { throw .falseWitness }
        let prover = SigmaProtocol<G>.Prover(relation, witness: witness, using: &generator)
        let commitmentBytes = try Self.encode(prover.commitment)
        let challenge = challenge(flavor, relation, commitment: commitmentBytes)
        let response = prover.response(to: challenge)
        let head =
            switch flavor {
            case .batchable: commitmentBytes
            case .compact: G.encode(challenge)
            }
        return head + G.encode(response)
    }

    /// Returns if the proof is one of the relation, for this application, in this flavour. Variable time: all is public.
    ///
    /// - Throws: `SigmaError`.
    public func verify(_ proof: [UInt8], of relation: LinearRelation<G>, _ flavor: Flavor) throws(SigmaError) {
        switch flavor {
        case .batchable:
            let transcript = try transcript(proof, of: relation)
            guard
                SigmaProtocol<G>.accepts(
                    relation, commitment: transcript.commitment, challenge: transcript.challenge,
                    response: transcript.response)
            else { throw .rejected }
        case .compact:
            try Self.checkSize(proof, of: relation, .compact)
            let scalars = try Self.decodeScalars(proof[...])
            let response = Array(scalars.dropFirst())
            let commitment = SigmaProtocol<G>.simulateCommitment(relation, response: response, challenge: scalars[0])
            let expected = challenge(.compact, relation, commitment: try Self.encode(commitment))
            guard scalars[0] == expected else { throw .rejected }
        }
    }

    /// `DeriveChallenge`.
    package func challenge(_ flavor: Flavor, _ relation: LinearRelation<G>, commitment: [UInt8]) -> G.Scalar {
        var sponge = DuplexSponge(session(flavor), suite: Suite.hash)
        sponge.absorb(relation.encoding)
        sponge.absorb(commitment)
        return G.scalar(uniform: sponge.squeeze(G.uniformScalarSize))
    }

    /// The three messages of a batchable proof.
    struct Transcript {
        var commitment: [G.Element]
        var challenge: G.Scalar
        var response: [G.Scalar]
    }

    func transcript(_ proof: [UInt8], of relation: LinearRelation<G>) throws(SigmaError) -> Transcript {
        try Self.checkSize(proof, of: relation, .batchable)
        let split = G.elementSize * relation.equations.count
        var commitment: [G.Element] = []
        for start in stride(from: 0, to: split, by: G.elementSize) {
            do {
                commitment.append(try G.decodeElement(proof[start..<start + G.elementSize]))
            } catch {
                throw .malformed(error)
            }
        }
        return Transcript(
            commitment: commitment,
            challenge: challenge(.batchable, relation, commitment: Array(proof[..<split])),
            response: try Self.decodeScalars(proof[split...]))
    }

    private static func checkSize(
        _ proof: [UInt8], of relation: LinearRelation<G>, _ flavor: Flavor
    ) throws(SigmaError) {
        let expected = size(of: relation, flavor)
        guard proof.count == expected else { throw .wrongLength(expected: expected, actual: proof.count) }
    }

    private static func decodeScalars(_ bytes: ArraySlice<UInt8>) throws(SigmaError) -> [G.Scalar] {
        var scalars: [G.Scalar] = []
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: G.scalarSize) {
            do {
                scalars.append(try G.decodeScalar(bytes[start..<start + G.scalarSize]))
            } catch {
                throw .malformed(error)
            }
        }
        return scalars
    }

    private static func encode(_ commitment: [G.Element]) throws(SigmaError) -> [UInt8] {
        do {
            return try G.encode(commitment)
        } catch {
            throw .identityCommitment
        }
    }
}
