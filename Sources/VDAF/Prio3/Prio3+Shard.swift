extension Prio3 {
    /// See ``VDAF/shard(context:measurement:nonce:rand:)`` (VDAF-20 section 7.2.1).
    ///
    /// `rand` is cut into seeds: for each helper its seed and, with joint randomness, its blind; then the leader's blind,
    /// again with joint randomness only; then the seed of the proofs' randomness.
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
        try checkArguments(nonce: nonce, context: context, xof: Seeds.self)
        guard rand.count == randSize else {
            throw .invalidArgument("sharding takes \(randSize) random bytes, not \(rand.count)")
        }
        var seeds = SeedReader(bytes: rand, size: Seeds.seedSize)
        let encoded = try circuit.encode(measurement)

        var measurementShare = encoded
        var helpers: [(seed: [UInt8], blind: [UInt8]?)] = []
        var parts: [[UInt8]] = []
        for helper in 1..<shares {
            let seed = seeds.next()
            let blind = usesJointRandomness ? seeds.next() : nil
            let share = helperMeasurementShare(context: context, aggregatorID: helper, seed: seed)
            Field.subtractVector(&measurementShare, share)
            if let blind {
                parts.append(
                    jointRandomnessPart(
                        context: context, aggregatorID: helper, blind: blind, measurementShare: share, nonce: nonce))
            }
            helpers.append((seed, blind))
        }

        let leaderBlind = usesJointRandomness ? seeds.next() : nil
        var jointRandomness: [Field] = []
        if let leaderBlind {
            let part = jointRandomnessPart(
                context: context, aggregatorID: 0, blind: leaderBlind, measurementShare: measurementShare, nonce: nonce)
            parts.insert(part, at: 0)
            let seed = jointRandomnessSeed(context: context, parts: parts)
            jointRandomness = self.jointRandomness(context: context, seed: seed)
        }

        var proofsShare = prove(
            encoded, proveRandomness: proveRandomness(context: context, seed: seeds.next()),
            jointRandomness: jointRandomness)
        for (index, helper) in helpers.enumerated() {
            let share = helperProofsShare(context: context, aggregatorID: index + 1, seed: helper.seed)
            Field.subtractVector(&proofsShare, share)
        }

        var inputShares: [InputShare] = [
            .leader(measurementShare: measurementShare, proofsShare: proofsShare, blind: leaderBlind)
        ]
        inputShares += helpers.map { .helper(seed: $0.seed, blind: $0.blind) }
        return (PublicShare(jointRandomnessParts: parts), inputShares)
    }

    /// All proofs, concatenated, each with its own part of the randomness.
    private func prove(_ encoded: [Field], proveRandomness: [Field], jointRandomness: [Field]) -> [Field] {
        var result: [Field] = []
        result.reserveCapacity(flp.proofLength * proofs)
        var (prove, joint) = (proveRandomness[...], jointRandomness[...])
        for _ in 0..<proofs {
            result += flp.prove(
                encoded: encoded, proveRandomness: prove.prefix(flp.proveRandomnessLength),
                jointRandomness: joint.prefix(circuit.jointRandomnessLength))
            prove = prove.dropFirst(flp.proveRandomnessLength)
            joint = joint.dropFirst(circuit.jointRandomnessLength)
        }
        return result
    }
}

/// Cuts a byte string of checked length into pieces of one size.
private struct SeedReader {
    let bytes: [UInt8]
    let size: Int
    var offset = 0

    mutating func next() -> [UInt8] {
        defer { offset += size }
        return Array(bytes[offset..<offset + size])
    }
}
