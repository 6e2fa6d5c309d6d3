/// Aggregation, and what committed types need.
extension BoundedL2: Prio3Family {
    public var outputLength: Int { dimension }
    /// B: no coordinate of a vector of norm B is beyond it.
    public var coordinateBound: UInt128 { UInt128(encoding.integerBound) }
    public var isSigned: Bool { true }

    /// ⌈2·√d·B⌉: two vectors are at most 2B apart, and the sum of d absolute values is at most √d times the norm.
    public var outputDistance: UInt128 {
        Self.outputDistance(dimension: dimension, integerBound: encoding.integerBound)
    }

    /// ``outputDistance`` of a type that need not be built.
    ///
    /// - Precondition: The bound is below 2^32.
    package static func outputDistance(dimension: Int, integerBound: UInt64) -> UInt128 {
        (4 * UInt128(dimension) * UInt128(integerBound) * UInt128(integerBound)).squareRootRoundedUp
    }

    public var lengths: Prio3Lengths {
        Prio3Lengths(
            measurement: measurementLength, proofs: proofsLength, verifiers: verifiersLength, seed: Seeds.seedSize,
            blind: Seeds.seedSize, part: partSize)
    }

    /// - Throws: `.invalidArgument` unless there is one share per aggregator and at least one measurement. Sums are not
    ///   checked against the number of measurements, because aggregators may have added noise.
    public func unshard(
        aggregationParameter: Void, aggregateShares: [AggregateShare], measurementCount: Int
    ) throws(VDAFError) -> BoundedL2Sum {
        try checkUnshard(aggregateShares, measurementCount: measurementCount)
        return BoundedL2Sum(
            integers: Field.canonicalValues(try merge(aggregateShares)).map(Self.signed),
            fractionalBits: encoding.fractionalBits)
    }

    public func decode(aggregate: [UInt128], measurementCount: Int) throws(VDAFError) -> BoundedL2Sum {
        guard aggregate.count == dimension, measurementCount >= 1, aggregate.allSatisfy({ $0 < Field.modulus }) else {
            throw .invalidArgument("expected \(dimension) sums modulo p over at least one measurement")
        }
        let integers = aggregate.map(Self.signed)
        let bound = UInt128(measurementCount) * coordinateBound
        for (index, sum) in integers.enumerated() where sum.magnitude > bound {
            throw .aggregateOutOfRange(
                "coordinate \(index) is \(sum), but \(measurementCount) measurements add up to at most ±\(bound)")
        }
        return BoundedL2Sum(integers: integers, fractionalBits: encoding.fractionalBits)
    }

    /// The integer in (-p/2, p/2) that `residue` is modulo p.
    private static func signed(_ residue: UInt128) -> Int128 {
        Int128(truncatingIfNeeded: residue > Field.modulus / 2 ? residue &- Field.modulus : residue)
    }

    public func outputShare(
        context: [UInt8], aggregatorID: Int, inputShare: InputShare
    ) throws(VDAFError) -> [Field] {
        try checkContext(context, xof: Seeds.self)
        switch inputShare {
        case .leader(let share, _, _) where aggregatorID == 0 && share.count == measurementLength:
            return Array(share.prefix(dimension))
        case .helper(let seed, _) where aggregatorID == 1 && seed.count == Seeds.seedSize:
            var share = helperMeasurementShare(context: context, seed: seed)
            share.removeLast(measurementLength - dimension)
            return share
        default:
            throw .invalidArgument("not an input share for aggregator \(aggregatorID) of this type")
        }
    }
}
