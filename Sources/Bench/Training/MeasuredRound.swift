import Commitments
import Ristretto255
import VDAF

/// One round on its way from updates to the average, job by job: what it adds up, and the time that it takes.
///
/// Of a report nothing stays once its job is done, so memory does not grow with the number of contributors.
package struct MeasuredRound<Field: NTTFieldElement> {
    /// Of every job, how many of its reports are committed to once more to see what it takes.
    private static var commitmentSamples: Int { 4 }

    private let client: TrainingClient<Field>
    private let nodes: TrainingNodes<Field>
    private let source: UpdateSource
    private var shares: [CommittedAggregateShare]
    private var publicChecks: [PublicCheck]
    /// The plain sums of the integers.
    private var sums: [Int128]
    private var plain: PlainAverage
    private(set) var times = TrainingTimes()

    private var committed: Committed<BoundedL2<Field>> { client.committed }

    package init(client: TrainingClient<Field>, nodes: TrainingNodes<Field>, source: UpdateSource) {
        self.client = client
        self.nodes = nodes
        self.source = source
        let (committed, dimension) = (client.committed, client.committed.base.dimension)
        shares = [committed.aggregateInit(()), committed.aggregateInit(())]
        publicChecks = [committed.publicCheck(aggregatorID: 0), committed.publicCheck(aggregatorID: 1)]
        sums = [Int128](repeating: 0, count: dimension)
        plain = PlainAverage(dimension: dimension)
    }

    /// - Parameter progress: Called after each contributor.
    package mutating func runJob(
        count: Int, randomness: inout SeededRandomness, progress: () -> Void = {}
    ) throws(BenchError) {
        let uploads = try contribute(count: count, randomness: &randomness, progress: progress)
        for upload in uploads.prefix(Self.commitmentSamples) {
            times.commit.append(try client.commitmentTime(upload))
        }
        let verdicts = try nodes.verify(uploads)
        times.leaderVerify.append(verdicts.elapsed[0].divided(by: count))
        times.helperVerify.append(verdicts.elapsed[1].divided(by: count))
        let outputs = try verdicts.outputs.map { output throws(BenchError) in try output.orFailure("verification") }
        times.linkCheck.append(try linkCheck(outputs, verdicts.commitments).divided(by: count))
        try add(outputs, verdicts.commitments)
    }

    /// The uploads of so many contributors, and their updates added up without privacy.
    private mutating func contribute(
        count: Int, randomness: inout SeededRandomness, progress: () -> Void
    ) throws(BenchError) -> [TrainingUpload] {
        var uploads: [TrainingUpload] = []
        for _ in 0..<count {
            let update = try source.next(&randomness)
            let (upload, elapsed) = try client.upload(update, randomness: &randomness)
            uploads.append(upload)
            times.client.append(elapsed)
            times.uploadBytes = upload.byteCount

            let integers = try Result { () throws(VDAFError) in
                try source.encoding.encode(update)
            }.orFailure("encoding")
            for (index, value) in integers.enumerated() { sums[index] += Int128(value) }
            let cost = plain.add(update)
            times.plainClient.append(cost.client)
            times.plainServer.append(cost.server)
            times.plainUploadBytes = cost.uploadBytes
            progress()
        }
        return uploads
    }

    /// The leader's link check of a job, once more by itself.
    private func linkCheck(
        _ outputs: [[Committed<BoundedL2<Field>>.OutputShare]], _ commitments: [CommitmentPair]
    ) throws(BenchError) -> Elapsed {
        let claims = zip(outputs, commitments).map {
            LinkClaim(commitment: $1.leader.point, coordinates: $0[0].coordinates, blind: $0[0].blind)
        }
        var generator = SystemRandomNumberGenerator()
        let (failing, elapsed) = timed {
            LinkCheck.failingLinks(claims, rng: &generator, threads: nodes.threads)
        }
        guard failing.isEmpty else { throw .checkFailed("the link check refused honest reports") }
        return elapsed
    }

    /// Adds output shares at both nodes, and the commitments to them at whoever audits.
    private mutating func add(
        _ outputs: [[Committed<BoundedL2<Field>>.OutputShare]], _ commitments: [CommitmentPair]
    ) throws(BenchError) {
        for aggregatorID in 0...1 {
            times.aggregate.append(
                timed {
                    for output in outputs {
                        committed.aggregateUpdate(&shares[aggregatorID], with: output[aggregatorID])
                    }
                }.elapsed.divided(by: outputs.count))
            let logged = commitments.map { $0[aggregatorID].encoded }
            let (result, elapsed) = timed {
                Result { () throws(PublicCheckFailure) in try publicChecks[aggregatorID].add(contentsOf: logged) }
            }
            times.audit += elapsed
            if case .failure(let failure) = result { throw .checkFailed("the public check failed: \(failure)") }
        }
    }

    /// Publishes both shares, checks them and what they add up to, and that wrong ones fail.
    package mutating func finish(contributors: Int) throws(BenchError) {
        for (check, share) in zip(publicChecks, shares) {
            let (result, elapsed) = timed {
                Result { () throws(PublicCheckFailure) in try check.verify(share) }
            }
            times.audit += elapsed
            if case .failure(let failure) = result { throw .checkFailed("the public check failed: \(failure)") }
        }
        let wrong = CommittedAggregateShare(sums: shares[1].sums, blind: shares[1].blind + .one)
        let verdict = Result { () throws(PublicCheckFailure) in try publicChecks[1].verify(wrong) }
        guard case .failure(.commitmentMismatch(aggregatorID: 1)) = verdict else {
            throw .checkFailed("the public check passed a wrong share")
        }
        let aggregate = try Result { () throws(VDAFError) in
            try committed.unshard(aggregationParameter: (), aggregateShares: shares, measurementCount: contributors)
        }.orFailure("unsharding")
        guard aggregate.integers == sums else { throw .wrongAggregate(type: "committed bounded-norm vectors") }
        try comparePlainSums(aggregate.values, contributors: contributors)
    }

    /// The plain sums, rounded in other places, are no further away than rounding takes them.
    private func comparePlainSums(_ values: [Double], contributors: Int) throws(BenchError) {
        let unit = Double(sign: .plus, exponent: -source.encoding.fractionalBits, significand: 1)
        // Half a unit, and half of a float's last bit, from each; a thousandth for the sums of doubles.
        let distance = Double(contributors) * (unit / 2 + source.encoding.normBound * 0x1p-24) * 1.001
        guard zip(values, plain.sums).allSatisfy({ ($0 - $1).magnitude <= distance }) else {
            throw .checkFailed("the sums are not those of plain averaging")
        }
    }
}
