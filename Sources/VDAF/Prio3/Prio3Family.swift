import Secrets

/// What Prio3 and the types built like it have in common: messages, encodings, the last step of verification, and
/// aggregation.
///
/// A type says how long its vectors and its joint-randomness parts are (``lengths``), and brings sharding and the first
/// steps of verification.
public protocol Prio3Family: OneRoundVDAF
where
    Field: NTTFieldElement, PublicShare == Prio3PublicShare, InputShare == Prio3InputShare<Field>,
    VerifierState == Prio3VerifierState<Field>, VerifierShare == Prio3VerifierShare<Field>,
    VerifierMessage == Prio3VerifierMessage
{
    /// Lengths of what messages hold.
    var lengths: Prio3Lengths { get }
}

/// Lengths of what messages of a ``Prio3Family`` type hold, which follow from its parameters.
public struct Prio3Lengths: Sendable, Equatable {
    /// Elements of a measurement share.
    let measurement: Int
    /// Elements of the shares of all proofs.
    let proofs: Int
    /// Elements of the shares of all verifiers.
    let verifiers: Int
    /// Bytes of a seed.
    let seed: Int
    /// Bytes of a blind, and of the joint-randomness seed; 0 for types without joint randomness.
    let blind: Int
    /// Bytes of an aggregator's joint-randomness part; 0 for types without.
    let part: Int
}

extension Prio3Family {
    public func verifyNext(
        context: [UInt8], state: VerifierState, message: VerifierMessage
    ) throws(VDAFError) -> VerifyTransition<VerifierState, VerifierShare, OutputShare> {
        guard constantTimeEqual(state.jointRandomnessSeed ?? [], message.jointRandomnessSeed ?? []) else {
            throw .jointRandomnessMismatch
        }
        return .finished(outputShare: state.outputShare)
    }

    public func outputShare(of state: VerifierState) -> [Field] {
        state.outputShare
    }

    public func jointRandomnessPartMatches(_ state: VerifierState) -> Bool {
        state.jointRandomnessPartMatches
    }

    public func aggregateInit(_ aggregationParameter: Void) -> AggregateShare {
        AggregateShare(repeating: .zero, count: outputLength)
    }

    /// - Precondition: The output share is one of this type.
    public func aggregateUpdate(_ share: inout AggregateShare, with outputShare: OutputShare) {
        Field.addVector(&share, outputShare)
    }

    public func merge(_ shares: [AggregateShare]) throws(VDAFError) -> AggregateShare {
        var sum = aggregateInit(())
        for share in shares {
            guard share.count == outputLength else {
                throw .invalidArgument("an aggregate share has \(outputLength) elements, not \(share.count)")
            }
            Field.addVector(&sum, share)
        }
        return sum
    }

    /// - Throws: `.invalidArgument` unless there is one share per aggregator and at least one measurement.
    func checkUnshard(_ aggregateShares: [AggregateShare], measurementCount: Int) throws(VDAFError) {
        guard aggregateShares.count == shares else {
            throw .invalidArgument("expected \(shares) aggregate shares, got \(aggregateShares.count)")
        }
        guard measurementCount >= 1 else {
            throw .invalidArgument("an aggregate needs at least one measurement")
        }
    }
}
