/// Poplar1, the two-round VDAF behind heavy hitters (VDAF-20 section 8): counts how many measurements, strings of `bits`
/// bits, begin with each of the candidate prefixes that the collector asks for.
///
/// A client shares, by an IDPF, the function on the tree of all prefixes that is 1 on the path to its string. At the
/// candidates, which are all of one length, the aggregators hold shares of a vector that must be zero, or one at one
/// position. They check this by an *arithmetic sketch* (eprint 2021/017 section 4.2): with a random r_i per candidate,
/// for a vector x of that kind (Σ r_i·x_i)² = Σ r_i²·x_i, and for others hardly ever. A second IDPF value k·x_i, with k
/// known to the client only, keeps the sums from saying anything to an aggregator that adds to its shares. The products
/// of shared values are made with correlated randomness that the client supplies, in two rounds.
///
/// The correlated randomness serves once per level: a report must never be verified twice at the same level.
/// ``isValid(aggregationParameter:previous:)`` says whether a parameter may follow others, and must be asked before a
/// parameter is used.
///
/// - Warning: Counts of inner levels are there to find the next candidates and for nothing else. At inner levels a client
///   can make its report count for either of two prefixes of its choice, whichever is a candidate (VDAF-20 section 9.5).
public struct Poplar1: VDAF {
    public typealias Measurement = BitString
    public typealias AggregationParameter = Poplar1AggregationParameter
    public typealias PublicShare = IdpfPublicShare
    public typealias InputShare = Poplar1InputShare
    public typealias OutputShare = Poplar1Vector
    public typealias AggregateShare = Poplar1Vector
    public typealias AggregateResult = [UInt128]
    public typealias VerifierState = Poplar1VerifierState
    public typealias VerifierShare = Poplar1Vector
    public typealias VerifierMessage = Poplar1VerifierMessage

    typealias Seeds = XofTurboShake128

    public let algorithmID: UInt32 = 0x0000_0006
    public let shares = 2
    public let rounds = 2
    public let nonceSize = 16
    public let verifyKeySize = Seeds.seedSize
    /// The IDPF's randomness and three seeds.
    public let randSize = Idpf.randSize + 3 * Seeds.seedSize

    /// The length of a measurement.
    public var bits: Int { idpf.bits }

    let idpf: Idpf

    /// - Parameter bits: The length of a measurement, 1 to 65,536.
    /// - Throws: `.invalidParameter` for other lengths.
    public init(bits: Int) throws(VDAFError) {
        idpf = try Idpf(valueLength: 2, bits: bits)
    }

    /// The stream of a seed under one of Poplar1's usages.
    func stream(
        _ usage: DomainSeparation.Poplar1Usage, seed: [UInt8], context: [UInt8], binder: [UInt8]
    ) -> Seeds {
        let tag = DomainSeparation.tag(algorithmID: algorithmID, usage: usage, context: context)
        return Seeds(seed: seed, domainSeparationTag: tag, binder: binder)
    }
}
