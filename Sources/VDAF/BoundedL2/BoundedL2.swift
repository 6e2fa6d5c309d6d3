/// Sums of vectors of real numbers whose Euclidean norm is bounded, for two aggregators, at little more than one field
/// element a coordinate: model updates that no single contributor can blow up.
///
/// It is a profile of PINE (arXiv 2311.10237) on VDAF-20's proof system; `Protocols/bounded-l2-vector.md` specifies it
/// and derives its errors. A vector x of real numbers becomes integers X_k, nearest to x_k·2^f, and what is enforced is
///
///     Σ_k X_k² ≤ B²,      B = ⌊bound·2^f⌋, as integers.
///
/// Instead of proving a range for each coordinate, as Prio3 does, the client proves three things:
///
/// - *Norm*: the v that it states in bits is in [0, B²], and Σ X_k² = v modulo p (`NormEqualityCircuit`).
/// - *No wraparound*: the sum of squares did not go past p. In 104 tests the vector is multiplied by a random sign vector
///   z in {-1, 0, 1}^d that nobody chose; the result is small for a short vector, and for one whose sum of squares wraps
///   it is small with probability at most 1/2 a test (`SignDotProducts`). The aggregators compute ⟨z, X⟩ on their
///   shares, and the client proves in bits that it is in range.
/// - *Bits*: everything that should be a bit is one (`BoundedNormCircuit`).
///
/// The signs and the circuit's joint randomness are hashes of all shares, in two steps, because the bits depend on the
/// signs: an aggregator's joint-randomness part is a *wraparound part*, which binds its share of the vector, followed
/// by a *verification part*, which binds the rest. Messages are Prio3's with parts of twice the length.
public struct BoundedL2<Field: NTTFieldElement>: VDAF {
    public typealias Measurement = [Double]
    public typealias AggregationParameter = Void
    public typealias PublicShare = Prio3PublicShare
    public typealias InputShare = Prio3InputShare<Field>
    public typealias OutputShare = [Field]
    public typealias AggregateShare = [Field]
    public typealias AggregateResult = BoundedL2Sum
    public typealias VerifierState = Prio3VerifierState<Field>
    public typealias VerifierShare = Prio3VerifierShare<Field>
    public typealias VerifierMessage = Prio3VerifierMessage
    typealias Seeds = XofHmacSha256Aes128

    /// d: the number of coordinates.
    public let dimension: Int
    /// How reals become integers: f, and B.
    public let encoding: FixedPointEncoding
    /// Parameters of the wraparound tests.
    package let wraparound: WraparoundTests
    let normEquality: FullyLinearProof<NormEqualityCircuit<Field>>
    let boundedNorm: FullyLinearProof<BoundedNormCircuit<Field>>
    /// 1/2, the verifiers' stand-in for the constant 1.
    let shareOfOne: Field

    public var algorithmID: UInt32 { 0xFFFF_2001 }
    public var committedNumber: UInt32? { 0x101 }
    public var shares: Int { 2 }
    public var rounds: Int { 1 }
    public var nonceSize: Int { 16 }
    public var verifyKeySize: Int { Seeds.seedSize }
    /// The helper's seed and blind, the leader's blind, and the seed of the prover's randomness.
    public var randSize: Int { 4 * Seeds.seedSize }

    /// Proofs of the norm: its circuit has no joint randomness, so nobody can search for proofs offline.
    package static var normEqualityProofs: Int { Field.encodedSize > 8 ? 1 : 2 }
    /// Proofs of the other checks: with joint randomness, at least 3 over a 64-bit field (VDAF-20 section 9.7).
    package static var boundedNormProofs: Int { Field.encodedSize > 8 ? 1 : 3 }

    /// The longest vector that is supported. Soundness needs d·2W < p/2 (`Protocols/bounded-l2-vector.md` §6), which
    /// this and the largest W see to.
    public static var maximalDimension: Int { 1 << 24 }

    /// - Parameters:
    ///   - normBound: The largest Euclidean norm, positive.
    ///   - fractionalBits: f, 0 to 63: coordinates are rounded to multiples of 2^-f.
    ///   - dimension: d, 1 to 2^24.
    /// - Throws: `.invalidParameter` for values out of range, or bound·2^f below 1 or too large for the field: the
    ///   page gives the limits: 33,979,171 over Field64, and below 2^32 over Field128.
    public init(normBound: Double, fractionalBits: Int, dimension: Int) throws(VDAFError) {
        try self.init(
            encoding: FixedPointEncoding(normBound: normBound, fractionalBits: fractionalBits), dimension: dimension)
    }

    /// The same for a bound that is given as the integer B.
    public init(encoding: FixedPointEncoding, dimension: Int) throws(VDAFError) {
        self.dimension = dimension
        self.encoding = encoding
        let parts = try Self.parts(encoding: encoding, dimension: dimension)
        wraparound = parts.wraparound
        normEquality = FullyLinearProof(circuit: parts.normEquality)
        boundedNorm = FullyLinearProof(circuit: parts.boundedNorm)
        shareOfOne = Field(2).inverted()
    }

    /// Checks parameters, at a fraction of what the tables of a type take.
    ///
    /// - Throws: what ``init(encoding:dimension:)`` throws.
    package static func check(encoding: FixedPointEncoding, dimension: Int) throws(VDAFError) {
        _ = try parts(encoding: encoding, dimension: dimension)
    }

    private typealias Parts = (
        wraparound: WraparoundTests, normEquality: NormEqualityCircuit<Field>, boundedNorm: BoundedNormCircuit<Field>
    )

    private static func parts(encoding: FixedPointEncoding, dimension: Int) throws(VDAFError) -> Parts {
        guard 1...maximalDimension ~= dimension else {
            throw .invalidParameter("the dimension must be in 1...\(maximalDimension), not \(dimension)")
        }
        let wraparound = try WraparoundTests(integerBound: encoding.integerBound, field: Field.self)
        let norm = try RangeEncoding<Field>(maximum: encoding.squaredBound)
        return (
            wraparound, try NormEqualityCircuit(dimension: dimension, norm: norm),
            try BoundedNormCircuit(norm: norm, wraparound: wraparound)
        )
    }

    /// Elements of an encoded measurement: the vector, the bits of its squared norm, and those of the test results.
    package var measurementLength: Int { dimension + boundedNorm.circuit.bitCount }
    /// Elements of all proofs: those of the norm, then those of the other checks.
    package var proofsLength: Int {
        normEquality.proofLength * Self.normEqualityProofs + boundedNorm.proofLength * Self.boundedNormProofs
    }

    /// Elements of the verifiers of all proofs.
    var verifiersLength: Int {
        normEquality.verifierLength * Self.normEqualityProofs + boundedNorm.verifierLength * Self.boundedNormProofs
    }
    /// Bytes of a joint-randomness part: wraparound part ‖ verification part.
    var partSize: Int { 2 * Seeds.seedSize }

    /// The gadget of each proof system, for whoever computes errors and sizes.
    package var gadgetShapes: (normEquality: GadgetShape, boundedNorm: GadgetShape) {
        (normEquality.plans[0].shape, boundedNorm.plans[0].shape)
    }

    /// Elements of the range encoding of the squared norm.
    package var squaredNormBits: Int { boundedNorm.circuit.norm.bits }

    /// The range encoding of a squared norm.
    ///
    /// - Throws: `.invalidMeasurement` if it is above B².
    package func encode(squaredNorm: UInt64) throws(VDAFError) -> [Field] {
        var bits: [Field] = []
        try boundedNorm.circuit.norm.append(squaredNorm, to: &bits)
        return bits
    }
}

/// ``BoundedL2`` over Field64, the default.
public typealias BoundedL2Vector = BoundedL2<Field64>
/// ``BoundedL2`` over Field128: for committed vectors that break the σ rule over Field64, and bounds that do not fit it.
public typealias BoundedL2VectorField128 = BoundedL2<Field128>
