import Ristretto255
import VDAF

extension Committed: VDAF {
    public var shares: Int { base.shares }
    public var rounds: Int { base.rounds }
    public var nonceSize: Int { base.nonceSize }
    public var verifyKeySize: Int { base.verifyKeySize }

    /// Words of one unreduced sum: the field's and one more, so that 2^64 reports cannot overflow it.
    var wordsPerSum: Int { IntegerVector.wordsPerElement(of: V.Field.self) + 1 }

    public func aggregateInit(_ aggregationParameter: Void) -> CommittedAggregateShare {
        CommittedAggregateShare(
            sums: IntegerVector(count: base.outputLength, wordsPerValue: wordsPerSum), blind: .zero)
    }

    /// S_j += x_j as integers, R_j += r_j.
    ///
    /// - Precondition: an output share of this VDAF: `outputLength` coordinates.
    public func aggregateUpdate(_ share: inout CommittedAggregateShare, with outputShare: OutputShare) {
        share.sums.add(IntegerVector(canonical: outputShare.coordinates))
        share.blind += outputShare.blind
    }

    /// Takes an output share out again: a withdrawal, or a report that the other aggregator dropped.
    ///
    /// - Throws: `.aggregateOutOfRange` if a sum would be below zero, so that the output share cannot have been added; the
    ///   aggregate share is then unchanged.
    package func aggregateRemove(
        _ share: inout CommittedAggregateShare, outputShare: OutputShare
    ) throws(VDAFError) {
        let removed = IntegerVector(canonical: outputShare.coordinates)
        guard share.sums.subtract(removed) else {
            // Both wrap around, so adding puts back what was there.
            share.sums.add(removed)
            throw .aggregateOutOfRange("an output share is not part of the sum that it was to be taken out of")
        }
        share.blind -= outputShare.blind
    }

    /// The output share behind an input share: what verification releases if it succeeds.
    package func outputShare(
        context: [UInt8], aggregatorID: Int, inputShare: InputShare
    ) throws(VDAFError) -> OutputShare {
        OutputShare(
            coordinates: try base.outputShare(
                context: context, aggregatorID: aggregatorID, inputShare: inputShare.base),
            blind: inputShare.blind)
    }

    /// - Throws: `.invalidArgument` if the shares have different shapes or their sum is longer than 2^64 reports make.
    public func merge(_ shares: [CommittedAggregateShare]) throws(VDAFError) -> CommittedAggregateShare {
        var merged = aggregateInit(())
        for share in shares {
            try checkShape(share)
            guard merged.sums.add(share.sums) else {
                throw .invalidArgument("aggregate shares: a sum does not fit \(8 * wordsPerSum) bytes")
            }
            merged.blind += share.blind
        }
        return merged
    }

    /// A = S_0 + S_1 - m·p, which must lie in [0, m·M], or in [-m·M, m·M] for signed types; then V's decoding.
    ///
    /// The public check makes S_0 and S_1 the only integers that can be published for the logged commitments. If they
    /// pass it and A is out of range all the same, an aggregator let a report in that it had to refuse, or clients
    /// colluded with one; the batch is void, and nobody is named.
    ///
    /// - Throws: `.invalidArgument` for other than two shares, shares of other shapes, or a negative count;
    ///   `.aggregateOutOfRange`, naming the first coordinate that is out of range; what V's decoding throws.
    public func unshard(
        aggregationParameter: Void, aggregateShares: [CommittedAggregateShare], measurementCount: Int
    ) throws(VDAFError) -> V.AggregateResult {
        guard aggregateShares.count == 2 else {
            throw .invalidArgument("expected 2 aggregate shares, got \(aggregateShares.count)")
        }
        guard let count = UInt64(exactly: measurementCount) else {
            throw .invalidArgument("measurement count \(measurementCount) is negative")
        }
        for share in aggregateShares {
            try checkShape(share)
        }
        // A signed A is compared as A + m·M.
        let wraps = UInt256(product: count, V.Field.modulus - (base.isSigned ? base.coordinateBound : 0))
        let largest = UInt256(product: count, base.isSigned ? 2 * base.coordinateBound : base.coordinateBound)
        guard !base.isSigned || largest < UInt256(low: V.Field.modulus) else {
            throw .aggregateOutOfRange(
                "sums of \(count) measurements up to \(base.coordinateBound) do not fit the field")
        }
        var aggregate: [UInt128] = []
        aggregate.reserveCapacity(base.outputLength)
        for index in 0..<base.outputLength {
            let sum = aggregateShares[0].sums[index].adding(aggregateShares[1].sums[index])
            guard let value = sum?.subtracting(wraps), value <= largest, value.high == 0 else {
                throw .aggregateOutOfRange(
                    "coordinate \(index): S_0 + S_1 - m·p is not in [\(base.isSigned ? "-m·M" : "0"), m·M] "
                        + "for m = \(count), M = \(base.coordinateBound)")
            }
            aggregate.append(base.isSigned ? residue(value.low, lessHalfOf: largest.low) : value.low)
        }
        return try base.decode(aggregate: aggregate, measurementCount: measurementCount)
    }

    /// (value - range/2) mod p.
    private func residue(_ value: UInt128, lessHalfOf range: UInt128) -> UInt128 {
        value >= range / 2 ? value - range / 2 : V.Field.modulus - (range / 2 - value)
    }

    private func checkShape(_ share: CommittedAggregateShare) throws(VDAFError) {
        guard share.sums.count == base.outputLength, share.sums.wordsPerValue == wordsPerSum else {
            throw .invalidArgument(
                "aggregate share: expected \(base.outputLength) sums of \(8 * wordsPerSum) bytes, "
                    + "got \(share.sums.count) of \(8 * share.sums.wordsPerValue)")
        }
    }
}
