import TestSupport
import Testing
import VDAF

/// Inner products with vectors of -1, 0 and 1 by their definition, entry by entry.
enum SignDotProductsReference {
    /// entries[i][k] = b - b' from the stream: a row for each coordinate, in it two bytes for every eight checks.
    static func entries(dimension: Int, checks: Int, xof: inout XofHmacSha256Aes128) -> [[Int64]] {
        let rows = (0..<dimension).map { _ in xof.next(2 * ((checks + 7) / 8)) }
        return (0..<checks).map { check in
            let (pair, bit) = (check / 8, UInt8(check % 8))
            return rows.map { row in
                let plus = row[2 * pair] >> bit & 1
                let minus = row[2 * pair + 1] >> bit & 1
                return Int64(plus) - Int64(minus)
            }
        }
    }

    static func evaluate<Field: FieldElement>(_ vector: [Field], checks: Int, xof: inout XofHmacSha256Aes128) -> [Field]
    {
        entries(dimension: vector.count, checks: checks, xof: &xof).map { entries in
            zip(entries, vector).reduce(Field.zero) { sum, pair in
                pair.0 == 0 ? sum : pair.0 == 1 ? sum + pair.1 : sum - pair.1
            }
        }
    }

    static func evaluate(_ vector: [Int64], checks: Int, xof: inout XofHmacSha256Aes128) -> [Int64] {
        entries(dimension: vector.count, checks: checks, xof: &xof).map { entries in
            zip(entries, vector).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }
}

@Suite struct SignDotProductsTests {
    /// Around one coordinate, one piece of the stream (1,024 rows), and several.
    static let dimensions = [1, 2, 63, 64, 65, 1023, 1024, 1025, 4095, 4096, 4097, 10_000]

    static func stream(_ random: inout SeededGenerator) -> XofHmacSha256Aes128 {
        XofHmacSha256Aes128(seed: random.bytes(32), domainSeparationTag: random.bytes(8), binder: random.bytes(8))
    }

    static func check<Field: FieldElement>(_ vector: [Field], checks: Int, _ random: inout SeededGenerator) throws {
        var xof = Self.stream(&random)
        var reference = xof
        let dots = SignDotProducts(dimension: vector.count, checks: checks)
        let result = try vector.withUnsafeBufferPointer { try dots.evaluate($0, xof: &xof) }
        #expect(
            result == SignDotProductsReference.evaluate(vector, checks: checks, xof: &reference),
            "\(vector.count) coordinates, \(checks) checks")
        #expect(xof.next(16) == reference.next(16), "exactly the rows of the coordinates were taken from the stream")
    }

    static func checkValues<Field: FieldElement>(
        _ type: Field.Type, dimension: Int, _ random: inout SeededGenerator
    ) throws {
        let kinds: [(inout SeededGenerator) -> Field] = [
            { $0.element() }, { _ in .zero }, { _ in .one }, { _ in -Field.one },
            { Bool.random(using: &$0) ? -Field.one : .one },
            // All digits at their largest or smallest.
            { Bool.random(using: &$0) ? Field(UInt64(UInt32.max)) : Field(1 << 32) },
        ]
        for kind in kinds {
            try check((0..<dimension).map { _ in kind(&random) }, checks: 104, &random)
        }
    }

    @Test(arguments: dimensions)
    func inTheFieldTheyAreWhatTheDefinitionSays(dimension: Int) throws {
        var random = SeededGenerator()
        try Self.checkValues(Field64.self, dimension: dimension, &random)
        try Self.checkValues(Field128.self, dimension: dimension, &random)
    }

    @Test(arguments: [1, 2, 7, 8, 9, 15, 16, 17, 103, 105, 128])
    func anyNumberOfChecksIsPossible(checks: Int) throws {
        var random = SeededGenerator()
        for dimension in [1, 64, 1025] {
            let vector: [Field64] = random.elements(dimension)
            try Self.check(vector, checks: checks, &random)
            let wide: [Field128] = random.elements(dimension)
            try Self.check(wide, checks: checks, &random)
        }
    }

    @Test(arguments: dimensions)
    func ofIntegersTheyAreExact(dimension: Int) throws {
        var random = SeededGenerator()
        let bound: Int64 = 1 << 40
        let kinds: [(inout SeededGenerator) -> Int64] = [
            { Int64.random(in: -bound...bound, using: &$0) }, { _ in 0 }, { _ in -1 }, { _ in bound }, { _ in -bound },
            { Bool.random(using: &$0) ? 1 << 32 : -1 << 32 },
        ]
        for kind in kinds {
            let vector = (0..<dimension).map { _ in kind(&random) }
            var xof = Self.stream(&random)
            var reference = xof
            let dots = SignDotProducts(dimension: dimension, checks: 104)
            let result = try vector.withUnsafeBufferPointer { try dots.evaluate($0, xof: &xof) }
            #expect(result == SignDotProductsReference.evaluate(vector, checks: 104, xof: &reference))
        }
    }

    /// A client with integers and aggregators with shares must come to the same.
    @Test func sharesAddUpToTheIntegersResult() throws {
        var random = SeededGenerator()
        let dots = SignDotProducts(dimension: 3000, checks: 104)
        let vector = (0..<3000).map { _ in Int64.random(in: -1 << 30...1 << 30, using: &random) }
        let shares: [Field64] = random.elements(3000)
        let others = zip(vector, shares).map { value, share in Self.element(value) - share }
        var streams = [XofHmacSha256Aes128](repeating: Self.stream(&random), count: 3)
        let exact = try vector.withUnsafeBufferPointer { try dots.evaluate($0, xof: &streams[0]) }
        let first = try shares.withUnsafeBufferPointer { try dots.evaluate($0, xof: &streams[1]) }
        let second = try others.withUnsafeBufferPointer { try dots.evaluate($0, xof: &streams[2]) }
        #expect(exact.map(Self.element) == zip(first, second).map { $0 + $1 })
    }

    private static func element(_ value: Int64) -> Field64 {
        value < 0 ? -Field64(value.magnitude) : Field64(value.magnitude)
    }

    /// The layout of the stream, pinned to what another program computed with OpenSSL: what changes this changes what
    /// reports mean.
    @Test func entriesOfAFixedSeedStayTheSame() throws {
        var xof = XofHmacSha256Aes128(
            seed: [UInt8](0..<32), domainSeparationTag: Array("sign dot products".utf8), binder: [1, 2, 3])
        let vector = (1...2000).map { Int64($0) * Int64($0) }
        let dots = SignDotProducts(dimension: vector.count, checks: 12)
        let result = try vector.withUnsafeBufferPointer { try dots.evaluate($0, xof: &xof) }
        #expect(
            result == [
                -23_612_643, -76_642_936, -17_281_218, 48_636_126, -130_255_116, 24_136_909, -55_690_669,
                -66_411_627, 18_172_258, -29_449_410, -68_051_223, 34_170_782,
            ])
    }

    @Test(arguments: [0, 1, 9, 11])
    func vectorsOfAnotherLengthAreRefused(count: Int) throws {
        var random = SeededGenerator()
        var xof = Self.stream(&random)
        let dots = SignDotProducts(dimension: 10, checks: 104)
        let elements: [Field64] = random.elements(count)
        #expect(throws: VDAFError.invalidArgument("the vector must have 10 elements")) {
            _ = try elements.withUnsafeBufferPointer { try dots.evaluate($0, xof: &xof) }
        }
        let integers = [Int64](repeating: 1, count: count)
        #expect(throws: VDAFError.invalidArgument("the vector must have 10 elements")) {
            _ = try integers.withUnsafeBufferPointer { try dots.evaluate($0, xof: &xof) }
        }
    }
}
