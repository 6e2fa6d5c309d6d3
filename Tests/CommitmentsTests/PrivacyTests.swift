import Commitments
import Ristretto255
import Testing
import VDAF

/// Promise P1, as an attack: somebody holds everything that one aggregator sees of a report (its input share, both
/// commitments, the public share) and tries to tell which of two inputs is behind it.
@Suite struct PrivacyTests {
    private static let context = Array("privacy".utf8)
    private static let nonce = [UInt8](repeating: 9, count: 16)

    /// What the helper holds is a function of randomness alone. The attack compares its whole view for two inputs.
    @Test func theHelpersShareAndCommitmentAreTheSameForEveryInput() throws {
        let vdaf = try Committed(Prio3SumVec(length: 4, maxMeasurement: 255, chunkLength: 4))
        var generator = SystemRandomNumberGenerator()
        let rand = (0..<vdaf.randSize).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let views = try [[0, 0, 0, 0], [255, 255, 255, 255]].map { (input: [UInt64]) in
            let (publicShare, inputShares) = try vdaf.shard(
                context: Self.context, measurement: input, nonce: Self.nonce, rand: rand)
            return (
                share: vdaf.encode(inputShare: inputShares[1]), own: publicShare.commitments.helper,
                others: publicShare.commitments.leader
            )
        }
        #expect(views[0].share == views[1].share)
        #expect(views[0].own == views[1].own)
        // The leader's commitment does depend on the input; only its blind, which the helper lacks, hides it.
        #expect(views[0].others != views[1].others)
    }

    /// The leader's share is the input minus a stream that the leader does not know. The attack looks for a bias in what
    /// it holds: over many reports of the largest and the smallest input, the top bit of its share is a fair coin.
    @Test func theLeadersShareShowsNoBiasTowardsTheInput() throws {
        let vdaf = try Committed(Prio3Sum(maxMeasurement: 1000))
        var generator = SystemRandomNumberGenerator()
        let trials = 400
        for input in [0, 1000] as [UInt64] {
            var ones = 0
            for _ in 0..<trials {
                let (_, inputShares) = try vdaf.shardRetrying(
                    context: Self.context, measurement: input, nonce: Self.nonce, rng: &generator)
                let outputs = try vdaf.base.outputShares(
                    context: Self.context, inputShares: inputShares.map(\.base))
                ones += outputs[0][0].canonicalValue >> 63 == 1 ? 1 : 0
            }
            // 400 fair coins leave [130, 270] with probability below 2^-38.
            #expect((130...270).contains(ones), "input \(input): \(ones) of \(trials)")
        }
    }

    /// A commitment with a guessed input but without the blind is a guess at a point of a group of order 2^252.
    @Test func guessingTheInputDoesNotOpenACommitment() throws {
        let vdaf = try Committed(Prio3Count())
        var generator = SystemRandomNumberGenerator()
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: Self.context, measurement: true, nonce: Self.nonce, rng: &generator)
        let outputs = try vdaf.base.outputShares(
            context: Self.context, inputShares: inputShares.map(\.base))
        let value = outputs[0][0].canonicalValue
        let right = PedersenVector.commit(values: [value], blind: inputShares[0].blind)
        let logged = publicShare.commitments.leader.encoded.bytes
        #expect(right.encoded() == logged)
        for _ in 0..<50 {
            let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let guess = PedersenVector.commit(values: [value], blind: try Scalar(reducing: bytes))
            #expect(guess.encoded() != logged)
        }
    }
}
