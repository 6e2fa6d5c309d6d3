import TestSupport
import Testing
import VDAF

/// Random vectors of a norm at most `norm`.
func randomVector(_ dimension: Int, norm: Double, _ random: inout SeededGenerator) -> [Double] {
    let direction = (0..<dimension).map { _ in Double.random(in: -1...1, using: &random) }
    let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let size = Double.random(in: 0...norm, using: &random)
    return direction.map { $0 / length * size }
}

/// Bounded-norm vectors from measurement to sum.
@Suite struct BoundedL2Tests {
    static func checkSums<Field>(_ vdaf: BoundedL2<Field>, _ random: inout SeededGenerator) throws {
        let vectors = try (0..<4).map { _ in
            try vdaf.encoding.clip(randomVector(vdaf.dimension, norm: vdaf.encoding.normBound, &random))
        }
        let result = try aggregate(vdaf, vectors, &random)
        var expected = [Int128](repeating: 0, count: vdaf.dimension)
        for vector in vectors {
            expected = zip(expected, try vdaf.encoding.encode(vector)).map { $0 + Int128($1) }
        }
        #expect(result.integers == expected)
        let unit = Double(sign: .plus, exponent: -vdaf.encoding.fractionalBits, significand: 1)
        for (index, value) in result.values.enumerated() {
            #expect(abs(value - vectors.reduce(0) { $0 + $1[index] }) <= 2.0001 * unit)
        }
    }

    @Test(arguments: [1, 2, 3, 63, 64, 65, 1000, 4097])
    func theSumOfValidVectorsIsExact(dimension: Int) throws {
        var random = SeededGenerator()
        try Self.checkSums(BoundedL2Vector(normBound: 1, fractionalBits: 15, dimension: dimension), &random)
        try Self.checkSums(BoundedL2VectorField128(normBound: 100, fractionalBits: 24, dimension: dimension), &random)
        try Self.checkSums(BoundedL2Vector(normBound: 3.7, fractionalBits: 4, dimension: dimension), &random)
    }

    @Test func aMillionCoordinatesAreSummed() throws {
        var random = SeededGenerator()
        let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 13, dimension: 1_000_000)
        let vector = try vdaf.encoding.clip(randomVector(vdaf.dimension, norm: 1, &random))
        let outputs = try Report(vdaf, vector, &random).verify()
        let sum = try vdaf.unshard(aggregationParameter: (), aggregateShares: outputs, measurementCount: 1)
        #expect(try sum.integers == vdaf.encoding.encode(vector).map { Int128($0) })
    }

    @Test(arguments: [1, 2, 3, 5, 1 << 10, 1 << 25] as [UInt64])
    func boundsOfEverySizeWork(integerBound: UInt64) throws {
        var random = SeededGenerator()
        for fractionalBits in [0, 20] {
            let encoding = try FixedPointEncoding(integerBound: integerBound, fractionalBits: fractionalBits)
            try Self.checkSums(BoundedL2Vector(encoding: encoding, dimension: 20), &random)
            try Self.checkSums(BoundedL2VectorField128(encoding: encoding, dimension: 20), &random)
        }
    }

    @Test func vectorsAtTheEdgeOfTheBoundAreAccepted() throws {
        var random = SeededGenerator()
        let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: 16)
        let edges: [[Double]] = [
            [Double](repeating: 0, count: 16), [1] + [Double](repeating: 0, count: 15),
            [Double](repeating: 0, count: 15) + [-1], [Double](repeating: 0.25, count: 16),
            (0..<16).map { $0 % 2 == 0 ? 0.25 : -0.25 },
        ]
        for vector in edges {
            #expect(try aggregate(vdaf, [vector], &random).values == vector)
        }
        #expect(
            try aggregate(vdaf, edges, &random).values == (0..<16).map { index in edges.reduce(0) { $0 + $1[index] } })
    }

    @Test func measurementsThatAreNoneAreRefused() throws {
        var random = SeededGenerator()
        let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: 4)
        let hair = 1.0 / 1024
        for vector in [
            [], [0.1, 0.2, 0.3], [0.1, 0.2, 0.3, 0.4, 0.5], [.nan, 0, 0, 0], [0, 0, 0, .infinity], [1, hair, 0, 0],
            [0.5, 0.5, 0.5, 0.5 + hair], [0, 1e200, 0, 0],
        ] as [[Double]] {
            let error = #expect(throws: VDAFError.self, "\(vector)") {
                try vdaf.shard(
                    context: [], measurement: vector, nonce: random.bytes(16), rand: random.bytes(vdaf.randSize))
            }
            guard case .invalidMeasurement? = error else {
                Issue.record("\(vector): \(String(describing: error))")
                continue
            }
        }
    }

    @Test func shardingIsDeterministicInItsRandomness() throws {
        var random = SeededGenerator()
        let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: 30)
        let (vector, nonce, rand) = (
            randomVector(30, norm: 0.9, &random), random.bytes(16), random.bytes(vdaf.randSize)
        )
        let runs = try (0..<2).map { _ in
            let report = try vdaf.shard(context: [7], measurement: vector, nonce: nonce, rand: rand)
            return [vdaf.encode(publicShare: report.publicShare)] + report.inputShares.map(vdaf.encode(inputShare:))
        }
        #expect(runs[0] == runs[1])
        for size in [0, vdaf.randSize - 1, vdaf.randSize + 1] {
            #expect(throws: VDAFError.self) {
                try vdaf.shard(context: [7], measurement: vector, nonce: nonce, rand: random.bytes(size))
            }
        }
    }

    @Test func parametersOutOfRangeAreRefused() {
        for dimension in [0, -1, (1 << 24) + 1, .max] {
            #expect(throws: VDAFError.self) {
                try BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: dimension)
            }
        }
        #expect(throws: VDAFError.self, "B above 2^25") {
            try BoundedL2Vector(normBound: 1.1, fractionalBits: 25, dimension: 4)
        }
        #expect(throws: Never.self) { try BoundedL2Vector(normBound: 1, fractionalBits: 25, dimension: 4) }
        #expect(throws: Never.self) {
            try BoundedL2VectorField128(
                encoding: FixedPointEncoding(integerBound: (1 << 32) - 1, fractionalBits: 0), dimension: 4)
        }
    }

    @Test func argumentsOfWrongSizeAreRefused() throws {
        var random = SeededGenerator()
        let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: 3)
        let report = try Report(vdaf, [0.1, 0.2, 0.3], &random)
        func start(
            key: Int = 32, context: Int = 4, id: Int = 0, nonce: Int = 16, parts: [Int] = [64, 64],
            swapped: Bool = false
        ) throws {
            _ = try vdaf.verifyInit(
                verifyKey: random.bytes(key), context: random.bytes(context), aggregatorID: id,
                aggregationParameter: (),
                nonce: random.bytes(nonce),
                publicShare: Prio3PublicShare(jointRandomnessParts: parts.map { random.bytes($0) }),
                inputShare: report.inputShares[swapped ? 1 : 0])
        }
        #expect(throws: Never.self) { try start() }
        #expect(throws: VDAFError.self) { try start(key: 31) }
        #expect(throws: VDAFError.self) { try start(context: 248) }
        #expect(throws: VDAFError.self) { try start(nonce: 15) }
        #expect(throws: VDAFError.self) { try start(parts: [64]) }
        #expect(throws: VDAFError.self) { try start(parts: [64, 32]) }
        #expect(throws: VDAFError.self) { try start(swapped: true) }
        for id in [-1, 1, 2, 256] { #expect(throws: VDAFError.self) { try start(id: id) } }
        let (state, share) = try report.verifyInit(0)
        #expect(throws: VDAFError.self) {
            try vdaf.verifierSharesToMessage(context: [], aggregationParameter: (), verifierShares: [share])
        }
        #expect(throws: VDAFError.jointRandomnessMismatch) {
            try vdaf.verifyNext(
                context: [], state: state, message: vdaf.decodeVerifierMessage([UInt8](repeating: 0, count: 32)))
        }
        #expect(throws: VDAFError.self) { try vdaf.merge([[.zero]]) }
        #expect(throws: VDAFError.self) {
            try vdaf.unshard(aggregationParameter: (), aggregateShares: [vdaf.aggregateInit(())], measurementCount: 1)
        }
        #expect(throws: VDAFError.self) { try vdaf.outputShares(context: [], inputShares: []) }
    }

    @Test func outputSharesAreThoseOfVerification() throws {
        var random = SeededGenerator()
        let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: 30)
        let report = try Report(vdaf, randomVector(30, norm: 0.9, &random), &random)
        let early = try vdaf.outputShares(context: report.context, inputShares: report.inputShares)
        #expect(try report.verify() == early)
    }

    @Test func sumsBeyondWhatTheReportsCanAddUpToAreRefused() throws {
        let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 10, dimension: 2)
        let p = Field64.modulus
        #expect(try vdaf.decode(aggregate: [3072, p - 3072], measurementCount: 3).integers == [3072, -3072])
        #expect(try vdaf.decode(aggregate: [1, p - 1], measurementCount: 3).values == [1.0 / 1024, -1.0 / 1024])
        for sums in [[3073, 0], [0, p - 3073], [p / 2, 0]] as [[UInt128]] {
            #expect(throws: VDAFError.self) { try vdaf.decode(aggregate: sums, measurementCount: 3) }
        }
        for sums in [[0], [0, 0, 0], [p, 0], [.max, 0]] as [[UInt128]] {
            #expect(throws: VDAFError.self) { try vdaf.decode(aggregate: sums, measurementCount: 3) }
        }
        #expect(throws: VDAFError.self) { try vdaf.decode(aggregate: [0, 0], measurementCount: 0) }
    }

    @Test func theL1DistanceIsRoundedUp() throws {
        func distance(_ bound: UInt64, _ dimension: Int) throws -> UInt128 {
            try BoundedL2Vector(encoding: .init(integerBound: bound, fractionalBits: 0), dimension: dimension)
                .outputDistance
        }
        #expect(try distance(1, 1) == 2)
        #expect(try distance(10, 4) == 40)
        #expect(try distance(10, 5) == 45, "2·√5·10 = 44.7…")
        #expect(try distance(1 << 25, 1 << 24) == 1 << 38)
    }
}

/// Encodings of bounded-norm vectors: what is decoded is what was encoded, and nothing else decodes.
@Suite struct BoundedL2CodecTests {
    @Test func decodersRefuseEveryOtherLengthAndNonCanonicalElements() throws {
        var random = SeededGenerator()
        let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 4, dimension: 3)
        let report = try Report(vdaf, [0.1, 0.2, 0.3], &random)
        let steps = try (0..<2).map { try report.verifyInit($0) }
        let decoders: [(String, [UInt8], ([UInt8]) throws -> [UInt8])] = [
            (
                "public share", vdaf.encode(publicShare: report.publicShare),
                { vdaf.encode(publicShare: try vdaf.decodePublicShare($0)) }
            ),
            (
                "leader's share", vdaf.encode(inputShare: report.inputShares[0]),
                { vdaf.encode(inputShare: try vdaf.decodeInputShare($0, aggregatorID: 0)) }
            ),
            (
                "helper's share", vdaf.encode(inputShare: report.inputShares[1]),
                { vdaf.encode(inputShare: try vdaf.decodeInputShare($0, aggregatorID: 1)) }
            ),
            (
                "verifier share", vdaf.encode(verifierShare: steps[0].share),
                { vdaf.encode(verifierShare: try vdaf.decodeVerifierShare($0)) }
            ),
            (
                "output share", vdaf.encode(outputShare: steps[0].state.outputShare),
                { vdaf.encode(outputShare: try vdaf.decodeOutputShare($0)) }
            ),
            (
                "aggregate share", vdaf.encode(aggregateShare: steps[1].state.outputShare),
                { vdaf.encode(aggregateShare: try vdaf.decodeAggregateShare($0)) }
            ),
            (
                "verifier message", random.bytes(32),
                { vdaf.encode(verifierMessage: try vdaf.decodeVerifierMessage($0)) }
            ),
        ]
        for (name, bytes, decode) in decoders {
            #expect(try decode(bytes) == bytes, "\(name)")
            for wrong in [[], [0], Array(bytes.dropLast()), bytes + [0], Array(bytes.dropLast(8)), bytes + bytes] {
                #expect(throws: VDAFError.self, "\(name)") { try decode(wrong) }
            }
            guard name.hasSuffix("share"), !["public share", "helper's share"].contains(name) else { continue }
            var modulus = bytes
            modulus.replaceSubrange(0..<8, with: [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF])
            #expect(throws: VDAFError.self, "\(name) with an element p") { try decode(modulus) }
        }
        #expect(bytesOfReport(vdaf) == decoders[0..<3].reduce(0) { $0 + $1.1.count })
        for id in [-1, 2, 255] {
            #expect(throws: VDAFError.self) { try vdaf.decodeInputShare(random.bytes(64), aggregatorID: id) }
        }
    }

    private func bytesOfReport(_ vdaf: BoundedL2Vector) -> Int {
        vdaf.publicShareSize + vdaf.inputShareSize(aggregatorID: 0) + vdaf.inputShareSize(aggregatorID: 1)
    }

    /// What the type is for: little more than an element a coordinate.
    @Test func uploadsAreShort() throws {
        for (dimension, most) in [(10_000, 1.35), (100_000, 1.05), (1_000_000, 1.01)] {
            let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 16, dimension: dimension)
            #expect(Double(bytesOfReport(vdaf)) <= most * 8 * Double(dimension))
        }
    }
}
