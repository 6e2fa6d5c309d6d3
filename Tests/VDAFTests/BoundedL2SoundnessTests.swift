import TestSupport
import Testing
import VDAF

/// A client that says what it likes about its vector and proves it as well as the honest prover can.
struct LyingClient<Field: NTTFieldElement> {
    let vdaf: BoundedL2<Field>
    /// The vector, in the field.
    var vector: [Field]
    /// The bits of its squared norm, as stated.
    var normBits: [Field]
    /// What the bits of test `index` are, given the true result in the field.
    var testBits: (_ index: Int, _ result: Field) -> [Field]

    init(_ vdaf: BoundedL2<Field>, vector: [Field], statedNorm: UInt64) throws {
        self.vdaf = vdaf
        self.vector = vector
        normBits = try vdaf.encode(squaredNorm: statedNorm)
        let tests = vdaf.wraparound
        testBits = { Self.bits(ofResult: Self.isInRange($1, tests) ? $1 : .zero, tests) }
    }

    static func isInRange(_ result: Field, _ tests: WraparoundTests) -> Bool {
        (result + Field(tests.bound - 1)).canonicalValue < 2 * UInt128(tests.bound)
    }

    /// The bits that state a result in range.
    static func bits(ofResult result: Field, _ tests: WraparoundTests) -> [Field] {
        let shifted = (result + Field(tests.bound - 1)).canonicalValue
        return (0..<tests.bits).map { Field(UInt64(shifted >> UInt128($0) & 1)) }
    }

    /// How many of the tests on a fresh report the vector passes.
    func report(
        context: [UInt8], nonce: [UInt8], _ random: inout SeededGenerator
    ) throws(VDAFError) -> (report: (Prio3PublicShare, [Prio3InputShare<Field>]), passed: Int) {
        var passed = 0
        let report = try vdaf.shard(
            context: context, vectorAndNorm: vector + normBits, nonce: nonce, rand: random.bytes(vdaf.randSize)
        ) { signs throws(VDAFError) in
            let results = try vector.withUnsafeBufferPointer { vector throws(VDAFError) in
                try SignDotProducts(dimension: vector.count, checks: WraparoundTests.count)
                    .evaluate(vector, xof: &signs)
            }
            passed = results.count { Self.isInRange($0, vdaf.wraparound) }
            return (bits: results.enumerated().flatMap { testBits($0.offset, $0.element) }, results: results)
        }
        return (report, passed)
    }

    /// What honest aggregators make of it; nil if they accept.
    func verdict(_ random: inout SeededGenerator) throws -> VDAFError? {
        let (context, key, nonce) = (random.bytes(5), random.bytes(32), random.bytes(16))
        let ((publicShare, inputShares), _) = try report(context: context, nonce: nonce, &random)
        do throws(VDAFError) {
            var shares: [Prio3VerifierShare<Field>] = []
            for (id, inputShare) in inputShares.enumerated() {
                let (state, share) = try vdaf.verifyInit(
                    verifyKey: key, context: context, aggregatorID: id, aggregationParameter: (), nonce: nonce,
                    publicShare: publicShare, inputShare: inputShare)
                guard vdaf.jointRandomnessPartMatches(state) else { return .jointRandomnessMismatch }
                shares.append(share)
            }
            _ = try vdaf.verifierSharesToMessage(context: context, aggregationParameter: (), verifierShares: shares)
            return nil
        } catch {
            return error
        }
    }
}

/// What must fail.
@Suite struct BoundedL2SoundnessTests {
    /// √2 = 2^24·(2^48 - 1) in Field64: a huge coordinate whose square is 2.
    static let rootOfTwo = Field64(1 << 24) * (Field64(1 << 48) - .one)

    static func vdaf(bound: UInt64 = 1 << 16, dimension: Int) throws -> BoundedL2Vector {
        try BoundedL2Vector(encoding: .init(integerBound: bound, fractionalBits: 10), dimension: dimension)
    }

    static func squaredNorm(_ vector: [Field64]) -> UInt128 {
        vector.reduce(Field64.zero) { $0 + $1 * $1 }.canonicalValue
    }

    @Test func theClientIsAnHonestProverForValidVectors() throws {
        var random = SeededGenerator()
        let client = try LyingClient(
            Self.vdaf(dimension: 3), vector: [Field64(3), -Field64(4), .zero], statedNorm: 25)
        #expect(try client.verdict(&random) == nil)
    }

    /// The attack that the wraparound tests exist for: vectors whose sum of squares is small modulo p, and which pass any
    /// check of the norm that computes modulo p.
    @Test func aHugeCoordinateThatWrapsTheFieldPassesANaiveNormCheckAndFailsOurs() throws {
        var random = SeededGenerator()
        let half = Field64(1 << 31)
        let vectors: [[Field64]] = [
            [Self.rootOfTwo, .zero, .zero, .zero], [.zero, .zero, .zero, -Self.rootOfTwo],
            // 2^48 is a square root of -1, so these squares cancel.
            [Field64(1 << 48), .one, .zero, .zero], [Field64(1 << 63), Field64(1 << 15), .one, .zero],
            // Coordinates that are all below √p: 4·2^62 = p + 2^32 - 1.
            [half, half, half, half], [half, -half, half, -half],
        ]
        for vector in vectors {
            let vdaf = try Self.vdaf(dimension: 4)
            let norm = Self.squaredNorm(vector)
            #expect(norm <= UInt128(vdaf.encoding.integerBound) << 16, "the naive check: Σ X_k² mod p ≤ B²")
            let client = try LyingClient(vdaf, vector: vector, statedNorm: UInt64(norm))
            #expect(try client.verdict(&random) == .proofRejected)
        }
    }

    /// A single test catches one huge coordinate half of the time: whenever its sign is not zero.
    @Test func eachTestCatchesAHugeCoordinateWithProbabilityOneHalf() throws {
        var random = SeededGenerator()
        let vdaf = try Self.vdaf(dimension: 4)
        let client = try LyingClient(vdaf, vector: [Self.rootOfTwo, .zero, .zero, .zero], statedNorm: 2)
        let many = try LyingClient(
            vdaf, vector: [Field64](repeating: Field64(1 << 31), count: 4), statedNorm: 1 << 32 - 1)
        var (passed, passedMany) = (0, 0)
        for _ in 0..<100 {
            passed += try client.report(context: [], nonce: random.bytes(16), &random).passed
            passedMany += try many.report(context: [], nonce: random.bytes(16), &random).passed
        }
        // 10,400 fair coins: six standard deviations are 306.
        #expect((4_894...5_506).contains(passed))
        // Σ z_k = 0 for four entries has probability 70/256.
        #expect((2_570...3_120).contains(passedMany))
        print("of 10,400 tests, one huge coordinate passed \(passed), four large ones \(passedMany)")
    }

    @Test func normsAboveTheBoundAreRejected() throws {
        var random = SeededGenerator()
        let vdaf = try Self.vdaf(bound: 10, dimension: 3)
        // The bits that would state v if bits weighed more or were no bits.
        let over: [(vector: [Field64], normBits: [Field64])] = [
            ([Field64(10), .one, .zero], try vdaf.encode(squaredNorm: 100)),
            (
                [Field64(10), .one, .zero],
                [Field64(101)] + [Field64](repeating: .zero, count: vdaf.squaredNormBits - 1)
            ),
            (
                [Field64(20), .zero, .zero],
                [Field64](repeating: .zero, count: vdaf.squaredNormBits - 2) + [
                    (Field64(400) * Field64(32).inverted()), .zero,
                ]
            ),
            ([Field64(3), Field64(4), .zero], try vdaf.encode(squaredNorm: 24)),
            ([.zero, .zero, .zero], try vdaf.encode(squaredNorm: 1)),
        ]
        for (vector, normBits) in over {
            var client = try LyingClient(vdaf, vector: vector, statedNorm: 0)
            client.normBits = normBits
            #expect(try client.verdict(&random) == .proofRejected, "\(vector.map(\.canonicalValue))")
        }
    }

    @Test func wrongStatementsOfTestResultsAreRejected() throws {
        var random = SeededGenerator()
        let vdaf = try Self.vdaf(bound: 10, dimension: 3)
        let tests = vdaf.wraparound
        let honest = try LyingClient(vdaf, vector: [Field64(3), Field64(4), .zero], statedNorm: 25)
        #expect(try honest.verdict(&random) == nil)
        for wrong in [0, 57, 103] {
            var off = honest
            off.testBits = { index, result in
                LyingClient.bits(ofResult: index == wrong ? result + .one : result, tests)
            }
            #expect(try off.verdict(&random) == .proofRejected, "test \(wrong) off by one")
            var noBit = honest
            noBit.testBits = { index, result in
                var bits = LyingClient.bits(ofResult: result, tests)
                // The same number, with the lowest bit taking two units from the next.
                if index == wrong { (bits[0], bits[1]) = (bits[0] + Field64(2), bits[1] - .one) }
                return bits
            }
            #expect(try noBit.verdict(&random) == .proofRejected, "test \(wrong) with digits that are no bits")
        }
        // Errors that cancel in a plain sum.
        var cancelling = honest
        cancelling.testBits = { index, result in
            let error: Field64 = index == 0 ? .one : index == 1 ? -.one : .zero
            return LyingClient.bits(ofResult: result + error, tests)
        }
        #expect(try cancelling.verdict(&random) == .proofRejected)
    }

    @Test func field128RejectsTheSameAttacks() throws {
        var random = SeededGenerator()
        let vdaf = try BoundedL2VectorField128(encoding: .init(integerBound: 1000, fractionalBits: 3), dimension: 2)
        // A square root of -1: p - 1 is divisible by 4.
        let root = (0..<64).reduce(Field128.rootGenerator) { root, _ in root * root }
        #expect(root * root == -.one)
        let client = try LyingClient(vdaf, vector: [root, .one], statedNorm: 0)
        #expect(try client.verdict(&random) == .proofRejected)
        let honest = try LyingClient(vdaf, vector: [Field128(30), -Field128(40)], statedNorm: 2500)
        #expect(try honest.verdict(&random) == nil)
    }

    /// Both of an aggregator's parts, and only its own.
    @Test func eachAggregatorSeesWhetherOneOfItsOwnPartsIsWrong() throws {
        var random = SeededGenerator()
        let vdaf = try Self.vdaf(dimension: 5)
        let report = try Report(vdaf, [1, 2, 3, 4, 5], &random)
        for wrong in [nil, 0, 1] as [Int?] {
            for byte in [0, 31, 32, 63] {
                var bad = report
                if let wrong { bad.publicShare.jointRandomnessParts[wrong][byte] ^= 0x80 }
                let steps = try (0..<2).map { try bad.verifyInit($0) }
                for aggregator in 0..<2 {
                    #expect(vdaf.jointRandomnessPartMatches(steps[aggregator].state) == (aggregator != wrong))
                }
                guard wrong != nil else { continue }
                // Even if nobody looked, the proof or the message would refuse.
                #expect(throws: VDAFError.self) { try bad.verify() }
            }
        }
    }

    /// A wrong part makes the aggregators derive different randomness; they must not end up apart over it.
    @Test func theVerifierMessageBindsBothPartsOfBothAggregators() throws {
        var random = SeededGenerator()
        let vdaf = try Self.vdaf(dimension: 5)
        let report = try Report(vdaf, [1, 2, 3, 4, 5], &random)
        let steps = try (0..<2).map { try report.verifyInit($0) }
        let message = try vdaf.verifierSharesToMessage(
            context: report.context, aggregationParameter: (), verifierShares: steps.map(\.share))
        for id in 0..<2 {
            for byte in [0, 31, 32, 63] {
                var shares = steps.map { vdaf.encode(verifierShare: $0.share) }
                shares[id][shares[id].count - 64 + byte] ^= 1
                let other = try vdaf.verifierSharesToMessage(
                    context: report.context, aggregationParameter: (),
                    verifierShares: shares.map { try vdaf.decodeVerifierShare($0) })
                #expect(other != message)
                #expect(throws: VDAFError.jointRandomnessMismatch) {
                    try vdaf.verifyNext(context: report.context, state: steps[1 - id].state, message: other)
                }
            }
        }
    }

    @Test func aReportOnlyVerifiesUnderItsNonceKeyAndContext() throws {
        var random = SeededGenerator()
        let vdaf = try Self.vdaf(dimension: 5)
        let report = try Report(vdaf, [1, 2, 3, 4, 5], &random)
        func verify(contexts: [[UInt8]], nonces: [[UInt8]], keys: [[UInt8]]) throws {
            let shares = try (0..<2).map { id in
                try vdaf.verifyInit(
                    verifyKey: keys[id], context: contexts[id], aggregatorID: id, aggregationParameter: (),
                    nonce: nonces[id], publicShare: report.publicShare, inputShare: report.inputShares[id]
                ).share
            }
            _ = try vdaf.verifierSharesToMessage(
                context: contexts[0], aggregationParameter: (), verifierShares: shares)
        }
        let (c, n, k) = (report.context, report.nonce, report.verifyKey)
        #expect(throws: Never.self) { try verify(contexts: [c, c], nonces: [n, n], keys: [k, k]) }
        let (c2, n2, k2) = (random.bytes(5), random.bytes(16), random.bytes(32))
        #expect(throws: VDAFError.proofRejected) { try verify(contexts: [c, c], nonces: [n, n], keys: [k, k2]) }
        #expect(throws: VDAFError.proofRejected) { try verify(contexts: [c2, c2], nonces: [n, n], keys: [k, k]) }
        #expect(throws: VDAFError.proofRejected) { try verify(contexts: [c, c], nonces: [n2, n2], keys: [k, k]) }
    }

    /// A failed test of an honest client is an error of its own kind, and new randomness helps.
    @Test func resultsOutOfRangeAreReported() throws {
        let tests = try WraparoundTests(integerBound: 100, field: Field64.self)
        let bound = Int64(tests.bound)
        #expect(bound == 1024 && tests.bits == 11)
        for result in [-bound + 1, -1, 0, bound] {
            let bits: [Field64] = try tests.encode([result])
            #expect(bits == LyingClient.bits(ofResult: BoundedL2Vector.element(result), tests))
        }
        for result in [-bound, bound + 1, Int64.max / 2, Int64.min / 2] {
            #expect(throws: VDAFError.wraparoundTestFailed) {
                let _: [Field64] = try tests.encode([0, result, 0])
            }
        }
    }
}
