import Commitments
import Ristretto255
import VDAF

/// A contributor that sends more than it may.
extension TrainingClient {
    /// The report of twice an update: everything in it is honest but the statement that its norm is B.
    ///
    /// - Throws: also `.checkFailed` if the honest client's code would have sent it.
    package func forgedUpload(
        doubling update: [Double], randomness: inout SeededRandomness
    ) throws(BenchError) -> TrainingUpload {
        let nonce = randomness.bytes(committed.nonceSize)
        let honest = Result { () throws(VDAFError) in
            _ = try committed.shardRetrying(
                context: context, measurement: update.map { 2 * $0 }, nonce: nonce, rng: &randomness)
        }
        guard case .failure(.invalidMeasurement) = honest else {
            throw .checkFailed("the client shards an update of twice the norm")
        }
        return try Result { () throws(VDAFError) in
            let doubled = try committed.base.encoding.encode(update).map { 2 * $0 }
            let base = try forgedReport(doubled, nonce: nonce, randomness: &randomness)
            return encoded(
                try committing(base, nonce: nonce, randomness: &randomness), nonce: nonce)
        }.orFailure("forging")
    }

    private typealias BaseReport = (
        publicShare: BoundedL2<Field>.PublicShare, inputShares: [BoundedL2<Field>.InputShare]
    )

    /// A wraparound test of a vector of twice the norm fails so seldom that new randomness always helps.
    private func forgedReport(
        _ vector: [Int64], nonce: [UInt8], randomness: inout SeededRandomness
    ) throws(VDAFError) -> BaseReport {
        let base = committed.base
        let bound = base.encoding.integerBound
        let stated = vector.map(BoundedL2<Field>.element) + (try base.encode(squaredNorm: bound * bound))
        while true {
            do {
                return try base.shard(
                    context: context, vectorAndNorm: stated, nonce: nonce, rand: randomness.bytes(base.randSize)
                ) { signs throws(VDAFError) in
                    let results = try vector.withUnsafeBufferPointer { vector throws(VDAFError) in
                        try SignDotProducts(dimension: vector.count, checks: WraparoundTests.count)
                            .evaluate(vector, xof: &signs)
                    }
                    return (bits: try base.wraparound.encode(results), results: results.map(BoundedL2<Field>.element))
                }
            } catch .wraparoundTestFailed {
                continue
            }
        }
    }

    /// With commitments that open to its output shares.
    private func committing(
        _ report: BaseReport, nonce: [UInt8], randomness: inout SeededRandomness
    ) throws(VDAFError) -> (
        publicShare: Committed<BoundedL2<Field>>.PublicShare, inputShares: [Committed<BoundedL2<Field>>.InputShare]
    ) {
        let outputs = try committed.base.outputShares(
            context: context, nonce: nonce, inputShares: report.inputShares)
        let blinds = outputs.map { _ in Scalar.random(using: &randomness) }
        var commitments: [Commitment] = []
        for (output, blind) in zip(outputs, blinds) {
            let point = PedersenVector.commit(values: output.map(\.canonicalValue), blind: blind)
            commitments.append(try Commitment(decoding: point.compressed()))
        }
        return (
            .init(
                base: report.publicShare, commitments: .init(leader: commitments[0], helper: commitments[1])),
            zip(report.inputShares, blinds).map { .init(base: $0, blind: $1) }
        )
    }
}
