import Commitments
import Ristretto255
import VDAF

/// The checks that are measured, each with a look at whether it checks anything.
extension CommittedJob {
    /// The leader's link check of the whole job.
    func linkCheck(threads: Int) throws(BenchError) -> Elapsed {
        var generator = SystemRandomNumberGenerator()
        let (failing, elapsed) = timed { LinkCheck.failingLinks(claims[0], rng: &generator, threads: threads) }
        guard failing.isEmpty else { throw .checkFailed("the link check refused honest reports") }
        return elapsed
    }

    /// The link check of a job whose last report commits to something else names it and nobody else.
    func expectLinkCheckToFindADefect(threads: Int) throws(BenchError) {
        var generator = SystemRandomNumberGenerator()
        var claims = self.claims[1]
        let last = claims[claims.count - 1]
        var coordinates = last.coordinates
        coordinates[0] = coordinates[0] + .one
        claims[claims.count - 1] = LinkClaim(
            commitment: last.commitment, coordinates: coordinates, blind: last.blind)
        guard LinkCheck.failingLinks(claims, rng: &generator, threads: threads) == [claims.count - 1] else {
            throw .checkFailed("the link check did not find a wrong report")
        }
    }

    /// What anybody does with a published batch: decode all commitments and check both aggregate shares.
    func audit() throws(BenchError) -> Elapsed {
        let encoded = claims.map { $0.map { $0.commitment.compressed() } }
        let (result, elapsed) = timed {
            Result { () throws(PublicCheckFailure) in
                for aggregatorID in 0...1 {
                    try committed.checkPublic(
                        aggregatorID: aggregatorID, commitments: encoded[aggregatorID], share: shares[aggregatorID])
                }
            }
        }
        if case .failure(let failure) = result { throw .checkFailed("the public check failed: \(failure)") }
        return elapsed
    }

    /// A share with another sum fails the public check, and both shares add up to the plain sums.
    func expectAuditToMeanSomething() throws(BenchError) {
        let wrong = CommittedAggregateShare(sums: shares[0].sums, blind: shares[0].blind + .one)
        let commitments = claims[0].map { $0.commitment.compressed() }
        let verdict = Result { () throws(PublicCheckFailure) in
            try committed.checkPublic(aggregatorID: 0, commitments: commitments, share: wrong)
        }
        guard case .failure(.commitmentMismatch(aggregatorID: 0)) = verdict else {
            throw .checkFailed("the public check passed a wrong share")
        }
        let aggregate = Result { () throws(VDAFError) in
            try committed.unshard(aggregationParameter: (), aggregateShares: shares, measurementCount: claims[0].count)
        }
        guard try aggregate.orFailure("unsharding") == sums else { throw .wrongAggregate(type: "committed sumvec") }
    }
}
