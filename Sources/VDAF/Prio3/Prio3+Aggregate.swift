/// Aggregation (VDAF-20 sections 7.2.4 and 7.2.5) and what committed types need of a Prio3 type.
extension Prio3: Prio3Family {
    public var outputLength: Int { circuit.outputLength }
    public var coordinateBound: UInt128 { circuit.coordinateBound }

    public var lengths: Prio3Lengths {
        let blind = usesJointRandomness ? Seeds.seedSize : 0
        return Prio3Lengths(
            measurement: circuit.measurementLength, proofs: flp.proofLength * proofs,
            verifiers: flp.verifierLength * proofs, seed: Seeds.seedSize, blind: blind, part: blind)
    }

    /// - Throws: `.invalidArgument` unless there is one share per aggregator. Sums are not checked against the number of
    ///   measurements, because aggregators may have added noise.
    public func unshard(
        aggregationParameter: Void, aggregateShares: [AggregateShare], measurementCount: Int
    ) throws(VDAFError) -> AggregateResult {
        try checkUnshard(aggregateShares, measurementCount: measurementCount)
        return try circuit.decode(
            Field.canonicalValues(merge(aggregateShares)), measurementCount: measurementCount)
    }

    public func decode(aggregate: [UInt128], measurementCount: Int) throws(VDAFError) -> AggregateResult {
        guard aggregate.count == outputLength, measurementCount >= 1 else {
            throw .invalidArgument("expected \(outputLength) sums over at least one measurement")
        }
        let (bound, overflow) = coordinateBound.multipliedReportingOverflow(by: UInt128(measurementCount))
        for (index, sum) in aggregate.enumerated() where !overflow && sum > bound {
            throw .aggregateOutOfRange(
                "coordinate \(index) is \(sum), but \(measurementCount) measurements add up to at most \(bound)")
        }
        return try circuit.decode(aggregate, measurementCount: measurementCount)
    }

    @inline(__always)
    func output(
        of inputShare: InputShare, context: [UInt8], aggregatorID: Int
    ) throws(VDAFError) -> [Field] {
        try checkContext(context, xof: Seeds.self)
        switch inputShare {
        case .leader(let share, _, _) where aggregatorID == 0 && share.count == circuit.measurementLength:
            return share.withUnsafeBufferPointer { circuit.truncate($0) }
        case .helper(let seed, _) where 1..<shares ~= aggregatorID && seed.count == Seeds.seedSize:
            let share = helperMeasurementShares(context: context, aggregatorID: aggregatorID, seeds: [seed])
            return share.withUnsafeBufferPointer { circuit.truncate($0) }
        default:
            throw .invalidArgument("not an input share for aggregator \(aggregatorID) of this type")
        }
    }
}
