/// A one-round VDAF without aggregation parameter whose output is a vector of bounded field elements.
///
/// This is what a committed VDAF needs of the VDAF that it wraps: access to the output shares before verification has
/// ended (a commitment is made to them), the bound that every honest coordinate obeys, and decoding of sums that were
/// added up as integers. All Prio3 types and the bounded-norm vectors conform.
public protocol OneRoundVDAF: VDAF
where AggregationParameter == Void, OutputShare == [Field], AggregateShare == [Field] {
    /// What output shares are vectors of.
    associatedtype Field: FieldElement

    /// n: the number of the type's committed form, whose id is 0xFFFFC000 + n; nil for a type that has none. The ids of the
    /// standard's types are their numbers, and private types have numbers from 0x100 on.
    var committedNumber: UInt32? { get }

    /// d: the number of coordinates of an output share.
    var outputLength: Int { get }

    /// M: every coordinate of a valid report's output is in [0, M], or in [-M, M] where `isSigned`.
    var coordinateBound: UInt128 { get }

    /// Whether coordinates may be negative. A negative integer -x stands for p - x, in vectors and in sums.
    var isSigned: Bool { get }

    /// L1: the largest Σ_k |x_k - x'_k| between the outputs x, x' of two valid reports.
    var outputDistance: UInt128 { get }

    /// The output share that verification will release if it succeeds. It must not be used before that, except to
    /// check this aggregator's own commitment.
    func outputShare(of state: VerifierState) -> [Field]

    /// Whether this aggregator's own joint-randomness part equals the one in the public share; true for types without
    /// joint randomness.
    ///
    /// `verifyInit` does not fail on a difference, because the standard's test vectors expect it to go on. Comparing
    /// *before* anything leaves the node closes a hole: otherwise one aggregator may accept what the other rejects.
    func jointRandomnessPartMatches(_ state: VerifierState) -> Bool

    /// Starts verification of all reports of an aggregation job, which is faster than one by one.
    ///
    /// - Parameter threads: How many threads to spread the reports over; 1 stays on the calling thread.
    /// - Returns: In the order of `reports`, what
    ///   ``VDAF/verifyInit(verifyKey:context:aggregatorID:aggregationParameter:nonce:publicShare:inputShare:)`` returns
    ///   or throws. One report's failure never touches another's result.
    func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        reports: [VerificationRequest<PublicShare, InputShare>], threads: Int
    ) -> [Result<(state: VerifierState, share: VerifierShare), VDAFError>]

    /// The output share behind an input share: what verification releases if it succeeds.
    ///
    /// For clients, and for an aggregator that has to take a verified report out of a sum again and kept only the input
    /// share, because a helper's is shorter.
    ///
    /// - Throws: `.invalidArgument` for an input share of another aggregator or type.
    func outputShare(context: [UInt8], aggregatorID: Int, inputShare: InputShare) throws(VDAFError) -> [Field]

    /// Decodes coordinate sums that were added up as integers; a negative one, -a, is given as p - a.
    ///
    /// - Throws: `.aggregateOutOfRange` if a sum exceeds what `measurementCount` valid reports can add up to.
    func decode(aggregate: [UInt128], measurementCount: Int) throws(VDAFError) -> AggregateResult
}

extension OneRoundVDAF {
    /// The output shares of all aggregators, in order of aggregator ID, computed from freshly made input shares.
    ///
    /// For clients, which hold all shares; an aggregator only ever has its own.
    ///
    /// - Throws: `.invalidArgument` unless there is an input share of each aggregator.
    public func outputShares(context: [UInt8], inputShares: [InputShare]) throws(VDAFError) -> [[Field]] {
        guard inputShares.count == shares else {
            throw .invalidArgument("expected \(shares) input shares, got \(inputShares.count)")
        }
        var result: [[Field]] = []
        for (aggregatorID, inputShare) in inputShares.enumerated() {
            result.append(try outputShare(context: context, aggregatorID: aggregatorID, inputShare: inputShare))
        }
        return result
    }

    /// Takes an output share out of an aggregate share that it was added to.
    ///
    /// - Precondition: The output share is one of this type.
    public func aggregateRemove(_ share: inout AggregateShare, outputShare: OutputShare) {
        Field.subtractVector(&share, outputShare)
    }

    public var committedNumber: UInt32? { 1...7 ~= algorithmID ? algorithmID : nil }

    public var isSigned: Bool { false }

    /// d·M, for coordinates that range freely over [0, M], or 2·d·M where they are signed; at most 2^128 - 1.
    public var outputDistance: UInt128 {
        let width = coordinateBound.multipliedReportingOverflow(by: isSigned ? 2 : 1)
        let distance = width.partialValue.multipliedReportingOverflow(by: UInt128(outputLength))
        return width.overflow || distance.overflow ? UInt128.max : distance.partialValue
    }
}
