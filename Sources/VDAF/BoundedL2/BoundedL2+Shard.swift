extension BoundedL2 {
    /// See ``VDAF/shard(context:measurement:nonce:rand:)``. `rand` is cut into the helper's seed, the helper's blind,
    /// the leader's blind, and the seed of the prover's randomness.
    ///
    /// - Throws: `.invalidMeasurement` for a wrong number of coordinates, one that is not a number or infinite, and a
    ///   norm that is above the bound after rounding; `.wraparoundTestFailed`, with probability below 2^-80.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    public func shard(
        context: [UInt8], measurement: [Double], nonce: [UInt8], rand: [UInt8]
    ) throws(VDAFError) -> (publicShare: PublicShare, inputShares: [InputShare]) {
        guard measurement.count == dimension else {
            throw .invalidMeasurement("expected \(dimension) coordinates, got \(measurement.count)")
        }
        let integers = try encoding.encode(measurement)
        return try shard(
            context: context, vectorAndNorm: encodeVectorAndNorm(integers), nonce: nonce, rand: rand
        ) { signs throws(VDAFError) in
            let results = try integers.withUnsafeBufferPointer { integers throws(VDAFError) in
                try SignDotProducts(dimension: dimension, checks: WraparoundTests.count)
                    .evaluate(integers, xof: &signs)
            }
            return (bits: try wraparound.encode(results), results: results.map(Self.element))
        }
    }

    /// The same for a vector and its stated norm that are encoded already, valid or not.
    ///
    /// - Parameter test: Given the stream of signs, the bits of the tests' results, and the results.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    package func shard(
        context: [UInt8], vectorAndNorm: [Field], nonce: [UInt8], rand: [UInt8],
        test: (inout XofHmacSha256Aes128) throws(VDAFError) -> (bits: [Field], results: [Field])
    ) throws(VDAFError) -> (publicShare: PublicShare, inputShares: [InputShare]) {
        try checkArguments(nonce: nonce, context: context, xof: Seeds.self)
        guard rand.count == randSize else {
            throw .invalidArgument("sharding takes \(randSize) random bytes, not \(rand.count)")
        }
        let seeds = (0..<4).map { Array(rand[$0 * Seeds.seedSize..<($0 + 1) * Seeds.seedSize]) }
        let (seed, blinds, proveSeed) = (seeds[0], [seeds[2], seeds[1]], seeds[3])

        var encoded = vectorAndNorm
        let helperShare = helperMeasurementShare(context: context, seed: seed)
        // The leader's share of the vector now; that of the rest once the rest is known.
        var leaderShare = [Field](repeating: .zero, count: measurementLength)
        subtract(helperShare, from: encoded, at: 0..<dimension, into: &leaderShare)
        let wraparoundParts = [leaderShare, helperShare].enumerated().map { id, share in
            share.withUnsafeBufferPointer {
                wraparoundPart(
                    context: context, aggregatorID: id, blind: blinds[id], nonce: nonce,
                    vector: UnsafeBufferPointer(rebasing: $0[..<dimension]))
            }
        }
        var signs = wraparoundSigns(context: context, parts: wraparoundParts)
        let tests = try test(&signs)
        encoded += tests.bits
        encoded += tests.results
        subtract(helperShare, from: encoded, at: dimension..<measurementLength, into: &leaderShare)
        let parts = [leaderShare, helperShare].enumerated().map { id, share in
            share.withUnsafeBufferPointer {
                wraparoundParts[id]
                    + verificationPart(
                        context: context, aggregatorID: id, blind: blinds[id], nonce: nonce,
                        bits: UnsafeBufferPointer(rebasing: $0[dimension...]))
            }
        }

        let jointRandomness = jointRandomness(
            context: context, seed: jointRandomnessSeed(context: context, parts: parts))
        var proofsShare = prove(
            encoded, randomness: proveRandomness(context: context, seed: proveSeed), jointRandomness: jointRandomness)
        Field.subtractVector(&proofsShare, helperProofsShare(context: context, seed: seed))
        return (
            PublicShare(jointRandomnessParts: parts),
            [
                .leader(measurementShare: leaderShare, proofsShare: proofsShare, blind: blinds[0]),
                .helper(seed: seed, blind: blinds[1]),
            ]
        )
    }

    /// The vector's elements and the bits of its squared norm, with room for what else is going to be proved about.
    @inline(__always)
    private func encodeVectorAndNorm(_ integers: [Int64]) throws(VDAFError) -> [Field] {
        var encoded = [Field]()
        encoded.reserveCapacity(measurementLength + WraparoundTests.count)
        var squaredNorm: UInt64 = 0
        for integer in integers {
            encoded.append(Self.element(integer))
            squaredNorm &+= UInt64(bitPattern: integer &* integer)
        }
        encoded += try encode(squaredNorm: squaredNorm)
        return encoded
    }

    /// `integer` mod p for an integer between ±2^62, without a branch.
    @inline(__always)
    package static func element(_ integer: Int64) -> Field {
        let offset = 1 << 62 as UInt64
        return Field(UInt64(bitPattern: integer) &+ offset) - Field(offset)
    }

    /// `target[k] = encoded[k] - share[k]` for k in a range.
    @inline(__always)
    private func subtract(_ share: [Field], from encoded: [Field], at range: Range<Int>, into target: inout [Field]) {
        precondition(range.upperBound <= min(share.count, encoded.count, target.count))
        share.withUnsafeBufferPointer { share in
            encoded.withUnsafeBufferPointer { encoded in
                target.withUnsafeMutableBufferPointer { target in
                    for index in range {
                        target[index] = encoded[index] - share[index]
                    }
                }
            }
        }
    }

    /// All proofs, one after the other.
    @inline(__always)
    private func prove(_ encoded: [Field], randomness: [Field], jointRandomness: [Field]) -> [Field] {
        [Field](unsafeUninitializedCapacity: proofsLength) { target, written in
            guard var proof = target.baseAddress else { return }
            encoded.withUnsafeBufferPointer { encoded in
                randomness.withUnsafeBufferPointer { randomness in
                    var position = 0
                    for _ in 0..<Self.normEqualityProofs {
                        let end = position + normEquality.proveRandomnessLength
                        normEquality.prove(
                            encoded: UnsafeBufferPointer(rebasing: encoded[..<normEquality.circuit.measurementLength]),
                            proveRandomness: UnsafeBufferPointer(rebasing: randomness[position..<end]),
                            jointRandomness: UnsafeBufferPointer(start: nil, count: 0), into: proof)
                        position = end
                        proof += normEquality.proofLength
                    }
                    jointRandomness.withUnsafeBufferPointer { jointRandomness in
                        for number in 0..<Self.boundedNormProofs {
                            let end = position + boundedNorm.proveRandomnessLength
                            boundedNorm.prove(
                                encoded: UnsafeBufferPointer(rebasing: encoded[dimension...]),
                                proveRandomness: UnsafeBufferPointer(rebasing: randomness[position..<end]),
                                jointRandomness: jointRandomness.row(
                                    number, of: boundedNorm.circuit.jointRandomnessLength), into: proof)
                            position = end
                            proof += boundedNorm.proofLength
                        }
                    }
                }
            }
            written = proofsLength
        }
    }
}
