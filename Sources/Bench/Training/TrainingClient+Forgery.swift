import Commitments
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
            let report = try NormForger(committed).report(
                of: doubled, context: context, nonce: nonce, using: &randomness)
            return encoded(report, nonce: nonce)
        }.orFailure("forging")
    }
}
