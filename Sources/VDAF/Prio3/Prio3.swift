/// Prio3, the one-round VDAF from a fully linear proof (VDAF-20 section 7.2), for any validity circuit, XOF, number
/// of aggregators (2 to 255) and number of proofs (1 to 255).
///
/// The client encodes its measurement as a vector over the circuit's field, splits the vector and a proof of its
/// validity additively into one share per aggregator, and derives all shares but the leader's from seeds. Circuits
/// with *joint randomness* take it from a hash of all measurement shares (Fiat-Shamir); since nobody sees all of
/// them, each aggregator contributes the hash of its own share, its joint-randomness part.
///
/// Methods are compiled once for each of the types that `Prio3Types.swift` names; for any other circuit they work,
/// slowly.
public struct Prio3<Circuit: ValidityCircuit, Seeds: Xof>: VDAF {
    public typealias Field = Circuit.Field
    public typealias Measurement = Circuit.Measurement
    public typealias AggregationParameter = Void
    public typealias PublicShare = Prio3PublicShare
    public typealias InputShare = Prio3InputShare<Field>
    public typealias OutputShare = [Field]
    public typealias AggregateShare = [Field]
    public typealias AggregateResult = Circuit.AggregateResult
    public typealias VerifierState = Prio3VerifierState<Field>
    public typealias VerifierShare = Prio3VerifierShare<Field>
    public typealias VerifierMessage = Prio3VerifierMessage

    public let algorithmID: UInt32
    public let committedNumber: UInt32?
    public let shares: Int
    /// Number of proofs; the soundness error is raised to this power.
    public let proofs: Int
    /// What makes a measurement valid.
    public let circuit: Circuit
    package let flp: FullyLinearProof<Circuit>
    /// 1/shares, the verifiers' stand-in for the constant 1.
    let shareOfOne: Field

    public var rounds: Int { 1 }
    public var nonceSize: Int { 16 }
    public var verifyKeySize: Int { Seeds.seedSize }

    /// A seed per helper and one for the prover's randomness; with joint randomness also a blind per aggregator.
    public var randSize: Int {
        shares * Seeds.seedSize * (usesJointRandomness ? 2 : 1)
    }

    var usesJointRandomness: Bool { circuit.jointRandomnessLength > 0 }

    /// - Throws: `.invalidParameter` for a number of shares or proofs out of range, or too few proofs for the field: the
    ///   joint randomness of a 64-bit field can be searched for offline, which takes at least 3 proofs to make hopeless
    ///   (VDAF-20 section 9.7).
    public init(
        algorithmID: UInt32, committedNumber: UInt32? = nil, circuit: Circuit, shares: Int, proofs: Int
    ) throws(VDAFError) {
        guard 2...255 ~= shares else {
            throw .invalidParameter("the number of shares must be in 2...255, not \(shares)")
        }
        guard 1...255 ~= proofs else {
            throw .invalidParameter("the number of proofs must be in 1...255, not \(proofs)")
        }
        guard circuit.jointRandomnessLength == 0 || Field.encodedSize > 8 || proofs >= 3 else {
            throw .invalidParameter("a circuit with joint randomness over a 64-bit field needs at least 3 proofs")
        }
        self.algorithmID = algorithmID
        self.committedNumber = committedNumber ?? (1...7 ~= algorithmID ? algorithmID : nil)
        self.shares = shares
        self.proofs = proofs
        self.circuit = circuit
        flp = FullyLinearProof(circuit: circuit)
        shareOfOne = Field(UInt64(shares)).inverted()
    }
}
