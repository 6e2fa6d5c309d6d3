import Credit
import DAP

/// What claims cost their maker and whoever checks them: claims about one report each, a credit note and a proof that
/// the total is at least some threshold.
package struct ClaimCost: Sendable {
    package let dimension: Int
    package let bits: Int
    /// How many claims were verified together.
    package let claims: Int
    /// One claim, from the opening to the signed file.
    package let prove: PhaseCost
    /// One claim, from its file.
    package let verify: PhaseCost
    /// All claims together, from their files; microseconds for all.
    package let verifyBatch: PhaseCost
    /// Length of a claim's file.
    package let bytes: Int

    package var verifyBatchPerClaim: Double { verifyBatch.wall.median / Double(claims) }

    package static let standardDimension = 10_000
    package static let standardBits = 16
    package static let defaultClaims = 50
    private static let mostClaims = 10_000
    private static let mostDimension = 100_000

    /// Makes a batch of that many reports and a claim about each, on one thread.
    ///
    /// - Throws: `.checkFailed` if an honest claim is refused or a wrong one passes.
    package init(
        dimension: Int = standardDimension, claims count: Int = defaultClaims,
        settings: BenchSettings
    ) throws {
        try Self.check(claims: count, dimension: dimension)
        var randomness = SeededRandomness(seed: settings.seed)
        let batch = try ClaimBatch(
            dimension: dimension, bits: Self.standardBits, reports: count, randomness: &randomness)
        var generator = SystemRandomNumberGenerator()
        var (files, proveTimes): ([[UInt8]], [Elapsed]) = ([], [])
        for number in 0..<count {
            let claimable = try batch.claimable(number)
            let credit = try claimable[0].credits()[0]
            let (file, elapsed) = try timed {
                try CreditClaim.make(
                    .atLeast(credit), over: claimable, context: ClaimBatch.context, using: &generator
                ).encoded()
            }
            files.append(file)
            proveTimes.append(elapsed)
        }
        try Self.expectRefusals(batch, files, credit: try batch.claimable(0)[0].credits()[0])

        var (verifyTimes, batchTimes): ([Elapsed], [Elapsed]) = ([], [])
        for repetition in 0..<settings.repeats {
            let file = files[repetition % count]
            let (results, elapsed) = try timed { try Self.verify([file], batch, weights: batch.weights) }
            let (all, batchElapsed) = try timed { try Self.verify(files, batch, weights: batch.weights) }
            guard (results + all).allSatisfy({ (try? $0.get()) != nil }) else {
                throw BenchError.checkFailed("an honest claim was refused")
            }
            verifyTimes.append(elapsed)
            batchTimes.append(batchElapsed)
        }
        self.dimension = dimension
        bits = Self.standardBits
        claims = count
        prove = PhaseCost(proveTimes)
        verify = PhaseCost(verifyTimes)
        verifyBatch = PhaseCost(batchTimes)
        bytes = files[0].count
    }

    /// - Throws: `.invalidOption`.
    package static func check(claims: Int, dimension: Int) throws(BenchError) {
        guard 1...mostClaims ~= claims else {
            throw .invalidOption("--claims \(claims): 1 to \(mostClaims) are possible.")
        }
        guard 1...mostDimension ~= dimension else {
            throw .invalidOption("--dimension \(dimension): 1 to \(mostDimension) are possible.")
        }
    }

    /// Everything that a verifier does with files.
    private static func verify(
        _ files: [[UInt8]], _ batch: ClaimBatch, weights: CreditWeights
    ) throws -> [Result<Void, CreditError>] {
        let verifier = batch.verifier
        let checked = try files.map { file in
            let claim = try CreditClaim(file: file)
            return ClaimVerifier.Checked(claim, evidence: try verifier.evidence(of: claim), weights: [weights])
        }
        return verifier.verify(checked)
    }

    /// A claim that says more than it proves, and one with another λ, are refused, and do not spoil an honest one beside
    /// them.
    private static func expectRefusals(_ batch: ClaimBatch, _ files: [[UInt8]], credit: Int64) throws {
        var lie = try CreditClaim(file: files[0])
        lie.statement = .atLeast(credit + 1)
        lie.signatures = [Array(try batch.claimKey(0).signature(for: lie.signedBytes))]
        let results = try verify([lie.encoded(), files[files.count - 1]], batch, weights: batch.weights)
        guard case .failure(.refused(.proof, _)) = results[0], case .success = results[1] else {
            throw BenchError.checkFailed("a claim of more credit than its report earned was not refused by itself")
        }
        guard case .failure(.refused(.weights, _)) = try verify([files[0]], batch, weights: batch.otherWeights)[0]
        else {
            throw BenchError.checkFailed("a claim about one λ passed with another")
        }
    }
}
