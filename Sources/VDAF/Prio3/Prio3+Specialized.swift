import Parallel

// Where other modules enter a Prio3 type's work, compiled for each type: through a generic function every operation of a
// field would be a call through a table. What stands behind an entry is specialized with it. A new circuit is a line in
// each list.

extension Prio3 {
    /// See ``VDAF/shard(context:measurement:nonce:rand:)`` (VDAF-20 section 7.2.1).
    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    public func shard(
        context: [UInt8], measurement: Circuit.Measurement, nonce: [UInt8], rand: [UInt8]
    ) throws(VDAFError) -> (publicShare: PublicShare, inputShares: [InputShare]) {
        try share(measurement, context: context, nonce: nonce, rand: rand)
    }

    /// See ``OneRoundVDAF/verifyInit(verifyKey:context:aggregatorID:reports:threads:)``.
    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        reports: [VerificationRequest<PublicShare, InputShare>], threads: Int
    ) -> [VerificationResult] {
        concurrentMap(count: reports.count, groupSize: Self.groupSize, threads: threads) { range, results in
            verifyInit(
                verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, group: reports[range],
                into: results)
        }
    }

    /// One group of a job, to the places of its results: what each thread is given.
    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        group: ArraySlice<VerificationRequest<PublicShare, InputShare>>,
        into results: UnsafeMutablePointer<VerificationResult>
    ) {
        verify(group, verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, into: results)
    }

    /// See ``VDAF/verifierSharesToMessage(context:aggregationParameter:verifierShares:)``.
    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    public func verifierSharesToMessage(
        context: [UInt8], aggregationParameter: Void, verifierShares: [VerifierShare]
    ) throws(VDAFError) -> VerifierMessage {
        try message(of: verifierShares, context: context)
    }

    /// See ``OneRoundVDAF/outputShare(context:aggregatorID:inputShare:)``.
    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    public func outputShare(
        context: [UInt8], aggregatorID: Int, inputShare: InputShare
    ) throws(VDAFError) -> [Field] {
        try output(of: inputShare, context: context, aggregatorID: aggregatorID)
    }
}
