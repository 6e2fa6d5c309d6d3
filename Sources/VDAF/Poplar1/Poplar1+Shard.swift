extension Poplar1 {
    /// See ``VDAF/shard(context:measurement:nonce:rand:)`` (VDAF-20 section 8.2.1).
    ///
    /// `rand` is cut into the IDPF's randomness, each aggregator's correlation seed, and the seed of everything else.
    public func shard(
        context: [UInt8], measurement: BitString, nonce: [UInt8], rand: [UInt8]
    ) throws(VDAFError) -> (publicShare: PublicShare, inputShares: [InputShare]) {
        try checkArguments(nonce: nonce, context: context, xof: Seeds.self)
        guard rand.count == randSize else {
            throw .invalidArgument("sharding takes \(randSize) random bytes, not \(rand.count)")
        }
        guard measurement.count == bits else {
            throw .invalidMeasurement("expected a string of \(bits) bits, got \(measurement.count)")
        }
        let seeds = (0..<3).map { index in
            let start = Idpf.randSize + index * Seeds.seedSize
            return Array(rand[start..<start + Seeds.seedSize])
        }

        // Every node on the path has the value (1, k) with a k of its own, the authenticator.
        var stream = stream(.shardRandomness, seed: seeds[2], context: context, binder: nonce)
        let innerAuthenticators: [Field64] = stream.nextVector(bits - 1)
        let leafAuthenticators: [Field255] = stream.nextVector(1)
        let (publicShare, keys) = try idpf.generate(
            alpha: measurement, innerValues: innerAuthenticators.flatMap { [.one, $0] },
            leafValue: [.one, leafAuthenticators[0]], context: context, nonce: nonce,
            rand: Array(rand[..<Idpf.randSize]))

        let innerTriples: [Field64] = triples(
            .innerCorrelation, seeds: seeds, context: context, nonce: nonce, count: bits - 1)
        let leafTriples: [Field255] = triples(.leafCorrelation, seeds: seeds, context: context, nonce: nonce, count: 1)
        let inner = Self.correlations(authenticators: innerAuthenticators, triples: innerTriples, stream: &stream)
        let leaf = Self.correlations(authenticators: leafAuthenticators, triples: leafTriples, stream: &stream)

        let inputShares = [
            InputShare(
                key: keys[0], correlationSeed: seeds[0], innerCorrelations: inner.first, leafCorrelation: leaf.first),
            InputShare(
                key: keys[1], correlationSeed: seeds[1], innerCorrelations: inner.second, leafCorrelation: leaf.second),
        ]
        return (publicShare, inputShares)
    }

    /// The sums of the two aggregators' shares of (a, b, c), for `count` levels.
    private func triples<Field: PrimeFieldElement>(
        _ usage: DomainSeparation.Poplar1Usage, seeds: [[UInt8]], context: [UInt8], nonce: [UInt8], count: Int
    ) -> [Field] {
        var sum = [Field](repeating: .zero, count: 3 * count)
        for aggregatorID in 0..<2 {
            var stream = correlationStream(
                usage, seed: seeds[aggregatorID], context: context, aggregatorID: aggregatorID, nonce: nonce)
            Field.addVector(&sum, stream.nextVector(3 * count))
        }
        return sum
    }

    func correlationStream(
        _ usage: DomainSeparation.Poplar1Usage, seed: [UInt8], context: [UInt8], aggregatorID: Int, nonce: [UInt8]
    ) -> Seeds {
        stream(usage, seed: seed, context: context, binder: [UInt8(aggregatorID)] + nonce)
    }

    /// The aggregators' shares of (A, B) for each level: A = k - 2a and B = a² + b - a·k + c are what makes the sketch
    /// of an honest vector come out as zero (see ``Poplar1Sketch``).
    private static func correlations<Field: PrimeFieldElement>(
        authenticators: [Field], triples: [Field], stream: inout Seeds
    ) -> (first: [Field], second: [Field]) {
        var (first, second): ([Field], [Field]) = ([], [])
        for (level, k) in authenticators.enumerated() {
            let (a, b, c) = (triples[3 * level], triples[3 * level + 1], triples[3 * level + 2])
            first += [k - (a + a), a * a + b - a * k + c]
            second += stream.nextVector(2)
        }
        Field.subtractVector(&first, second)
        return (first, second)
    }
}
