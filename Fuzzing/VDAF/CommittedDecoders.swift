import Commitments
import Ristretto255
import VDAF

extension Decoder {
    /// The messages of committed types, commitments, integer vectors, and what is done with published shares.
    static let committed: [Decoder] = [
        codec("committed-count", required { try Committed(Prio3Count()) }, (), true),
        codec("committed-sumvec", committedSumVec, (), [5, 0, 2]),
        codec("committed-histogram", required { try Committed(Prio3Histogram(length: 5, chunkLength: 2)) }, (), 3),
        codec("committed-bounded-l2-vector", required { try Committed(boundedL2) }, (), [1.5, -2, 0]),
        aggregateShares, integerVector,
    ]

    /// Points and scalars of ristretto255.
    static let groups: [Decoder] = [point, scalar, commitment]

    /// Two aggregate shares and a count, as an auditor finds them: unsharding and the public check must come to a verdict.
    private static let aggregateShares: Decoder = {
        let vdaf = committedSumVec
        let report = required {
            var generator = SeededGenerator(seed: 5)
            return try HonestReport(vdaf, (), [5, 0, 2], using: &generator)
        }
        let commitments = required { try vdaf.decodePublicShare(report.publicShare) }.commitments
        let size = report.aggregateShares[0].count
        return Decoder(
            "committed-aggregate-shares", maximumLength: 8 + 2 * size,
            seeds: { _ in [[0, 0, 0, 0, 0, 0, 0, 1] + report.aggregateShares.flatMap { $0 }] },
            run: { input in
                var reader = InputReader(input)
                let count = Int(bitPattern: UInt(reader.uint64()))
                let shares = (0..<2).compactMap { _ in try? vdaf.decodeAggregateShare(reader.bytes(size)) }
                guard shares.count == 2 else { return }
                do {
                    _ = try vdaf.unshard(
                        aggregationParameter: (), aggregateShares: shares, measurementCount: count)
                } catch {
                    describe(error)
                }
                _ = try? vdaf.merge(shares)
                var check = vdaf.publicCheck(aggregatorID: 0)
                check.add(commitments.leader)
                if (try? check.verify(shares[0])) != nil,
                    vdaf.encode(aggregateShare: shares[0]) != report.aggregateShares[0]
                {
                    broken("one aggregate share opens a commitment", by: input)
                }
            })
    }()

    private static let integerVector = Decoder(
        "integer-vector", maximumLength: 128,
        seeds: { generator in [1, 2, 3, 4].map { [UInt8($0)] + generator.bytes(24 * $0) } },
        run: { input in
            let words = Int(input.first ?? 0) % 4 + 1
            let bytes = Array(input.dropFirst())
            for count in [bytes.count / (8 * words), .max, .max / 8] {
                canonical(
                    bytes, "integer vector", { try IntegerVector.decode($0, count: count, wordsPerValue: words) },
                    { $0.encoded() })
            }
        })

    /// RFC 9496: every element has one encoding, and arithmetic on what was decoded stays within the group.
    private static let point = Decoder(
        "ristretto-point", maximumLength: 40,
        seeds: { generator in
            try (0..<20).map { _ in try RistrettoPoint.fromUniformBytes(generator.bytes(64)).encoded() }
                + [[UInt8](repeating: 0, count: 32)]
        },
        run: { input in
            for bytes in [input, fitted(input, to: 32)] {
                guard let point = canonical(bytes, "point", { try RistrettoPoint.decode($0) }, { $0.encoded() }) else {
                    continue
                }
                guard let sum = try? RistrettoPoint.decode((point + point).encoded()), sum - point == point else {
                    broken("a decoded point is a group element", by: input)
                }
            }
        })

    private static let scalar = Decoder(
        "scalar", maximumLength: 72,
        seeds: { generator in (0..<20).map { _ in Scalar.random(using: &generator).encoded() } },
        run: { input in
            canonical(input, "scalar", { try Scalar.decode($0) }, { $0.encoded() })
            for size in [32, 64] {
                let bytes = fitted(input, to: size)
                let scalar = size == 32 ? try? Scalar.decode(bytes) : try? Scalar(reducing: bytes)
                guard let scalar else { continue }
                guard let again = try? Scalar.decode((scalar + scalar).encoded()), again - scalar == scalar else {
                    broken("a decoded scalar is below the order", by: input)
                }
            }
        })

    private static let commitment = Decoder(
        "commitment", maximumLength: 40,
        seeds: { generator in
            try (0..<20).map { _ in try RistrettoPoint.fromUniformBytes(generator.bytes(64)).encoded() }
                + [[UInt8](repeating: 0, count: 32)]
        },
        run: { input in
            for bytes in [input, fitted(input, to: 32)] {
                canonical(bytes, "commitment", { try Commitment(decoding: $0) }, { $0.encoded.bytes })
                canonical(bytes, "compressed point", { try CompressedPoint($0) }, { $0.bytes })
            }
        })
}
