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

        let helpers = (1..<shares).map { _ in (seed: seeds.next(), blind: usesJointRandomness ? seeds.next() : nil) }
        let leaderBlind = usesJointRandomness ? seeds.next() : nil
        let (proveRandomness, helperProofs) = proveRandomnessAndProofsShares(
            context: context, seed: seeds.next(), helperSeeds: helpers.map(\.seed))

        var measurementShare = encoded
        var parts: [[UInt8]] = []
        for (index, helper) in helpers.enumerated() {
            var streams = measurementShareStreams(context: context, aggregatorID: index + 1, seeds: [helper.seed])
            if let blind = helper.blind {
                streams += jointRandomnessPartStreams(
                    context: context, aggregatorID: index + 1, blinds: [blind], nonces: [nonce])
            }
            if let leaderBlind, index == helpers.count - 1 {
                streams += jointRandomnessPartStreams(
                    context: context, aggregatorID: 0, blinds: [leaderBlind], nonces: [nonce])
            }
            subtractShare(from: &measurementShare, streams: &streams)
            parts += streams.dropFirst().map { stream in
                var stream = stream
                return stream.next(Seeds.seedSize)
            }
        }

        var jointRandomness: [Field] = []
        if let leadersPart = parts.popLast() {
            parts.insert(leadersPart, at: 0)
            let seed = jointRandomnessSeeds(context: context, parts: [parts])
            jointRandomness = self.jointRandomness(context: context, seeds: seed)[0]
        }

        var proofsShare = prove(encoded, proveRandomness: proveRandomness, jointRandomness: jointRandomness)
        for share in helperProofs {
            Field.subtractVector(&proofsShare, share)
        }

        var inputShares: [InputShare] = [
            .leader(measurementShare: measurementShare, proofsShare: proofsShare, blind: leaderBlind)
        ]
        inputShares += helpers.map { .helper(seed: $0.seed, blind: $0.blind) }
        return (PublicShare(jointRandomnessParts: parts), inputShares)
    }

    /// Expands a helper's measurement share, subtracts it from `remainder`, and binds both on the way, piece by piece:
    /// a piece is expanded while the one before is hashed, which are independent permutations (`KeccakP1600x4`).
    ///
    /// - Parameter streams: The helper's measurement share; then, with joint randomness, what absorbs it; then, if
    ///   `remainder` will be the leader's share, what absorbs that.
    private func subtractShare(from remainder: inout [Field], streams: inout [Seeds]) {
        let size = Field.encodedSize
        // 98 blocks of the sponge: long enough that its ends do not count, and short enough for the caches.
        let pieceLength = 98 * 168 / size
        withUnsafeTemporaryAllocation(of: Field.self, capacity: 2 * pieceLength) { buffer in
            remainder.withUnsafeMutableBufferPointer { remainder in
                guard let base = buffer.baseAddress, let target = remainder.baseAddress else { return }
                var tasks: [StreamTask] = []
                var (start, hashed) = (0, 0)
                var (piece, previous) = (base, base + pieceLength)
                while hashed < remainder.count {
                    let count = min(pieceLength, remainder.count - start)
                    tasks.removeAll(keepingCapacity: true)
                    tasks.append(.fill(UnsafeMutableRawBufferPointer(start: piece, count: count * size)))
                    if streams.count > 1 {
                        tasks.append(.absorb(UnsafeRawBufferPointer(start: previous, count: (start - hashed) * size)))
                    }
                    if streams.count > 2 {
                        tasks.append(
                            .absorb(UnsafeRawBufferPointer(start: target + hashed, count: (start - hashed) * size)))
                    }
                    Seeds.advance(&streams, tasks)
                    streams[0].replaceNoncanonical(in: UnsafeMutableBufferPointer(start: piece, count: count), count: count)
                    for index in 0..<count {
                        target[start &+ index] = target[start &+ index] - piece[index]
                    }
                    hashed = start
                    start += count
                    swap(&piece, &previous)
                }
            }
        }
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
