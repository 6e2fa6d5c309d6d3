extension Poplar1 {
    /// See ``VDAF/verifyInit(verifyKey:context:aggregatorID:aggregationParameter:nonce:publicShare:inputShare:)``
    /// (VDAF-20 section 8.2.2).
    ///
    /// - Warning: Never twice for a report at one level: ask ``isValid(aggregationParameter:previous:)`` before.
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int, aggregationParameter: Poplar1AggregationParameter,
        nonce: [UInt8], publicShare: PublicShare, inputShare: InputShare
    ) throws(VDAFError) -> (state: VerifierState, share: VerifierShare) {
        try checkArguments(nonce: nonce, context: context, xof: Seeds.self)
        guard verifyKey.count == verifyKeySize else {
            throw .invalidArgument("a verify key has \(verifyKeySize) bytes, not \(verifyKey.count)")
        }
        guard 0..<shares ~= aggregatorID else {
            throw .invalidArgument("there is no aggregator \(aggregatorID)")
        }
        let level = aggregationParameter.level
        guard level < bits else {
            throw .invalidArgument("level \(level) is beyond the last of \(bits) levels")
        }
        guard inputShare.correlationSeed.count == Seeds.seedSize, inputShare.leafCorrelation.count == 2,
            inputShare.innerCorrelations.count == 2 * (bits - 1)
        else {
            throw .invalidArgument("not an input share of this type")
        }
        let isLeaf = idpf.isLeaf(level)
        var correlations = correlationStream(
            isLeaf ? .leafCorrelation : .innerCorrelation, seed: inputShare.correlationSeed, context: context,
            aggregatorID: aggregatorID, nonce: nonce)
        var randomness = stream(
            .verifyRandomness, seed: verifyKey, context: context,
            binder: nonce + [UInt8(level >> 8), UInt8(truncatingIfNeeded: level)])

        if isLeaf {
            let values = try idpf.evaluateLeaves(
                aggregatorID: aggregatorID, publicShare: publicShare, key: inputShare.key,
                parameter: aggregationParameter, context: context, nonce: nonce)
            let (sketch, output) = Poplar1Sketch<Field255>.begin(
                values: values, randomness: randomness.nextVector(aggregationParameter.prefixCount),
                triple: correlations.nextVector(3))
            let state = VerifierState(
                step: .evaluateSketch(aggregatorID: aggregatorID, correlation: .leaf(inputShare.leafCorrelation)),
                outputShare: .leaf(output))
            return (state, .leaf(sketch))
        }
        let values = try idpf.evaluateInner(
            aggregatorID: aggregatorID, publicShare: publicShare, key: inputShare.key,
            parameter: aggregationParameter, context: context, nonce: nonce)
        // The triples of all inner levels are one stream.
        let triples: [Field64] = correlations.nextVector(3 * (level + 1))
        let (sketch, output) = Poplar1Sketch<Field64>.begin(
            values: values, randomness: randomness.nextVector(aggregationParameter.prefixCount),
            triple: Array(triples.suffix(3)))
        let correlation = Array(inputShare.innerCorrelations[2 * level..<2 * level + 2])
        let state = VerifierState(
            step: .evaluateSketch(aggregatorID: aggregatorID, correlation: .inner(correlation)),
            outputShare: .inner(output))
        return (state, .inner(sketch))
    }

    public func verifierSharesToMessage(
        context: [UInt8], aggregationParameter: Poplar1AggregationParameter, verifierShares: [VerifierShare]
    ) throws(VDAFError) -> VerifierMessage {
        guard verifierShares.count == shares else {
            throw .invalidArgument("expected \(shares) verifier shares, got \(verifierShares.count)")
        }
        var sum = Poplar1Vector.zeros(verifierShares[0].count, isLeaf: idpf.isLeaf(aggregationParameter.level))
        for share in verifierShares {
            guard sum.add(share) else {
                throw .invalidArgument("a verifier share belongs to another level or round")
            }
        }
        switch sum.count {
        case 3:
            return .sketch(sum)
        case 1:
            guard sum == .zeros(1, isLeaf: idpf.isLeaf(aggregationParameter.level)) else {
                throw .proofRejected
            }
            return .verified
        default:
            throw .invalidArgument("a verifier share has 3 elements in the first round and 1 in the second")
        }
    }

    public func verifyNext(
        context: [UInt8], state: VerifierState, message: VerifierMessage
    ) throws(VDAFError) -> VerifyTransition<VerifierState, VerifierShare, OutputShare> {
        switch (state.step, message) {
        case (.evaluateSketch(let aggregatorID, .inner(let correlation)), .sketch(.inner(let sketch)))
        where sketch.count == 3:
            let share = Poplar1Sketch.evaluate(sketch: sketch, correlation: correlation, aggregatorID: aggregatorID)
            return .continued(state: state.afterFirstRound(), share: .inner([share]))
        case (.evaluateSketch(let aggregatorID, .leaf(let correlation)), .sketch(.leaf(let sketch)))
        where sketch.count == 3:
            let share = Poplar1Sketch.evaluate(sketch: sketch, correlation: correlation, aggregatorID: aggregatorID)
            return .continued(state: state.afterFirstRound(), share: .leaf([share]))
        case (.revealSketch, .verified):
            return .finished(outputShare: state.outputShare)
        default:
            throw .invalidArgument("a verifier message belongs to another level or round")
        }
    }
}

extension Poplar1VerifierState {
    fileprivate func afterFirstRound() -> Poplar1VerifierState {
        Poplar1VerifierState(step: .revealSketch, outputShare: outputShare)
    }
}
