/// A report's public share: every aggregator's joint-randomness part, in order; empty for types without joint
/// randomness. Encoding: the parts one after the other.
public struct Prio3PublicShare: Sendable, Equatable {
    /// Of each aggregator, in order.
    public var jointRandomnessParts: [[UInt8]]

    /// A public share of these parts.
    public init(jointRandomnessParts: [[UInt8]]) {
        self.jointRandomnessParts = jointRandomnessParts
    }
}

/// What one aggregator gets of a report, secret. `blind` exists for types with joint randomness only.
///
/// Only the leader's share is long: helpers expand theirs from a seed.
public enum Prio3InputShare<Field: NTTFieldElement>: Sendable, Equatable {
    /// Encoding: measurement share ‖ proofs share ‖ blind.
    case leader(measurementShare: [Field], proofsShare: [Field], blind: [UInt8]?)
    /// Encoding: seed ‖ blind.
    case helper(seed: [UInt8], blind: [UInt8]?)

    /// A helper's seed.
    var seed: [UInt8] {
        if case .helper(let seed, _) = self { seed } else { [] }
    }

    var blind: [UInt8]? {
        switch self {
        case .leader(_, _, let blind), .helper(_, let blind): blind
        }
    }
}

/// What an aggregator keeps between `verifyInit` and `verifyNext`, secret.
public struct Prio3VerifierState<Field: NTTFieldElement>: Sendable, Equatable {
    package var outputShare: [Field]
    /// The joint-randomness seed that follows from the public share with this aggregator's own part put right; nil
    /// for types without joint randomness.
    package var jointRandomnessSeed: [UInt8]?
    /// Whether this aggregator's own joint-randomness part equals the one in the public share; true for types
    /// without.
    package var jointRandomnessPartMatches: Bool
}

/// What an aggregator publishes to the others. Encoding: verifiers share ‖ joint-randomness part.
public struct Prio3VerifierShare<Field: NTTFieldElement>: Sendable, Equatable {
    /// One verifier per proof, concatenated.
    package var verifiersShare: [Field]
    /// Nil for types without joint randomness.
    package var jointRandomnessPart: [UInt8]?
}

/// The combined verifier shares. Encoding: the seed.
public struct Prio3VerifierMessage: Sendable, Equatable {
    /// Nil for types without joint randomness.
    package var jointRandomnessSeed: [UInt8]?
}
