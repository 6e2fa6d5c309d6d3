/// Aggregation (VDAF-20 sections 7.2.4 and 7.2.5) and what committed types need of a Prio3 type.
extension Prio3: OneRoundVDAF {
    public var outputLength: Int { circuit.outputLength }
    public var coordinateBound: UInt128 { circuit.coordinateBound }

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

    /// - Throws: `.invalidArgument` unless there is one share per aggregator. Sums are not checked against the number of
    ///   measurements, because aggregators may have added noise.
    public func unshard(
        aggregationParameter: Void, aggregateShares: [AggregateShare], measurementCount: Int
    ) throws(VDAFError) -> AggregateResult {
        guard aggregateShares.count == shares else {
            throw .invalidArgument("expected \(shares) aggregate shares, got \(aggregateShares.count)")
        }
        guard measurementCount >= 1 else {
            throw .invalidArgument("an aggregate needs at least one measurement")
        }
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

    public func outputShare(of state: VerifierState) -> [Field] {
        state.outputShare
    }

    public func jointRandomnessPartMatches(_ state: VerifierState) -> Bool {
        state.jointRandomnessPartMatches
    }

    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    public func outputShares(
        context: [UInt8], nonce: [UInt8], inputShares: [InputShare]
    ) throws(VDAFError) -> [[Field]] {
        try checkArguments(nonce: nonce, context: context, xof: Seeds.self)
        guard inputShares.count == shares else {
            throw .invalidArgument("expected \(shares) input shares, got \(inputShares.count)")
        }
        var result: [[Field]] = []
        for (aggregatorID, inputShare) in inputShares.enumerated() {
            switch inputShare {
            case .leader(let share, _, _) where aggregatorID == 0 && share.count == circuit.measurementLength:
                result.append(share.withUnsafeBufferPointer { circuit.truncate($0) })
            case .helper(let seed, _) where aggregatorID > 0 && seed.count == Seeds.seedSize:
                let share = helperMeasurementShares(context: context, aggregatorID: aggregatorID, seeds: [seed])
                result.append(share.withUnsafeBufferPointer { circuit.truncate($0) })
            default:
                throw .invalidArgument("not an input share for aggregator \(aggregatorID) of this type")
            }
        }
        return result
    }
}
