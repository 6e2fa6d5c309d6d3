import Hashing

extension Prio3 {
    /// Splits a measurement (VDAF-20 section 7.2.1).
    ///
    /// `rand` is cut into seeds: for each helper its seed and, with joint randomness, its blind; then the leader's blind,
    /// again with joint randomness only; then the seed of the proofs' randomness.
    @inline(__always)
    func share(
        _ measurement: Circuit.Measurement, context: [UInt8], nonce: [UInt8], rand: [UInt8]
    ) throws(VDAFError) -> (publicShare: PublicShare, inputShares: [InputShare]) {
        try checkArguments(nonce: nonce, context: context, xof: Seeds.self)
        guard rand.count == randSize else {
            throw .invalidArgument("sharding takes \(randSize) random bytes, not \(rand.count)")
        }
        var reader = SeedReader(bytes: rand, size: Seeds.seedSize)
        let encoded = try circuit.encode(measurement)

        var seeds: [[UInt8]] = []
        var blinds: [[UInt8]] = []
        for _ in 1..<shares {
            seeds.append(reader.next())
            if usesJointRandomness { blinds.append(reader.next()) }
        }
        if usesJointRandomness { blinds.insert(reader.next(), at: 0) }
        var streams: [Seeds] = []
        streams.reserveCapacity(2 * shares - 1)
        appendProveRandomness(to: &streams, context: context, seed: reader.next())
        appendProofsShares(to: &streams, context: context, count: seeds.count) { (seeds[$0], $0 + 1) }
        var lengths = [flp.proveRandomnessLength * proofs]
        for _ in seeds { lengths.append(flp.proofLength * proofs) }

        var measurementShare = encoded
        var parts: [[UInt8]] = []
        let randomness: [Field]
        var jointRandomness: [Field] = []
        if usesJointRandomness {
            randomness = Seeds.nextVectors(lengths, from: &streams)
            parts = subtractShares(
                from: &measurementShare, seeds: seeds, blinds: blinds, nonce: nonce, context: context)
            let seed = jointRandomnessSeeds(context: context, count: 1) { _ in parts }
            jointRandomness = self.jointRandomness(context: context, seeds: seed)
        } else {
            // Such types are small; everything is derived at once.
            appendMeasurementShares(to: &streams, context: context, count: seeds.count) { (seeds[$0], $0 + 1) }
            for _ in seeds { lengths.append(encoded.count) }
            randomness = Seeds.nextVectors(lengths, from: &streams)
            subtract(randomness, from: randomness.count - seeds.count * encoded.count, &measurementShare)
        }

        let proofsShare = proveAndShare(encoded, randomness: randomness, jointRandomness: jointRandomness)
        var inputShares: [InputShare] = []
        inputShares.reserveCapacity(shares)
        inputShares.append(
            .leader(measurementShare: measurementShare, proofsShare: proofsShare, blind: blinds.first))
        for (index, seed) in seeds.enumerated() {
            inputShares.append(.helper(seed: seed, blind: usesJointRandomness ? blinds[index + 1] : nil))
        }
        return (PublicShare(jointRandomnessParts: parts), inputShares)
    }

    /// Subtracts from `share` the helpers' measurement shares, which lie one after the other in `shares` from `start`.
    @inline(__always)
    private func subtract(_ shares: [Field], from start: Int, _ share: inout [Field]) {
        var position = start
        while position < shares.count {
            for index in 0..<share.count {
                share[index] -= shares[position &+ index]
            }
            position &+= share.count
        }
    }

    /// Subtracts the helpers' measurement shares from `remainder`, which leaves the leader's, and binds them all.
    ///
    /// - Parameters:
    ///   - seeds: The helpers'.
    ///   - blinds: The leader's and the helpers'.
    /// - Returns: The joint-randomness parts, in order of aggregator ID.
    private func subtractShares(
        from remainder: inout [Field], seeds: [[UInt8]], blinds: [[UInt8]], nonce: [UInt8], context: [UInt8]
    ) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var streams: [Seeds] = []
        for (index, seed) in seeds.enumerated() {
            streams.removeAll(keepingCapacity: true)
            appendMeasurementShares(to: &streams, context: context, count: 1) { _ in (seed, index + 1) }
            for aggregatorID in index == seeds.count - 1 ? [index + 1, 0] : [index + 1] {
                appendJointRandomnessParts(
                    to: &streams, context: context, aggregatorID: aggregatorID, count: 1,
                    blind: { _ in blinds[aggregatorID] }, nonce: { _ in nonce })
            }
            subtractShare(from: &remainder, streams: &streams)
            streams.removeFirst()
            parts += Seeds.next(Seeds.seedSize, from: &streams)
        }
        parts[0] = parts.removeLast()
        return parts
    }

    /// Expands a helper's measurement share, subtracts it from `remainder`, and binds both on the way, piece by piece:
    /// a piece is expanded while the one before is hashed, which are independent permutations (`KeccakP1600x4`).
    ///
    /// - Parameter streams: The helper's measurement share; then what absorbs it; then, if `remainder` will be the
    ///   leader's share, what absorbs that.
    @inline(__always)
    private func subtractShare(from remainder: inout [Field], streams: inout [Seeds]) {
        let size = Field.encodedSize
        // 98 blocks of the sponge: long enough that its ends do not count, and short enough for the caches.
        let pieceLength = min(98 * 168 / size, remainder.count)
        withUnsafeTemporaryAllocation(of: Field.self, capacity: 2 * pieceLength) { buffer in
            remainder.withUnsafeMutableBufferPointer { remainder in
                guard let base = buffer.baseAddress, let target = remainder.baseAddress else { return }
                var tasks: [StreamTask] = []
                tasks.reserveCapacity(streams.count)
                var (start, hashed) = (0, 0)
                var (piece, previous) = (base, base + pieceLength)
                while hashed < remainder.count {
                    let count = min(pieceLength, remainder.count - start)
                    let hashedBytes = (start - hashed) * size
                    tasks.removeAll(keepingCapacity: true)
                    tasks.append(.fill(UnsafeMutableRawBufferPointer(start: piece, count: count * size)))
                    tasks.append(.absorb(UnsafeRawBufferPointer(start: previous, count: hashedBytes)))
                    if streams.count > 2 {
                        tasks.append(.absorb(UnsafeRawBufferPointer(start: target + hashed, count: hashedBytes)))
                    }
                    Seeds.advance(&streams, tasks)
                    streams[0].replaceNoncanonical(
                        in: UnsafeMutableBufferPointer(start: piece, count: count), count: count)
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

    /// The leader's share of all proofs, concatenated: what the helpers' shares leave of them.
    ///
    /// - Parameter randomness: The prover's, for all proofs, and after it each helper's share of them.
    @inline(__always)
    private func proveAndShare(_ encoded: [Field], randomness: [Field], jointRandomness: [Field]) -> [Field] {
        let length = flp.proofLength * proofs
        return [Field](unsafeUninitializedCapacity: length) { target, written in
            guard let base = target.baseAddress else { return }
            encoded.withUnsafeBufferPointer { encoded in
                randomness.withUnsafeBufferPointer { randomness in
                    jointRandomness.withUnsafeBufferPointer { jointRandomness in
                        for proof in 0..<proofs {
                            flp.prove(
                                encoded: encoded,
                                proveRandomness: randomness.row(proof, of: flp.proveRandomnessLength),
                                jointRandomness: jointRandomness.row(proof, of: circuit.jointRandomnessLength),
                                into: base + proof * flp.proofLength)
                        }
                        var share = flp.proveRandomnessLength * proofs
                        for _ in 1..<shares {
                            for index in 0..<length {
                                base[index] -= randomness[share &+ index]
                            }
                            share += length
                        }
                    }
                }
            }
            written = length
        }
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
