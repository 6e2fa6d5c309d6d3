import Ristretto255
import VDAF

extension Committed {
    /// Bytes from which one blind is reduced.
    private static var blindSeedSize: Int { 64 }

    /// V's randomness ‖ 64 bytes for r_0 ‖ 64 bytes for r_1.
    public var randSize: Int { base.randSize + 2 * Self.blindSeedSize }

    /// Splits a measurement into shares and commits to both output shares.
    ///
    /// - Throws: what V throws, and `VDAFError.marginViolated` if the leader's output share breaks the margin rule:
    ///   then draw a new `rand` (`shardRetrying` does). An honest client sees it with probability at most d·(M + 1)/p,
    ///   or d·(2M + 1)/p for signed types.
    public func shard(
        context: [UInt8], measurement: V.Measurement, nonce: [UInt8], rand: [UInt8]
    ) throws(VDAFError) -> (publicShare: PublicShare, inputShares: [InputShare]) {
        guard rand.count == randSize else {
            throw .invalidArgument("randomness: expected \(randSize) bytes, got \(rand.count)")
        }
        let seeds = rand[base.randSize...]
        let blinds = [
            try Self.blind(seeds.prefix(Self.blindSeedSize)), try Self.blind(seeds.suffix(Self.blindSeedSize)),
        ]
        let (publicShare, inputShares) = try base.shard(
            context: context, measurement: measurement, nonce: nonce, rand: Array(rand.prefix(base.randSize)))
        let outputShares = try base.outputShares(context: context, inputShares: inputShares)
        guard outputShares.count == 2, inputShares.count == 2 else {
            throw .invalidArgument("committed VDAF: V made \(outputShares.count) output shares instead of 2")
        }

        let commitments = try commit(outputShares, blinds: blinds)
        return (
            PublicShare(base: publicShare, commitments: commitments),
            zip(inputShares, blinds).map { InputShare(base: $0, blind: $1) }
        )
    }

    /// C_0 and C_1: what commitments add to the work of V's client.
    ///
    /// - Throws: `.marginViolated`.
    package func commit(_ outputShares: [[V.Field]], blinds: [Scalar]) throws(VDAFError) -> CommitmentPair {
        guard marginHolds(leaderShare: outputShares[0]) else { throw .marginViolated }
        let vectors = outputShares.map { IntegerVector(canonical: $0) }
        return try commit(leader: vectors[0], helper: vectors[1], blinds: blinds)
    }

    /// The same without letting x show in the time that it takes.
    ///
    /// The client holds both shares. Variable-time work on both would show x to anybody who can measure it, and on one of
    /// them to the aggregator that has the other. So x_1 is committed to in constant time, and x, which is short, instead of
    /// x_0: C_0 follows from x = x_0 + x_1 - p, which the margin rule makes an equation of integers:
    ///
    ///     Com(x_0; r_0) = Com(x; r_0) + p·ΣG_k - Com(x_1; 0).
    ///
    /// Where x is signed, x + M takes its place, and p - M that of p.
    private func commit(
        leader: IntegerVector, helper: IntegerVector, blinds: [Scalar]
    ) throws(VDAFError) -> CommitmentPair {
        var input = IntegerVector(count: leader.count, wordsPerValue: leader.wordsPerValue + 1)
        input.add(leader)
        input.add(helper)
        let shift = V.Field.modulus - (base.isSigned ? base.coordinateBound : 0)
        input.subtract(
            IntegerVector(repeating: shift, count: leader.count, wordsPerValue: leader.wordsPerValue))
        let bound = UInt256(low: base.isSigned ? 2 * base.coordinateBound : base.coordinateBound)
        guard (0..<input.count).allSatisfy({ input[$0] <= bound }) else {
            throw .invalidMeasurement("committed VDAF: V made an output share of a value above its own bound")
        }

        let generators = Generators.shared
        let points = generators.precomputed(atLeast: input.count)
        let helperSum = RistrettoPoint.constantTimeMultiScalar(
            words: helper.words, wordsPerScalar: helper.wordsPerValue,
            bits: 128 - V.Field.modulus.leadingZeroBitCount, points)
        let inputSum = RistrettoPoint.constantTimeMultiScalar(
            words: input.words, wordsPerScalar: input.wordsPerValue,
            bits: max(1, 128 - bound.low.leadingZeroBitCount), points)
        let leaderSum = inputSum + PedersenVector.commit(toAll: input.count, value: shift) - helperSum
        return CommitmentPair(
            leader: Commitment(leaderSum + generators.blind(blinds[0])),
            helper: Commitment(helperSum + generators.blind(blinds[1])))
    }

    /// C = C_0 + C_1 - p·ΣG_k, which commits to exactly x under the blind r_0 + r_1: what credit is proved about.
    public func inputCommitment(_ commitments: CommitmentPair) -> RistrettoPoint {
        commitments.leader.point + commitments.helper.point
            - PedersenVector.commit(toAll: base.outputLength, value: V.Field.modulus)
    }

    /// Shards with randomness from `rng`, drawn again while the margin rule is violated or a wraparound test fails.
    ///
    /// - Parameter rng: a cryptographically secure source.
    /// - Throws: what V throws; `VDAFError.marginViolated` after 128 attempts, which the σ rule makes impossible in
    ///   practice.
    public func shardRetrying(
        context: [UInt8], measurement: V.Measurement, nonce: [UInt8], rng: inout some RandomNumberGenerator
    ) throws(VDAFError) -> (publicShare: PublicShare, inputShares: [InputShare]) {
        for _ in 0..<128 {
            let rand = (0..<randSize).map { _ in UInt8.random(in: 0...255, using: &rng) }
            do {
                return try shard(context: context, measurement: measurement, nonce: nonce, rand: rand)
            } catch .marginViolated {
                continue
            } catch .wraparoundTestFailed {
                continue
            }
        }
        throw .marginViolated
    }

    /// Whether every coordinate of the leader's share is above M, and for signed types below p - M; reads all of them
    /// whatever it finds.
    func marginHolds(leaderShare: [V.Field]) -> Bool {
        let first = base.coordinateBound + 1
        let last = V.Field.modulus - 1 - (base.isSigned ? base.coordinateBound : 0)
        // Elements are read where they are: their memory is their encoding.
        return leaderShare.withUnsafeBytes { bytes in
            let words = bytes.bindMemory(to: UInt64.self)
            return V.Field.encodedSize == 8
                ? Self.allSingle(words, in: UInt64(first)...UInt64(last)) : Self.allDouble(words, in: first...last)
        }
    }

    @inline(never)
    private static func allSingle(_ words: UnsafeBufferPointer<UInt64>, in range: ClosedRange<UInt64>) -> Bool {
        let (first, width) = (range.lowerBound, range.upperBound - range.lowerBound)
        var holds = true
        for index in 0..<words.count {
            let isWithin = words[index] &- first <= width
            holds = isWithin && holds
        }
        return holds
    }

    @inline(never)
    private static func allDouble(_ words: UnsafeBufferPointer<UInt64>, in range: ClosedRange<UInt128>) -> Bool {
        let (first, width) = (range.lowerBound, range.upperBound - range.lowerBound)
        var holds = true
        for index in 0..<words.count / 2 {
            let value = UInt128(_low: words[2 &* index], _high: words[2 &* index &+ 1])
            let isWithin = value &- first <= width
            holds = isWithin && holds
        }
        return holds
    }

    private static func blind(_ seed: ArraySlice<UInt8>) throws(VDAFError) -> Scalar {
        do {
            return try Scalar(reducing: seed)
        } catch {
            throw .invalidArgument("randomness: \(error)")
        }
    }
}
