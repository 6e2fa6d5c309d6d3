import Ristretto255
import VDAF

/// A VDAF whose reports carry commitments to their output shares, so that anybody can check the published aggregate.
///
/// `Committed<V>` wraps a one-round V for two aggregators; V runs unchanged inside, under its own id and context.
/// With p the field modulus of V, x the output of a report (every coordinate in [0, M], or in [-M, M] for signed types)
/// and x_0, x_1 its output shares, read as integers in [0, p):
///
/// - The client publishes C_j = Com(x_j; r_j) for both shares and sends r_j to aggregator j.
/// - Each aggregator checks its own C_j against its own share (`LinkCheck`), without a further round.
/// - Aggregate shares are the *unreduced* integer sums S_j = Σ x_j with R_j = Σ r_j mod ℓ, so that
///   Σ C_j = Com(S_j; R_j) can be checked by everyone (`PublicCheck`).
///
/// **The margin rule.** x_0 + x_1 is x or x + p: congruent to x, and below 2p. If it were x, then x_0 ≤ x ≤ M. So when
/// every coordinate of x_0 exceeds M, x_0 + x_1 = x + p exactly, in every coordinate, and
///
///     C := C_0 + C_1 - p·ΣG_k = Com(x; r_0 + r_1)
///
/// commits to exactly x. For signed types x + 2p is a third possibility, of x < 0, and takes x_0 > p - 1 - M: so their
/// rule is that x_0 is in [M + 1, p - 1 - M]. C is what credit is proved about, and A = S_0 + S_1 - m·p is the aggregate as an integer.
/// The sum of wrap-arounds, which would tell something about the inputs, is the constant m. Clients draw new randomness
/// until the rule holds (they hardly ever have to, and since x_0 alone is uniform, how often says nothing about x); the
/// leader rejects reports that break it. The helper cannot see a violation: only x_0 and x together show it.
///
/// **What a malicious client can do.** With both aggregators honest, nothing: C_j opens to the share that is summed,
/// V's proof makes x valid, and the margin rule makes C a commitment to x. With a lying aggregator at its side it can
/// contribute an invalid input, as in all of Prio, but whatever was logged stays bound: Σ C_j has one opening. What a
/// lying leader can pass by skipping the margin rule alone is a wrapped coordinate. C then commits to x_k - p, which
/// spoils nobody's credit but the client's own (a credit note proves its range), and A_k drops by p, below zero as long
/// as m·M < p (`Capacity`): the batch is void, which a lying aggregator can bring about anyway.
public struct Committed<V: OneRoundVDAF>: Sendable {
    /// The wrapped VDAF.
    public let base: V

    /// 0xFFFFC000 + n, with n the id of V (1 to 7), or from 0x100 on for private types.
    public let algorithmID: UInt32

    /// Wraps a VDAF for two aggregators.
    ///
    /// - Throws: `VDAFError.invalidParameter` if V is not for two aggregators and one round, if no committed type is
    ///   defined for its id, or if V breaks the σ rule (`SigmaRule`).
    public init(_ base: V) throws(VDAFError) {
        try self.init(withoutSigmaRule: base)
        do {
            try SigmaRule.check(base)
        } catch {
            throw .invalidParameter(error.description)
        }
    }

    /// Wraps without the σ rule: for tests that have to see margin violations happen.
    package init(withoutSigmaRule base: V) throws(VDAFError) {
        guard let number = base.committedNumber else {
            throw .invalidParameter(
                "committed VDAF: no committed type is defined for 0x\(String(base.algorithmID, radix: 16))")
        }
        guard base.shares == 2, base.rounds == 1 else {
            throw .invalidParameter(
                "committed VDAF: needs 2 aggregators and 1 round, not \(base.shares) and \(base.rounds)")
        }
        guard base.coordinateBound < (V.Field.modulus - 1) / (base.isSigned ? 2 : 1) else {
            throw .invalidParameter("committed VDAF: bound \(base.coordinateBound) leaves no margin in the field")
        }
        self.base = base
        algorithmID = CommittedID.id(ofNumber: number)
    }

    // MARK: Messages

    /// V's public share and the commitments to both output shares. Encoding: V's ‖ C_0 ‖ C_1.
    public struct PublicShare: Sendable {
        /// V's own public share.
        public let base: V.PublicShare
        /// C_0 and C_1, to both output shares.
        public let commitments: CommitmentPair

        package init(base: V.PublicShare, commitments: CommitmentPair) {
            self.base = base
            self.commitments = commitments
        }
    }

    /// V's input share and the blind of the aggregator's commitment. Encoding: V's ‖ r_j.
    public struct InputShare: Sendable {
        /// V's own input share.
        public let base: V.InputShare
        /// r_j, which with the output share opens C_j. Secret.
        public let blind: Scalar

        package init(base: V.InputShare, blind: Scalar) {
            self.base = base
            self.blind = blind
        }
    }

    /// A verified share x_j with its blind. Encoding: V's output share ‖ r_j.
    public struct OutputShare: Sendable, Equatable {
        /// x_j, the share's coordinates. Secret.
        public let coordinates: [V.Field]
        /// r_j. Secret.
        public let blind: Scalar

        package init(coordinates: [V.Field], blind: Scalar) {
            self.coordinates = coordinates
            self.blind = blind
        }
    }

    /// What an aggregator keeps between the two steps of verification: of a report whose link has been checked.
    public struct VerifierState: Sendable {
        let base: V.VerifierState
        let blind: Scalar
    }

    public typealias Measurement = V.Measurement
    public typealias AggregationParameter = Void
    public typealias AggregateShare = CommittedAggregateShare
    public typealias AggregateResult = V.AggregateResult
    public typealias VerifierShare = V.VerifierShare
    public typealias VerifierMessage = V.VerifierMessage
}

/// The commitments to the leader's and the helper's output share.
public struct CommitmentPair: Sendable, Hashable {
    /// C_0.
    public let leader: Commitment
    /// C_1.
    public let helper: Commitment

    package init(leader: Commitment, helper: Commitment) {
        self.leader = leader
        self.helper = helper
    }

    /// The commitment to the share of aggregator 0 or 1.
    package subscript(aggregatorID: Int) -> Commitment {
        aggregatorID == 0 ? leader : helper
    }
}

/// An aggregator's share of an aggregate: unreduced integer sums and the sum of the blinds.
///
/// Encoding: per coordinate the sum in (field size + 8) little-endian bytes, then R_j in 32 bytes.
public struct CommittedAggregateShare: Sendable, Equatable {
    /// S_j.
    package var sums: IntegerVector

    /// R_j = Σ r_j mod ℓ.
    public package(set) var blind: Scalar

    package init(sums: IntegerVector, blind: Scalar) {
        self.sums = sums
        self.blind = blind
    }
}
