import Commitments
import Ristretto255
import VDAF

/// A contributor's side of a round, on one thread.
package struct TrainingClient<Field: NTTFieldElement>: Sendable {
    let committed: Committed<BoundedL2<Field>>
    let context: [UInt8]

    package init(committed: Committed<BoundedL2<Field>>, context: [UInt8]) {
        self.committed = committed
        self.context = context
    }

    /// From the update to the bytes of its shares, and the time that it takes.
    package func upload(
        _ update: [Double], randomness: inout SeededRandomness
    ) throws(BenchError) -> (upload: TrainingUpload, elapsed: Elapsed) {
        let nonce = randomness.bytes(committed.nonceSize)
        let (result, elapsed) = timed {
            Result { () throws(VDAFError) in
                try encoded(
                    committed.shardRetrying(context: context, measurement: update, nonce: nonce, rng: &randomness),
                    nonce: nonce)
            }
        }
        return (try result.orFailure("shard"), elapsed)
    }

    /// The time that committing takes of ``upload(_:randomness:)``, from committing to the same shares again.
    func commitmentTime(_ upload: TrainingUpload) throws(BenchError) -> Elapsed {
        let result = Result { () throws(VDAFError) in
            let published = try committed.decodePublicShare(upload.publicShare).commitments
            var inputShares: [Committed<BoundedL2<Field>>.InputShare] = []
            for (aggregatorID, share) in upload.inputShares.enumerated() {
                inputShares.append(try committed.decodeInputShare(share, aggregatorID: aggregatorID))
            }
            let (commitments, elapsed) = try timed { () throws(VDAFError) in
                let outputs = try committed.base.outputShares(
                    context: context, inputShares: inputShares.map(\.base))
                return try committed.commit(outputs, blinds: inputShares.map(\.blind))
            }
            return (isSame: commitments == published, elapsed: elapsed)
        }
        let (isSame, elapsed) = try result.orFailure("the commitment")
        guard isSame else { throw .checkFailed("commitments to the same shares differ") }
        return elapsed
    }

    func encoded(
        _ report: (
            publicShare: Committed<BoundedL2<Field>>.PublicShare, inputShares: [Committed<BoundedL2<Field>>.InputShare]
        ), nonce: [UInt8]
    ) -> TrainingUpload {
        TrainingUpload(
            nonce: nonce, publicShare: committed.encode(publicShare: report.publicShare),
            inputShares: report.inputShares.map { committed.encode(inputShare: $0) })
    }
}
