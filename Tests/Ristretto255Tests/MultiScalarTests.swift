import Ristretto255
import TestSupport
import Testing

/// Multi-scalar multiplication against the sum of single products, across the sizes where the method changes.
@Suite struct MultiScalarTests {
    private struct Case {
        var points: [RistrettoPoint]
        var secrets: [Scalar]

        /// Points with known logarithms, so that the naive sum is one multiplication; some not normalised (Z ≠ 1).
        init(count: Int, random: inout SeededGenerator) throws {
            points = []
            secrets = []
            var power = Scalar.random(using: &random)
            let base = power * RistrettoPoint.generator
            var point = base
            for index in 0..<count {
                points.append(index % 3 == 0 ? try RistrettoPoint.decode(point.encoded()) : point)
                secrets.append(power)
                point += base
                power += secrets[0]
            }
        }

        func expected(_ scalars: [Scalar]) -> RistrettoPoint {
            zip(scalars, secrets).map(*).reduce(Scalar.zero, +) * RistrettoPoint.generator
        }
    }

    @Test(arguments: [0, 1, 2, 3, 17, 64, 150, 400, 1_000, 3_000])
    func fullScalarsAgreeWithTheNaiveSum(count: Int) throws {
        var random = SeededGenerator()
        let input = try Case(count: count, random: &random)
        let scalars = (0..<count).map { _ in Scalar.random(using: &random) }
        #expect(RistrettoPoint.variableTimeMultiScalar(scalars, input.points) == input.expected(scalars))
    }

    @Test(arguments: [1, 7, 8, 9, 16, 31, 32, 63, 64, 65, 100, 127, 128])
    func integersOfEveryWidthAgreeWithTheNaiveSum(bits: Int) throws {
        var random = SeededGenerator()
        for count in [1, 5, 90, 700] {
            let input = try Case(count: count, random: &random)
            let top = UInt128.max >> UInt128(128 - bits)
            // The largest value first, so that every window and its carry are exercised.
            let integers = (0..<count).map { $0 == 0 ? top : UInt128.random(in: 0...top, using: &random) }
            let result = RistrettoPoint.variableTimeMultiScalar(integers: integers, input.points)
            #expect(result == input.expected(integers.map { Scalar($0) }), "\(count) points")
        }
    }

    @Test(arguments: [3, 40, 500])
    func extremeScalarsAgreeWithTheNaiveSum(count: Int) throws {
        var random = SeededGenerator()
        let input = try Case(count: count, random: &random)
        let special: [Scalar] = [
            .zero, .one, -.one, -Scalar(2), Scalar(UInt128.max), Scalar(UInt128(1) << 127), Scalar(UInt64.max),
        ]
        for scalar in special {
            let scalars = [Scalar](repeating: scalar, count: count)
            #expect(RistrettoPoint.variableTimeMultiScalar(scalars, input.points) == input.expected(scalars))
        }
        let mixed = (0..<count).map { special[$0 % special.count] }
        #expect(RistrettoPoint.variableTimeMultiScalar(mixed, input.points) == input.expected(mixed))
    }

    @Test func equalAndOppositePointsInOneBucketAreNoException() throws {
        let point = RistrettoPoint.generator
        let count = 600
        let same = [RistrettoPoint](repeating: point, count: count)
        let ones = [UInt128](repeating: 0xff, count: count)
        #expect(
            RistrettoPoint.variableTimeMultiScalar(integers: ones, same) == Scalar(UInt64(0xff * count)) * point)
        let opposite = (0..<count).map { $0 % 2 == 0 ? point : -point }
        #expect(RistrettoPoint.variableTimeMultiScalar(integers: ones, opposite).isIdentity)
        let identities = [RistrettoPoint](repeating: .identity, count: count)
        #expect(RistrettoPoint.variableTimeMultiScalar(integers: ones, identities).isIdentity)
    }

    @Test func precomputedPointsKeepTheirValuesAndMayOutnumberTheScalars() throws {
        var random = SeededGenerator()
        let input = try Case(count: 50, random: &random)
        let table = PrecomputedPoints(input.points)
        #expect(table.count == 50)
        for index in 0..<50 {
            #expect(table[index] == input.points[index])
        }
        let scalars = (0..<30).map { _ in Scalar.random(using: &random) }
        #expect(RistrettoPoint.variableTimeMultiScalar(scalars, table) == input.expected(scalars))
    }
}

/// Tables of multiples and several threads, against the plain sum.
@Suite struct WindowTableTests {
    @Test(arguments: [2, 5, 8, 9, 15]) func windowsOfAnyWidthGiveTheSameSum(width: Int) throws {
        var random = SeededGenerator()
        let points = PrecomputedPoints(
            try (0..<40).map { _ in try RistrettoPoint.fromUniformBytes(random.bytes(64)) })
        for kernel in [nil] + LaneKernel.available {
            let table = WindowTable(points, count: 40, width: width, threads: 1, kernel: kernel)
            for scalars in [(0..<40).map { _ in Scalar.random(using: &random) }, [-.one, .one, .zero]] {
                let words = scalars.flatMap { [$0.asWords.0, $0.asWords.1, $0.asWords.2, $0.asWords.3] }
                #expect(
                    table.variableTimeMultiScalar(words: words, wordsPerScalar: 4, threads: 1)
                        == .variableTimeMultiScalar(scalars, points))
            }
        }
    }

    @Test(arguments: [1, 2, 63, 64, 65, 300])
    func tablesAgreeWithTheSumWithoutThem(count: Int) throws {
        var random = SeededGenerator()
        let points = PrecomputedPoints(
            try (0..<count).map { _ in try RistrettoPoint.fromUniformBytes(random.bytes(64)) })
        let table = WindowTable(points, count: count, threads: 2)
        for bits in [1, 11, 12, 13, 64, 127, 128, 191, 192, 252, 253] {
            for used in Set([count, (count + 1) / 2, 1]) {
                for threads in [1, 3] {
                    // The largest value first, so that every window and its carry are exercised.
                    let wordsPerScalar = (bits + 63) / 64
                    let words = (0..<used).flatMap { index in
                        (0..<wordsPerScalar).map { word in
                            let room = min(64, bits - 64 * word)
                            return (index == 0 ? .max : random.next()) >> UInt64(64 - room)
                        }
                    }
                    let sum = table.variableTimeMultiScalar(
                        words: words, wordsPerScalar: wordsPerScalar, threads: threads)
                    let expected = RistrettoPoint.variableTimeMultiScalar(
                        words: words, wordsPerScalar: wordsPerScalar, points)
                    #expect(sum == expected, "\(bits) bits, \(used) of \(count) points, \(threads) threads")
                }
            }
        }
    }

    @Test(arguments: [64, 199, 253]) func longTablesAgreeWithTheSumWithoutThem(bits: Int) throws {
        var random = SeededGenerator()
        let step = try RistrettoPoint.fromUniformBytes(random.bytes(64))
        let points = PrecomputedPoints(
            (0..<5_000).reduce(into: [step]) { points, _ in points.append(points[points.count - 1] + step) })
        let tables = ([nil] + LaneKernel.available).map {
            WindowTable(points, count: 5_000, threads: 2, kernel: $0)
        }
        let wordsPerScalar = (bits + 63) / 64
        for used in [5_000, 4_001, 100] {
            let words = (0..<used * wordsPerScalar).map { index in
                random.next() >> UInt64(64 - min(64, bits - 64 * (index % wordsPerScalar)))
            }
            let expected = RistrettoPoint.variableTimeMultiScalar(
                words: words, wordsPerScalar: wordsPerScalar, points, method: .buckets(width: 10))
            for table in tables {
                for threads in [1, 2] {
                    #expect(
                        expected
                            == table.variableTimeMultiScalar(
                                words: words, wordsPerScalar: wordsPerScalar, threads: threads))
                }
            }
        }
    }

    @Test func threadsDoNotChangeTheSum() throws {
        var random = SeededGenerator()
        let points = PrecomputedPoints(
            try (0..<700).map { _ in try RistrettoPoint.fromUniformBytes(random.bytes(64)) })
        let scalars = (0..<700).map { _ in Scalar.random(using: &random) }
        let expected = RistrettoPoint.variableTimeMultiScalar(scalars, points)
        for threads in [2, 5, 64] {
            #expect(RistrettoPoint.variableTimeMultiScalar(scalars, points, threads: threads) == expected)
        }
    }
}

/// The constant-time sum for secret integers, against the variable-time one, with every kernel and without.
@Suite struct ConstantTimeMultiScalarTests {
    private static let kernels = [nil] + LaneKernel.available

    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 24, 63, 64, 65, 128])
    func everyWidthAgreesWithTheVariableTimeSum(bits: Int) throws {
        var random = SeededGenerator()
        let points = PrecomputedPoints(
            try (0..<150).map { _ in try RistrettoPoint.fromUniformBytes(random.bytes(64)) })
        let top = UInt128.max >> UInt128(128 - bits)
        for count in [0, 1, 2, 3, 11, 12, 13, 23, 24, 25, 150] {
            // Zero, the largest, some patterns, then random ones.
            let special: [UInt128] = [
                0, top, top & 0x8888_8888_8888_8888_8888_8888_8888_8888,
                top & 0x9999_9999_9999_9999_9999_9999_9999_9999, 1,
            ]
            let integers = (0..<count).map { index in
                index < special.count ? special[index] : UInt128.random(in: 0...top, using: &random)
            }
            let words = integers.flatMap { [UInt64(truncatingIfNeeded: $0), UInt64(truncatingIfNeeded: $0 >> 64)] }
            let expected = RistrettoPoint.variableTimeMultiScalar(integers: integers, points)
            for kernel in Self.kernels {
                let result = RistrettoPoint.constantTimeMultiScalar(
                    words: words, wordsPerScalar: 2, bits: bits, points, kernel: kernel)
                #expect(result == expected, "\(count) points, \(kernel?.lanes ?? 1) lanes")
            }
        }
    }

    @Test func fullScalarsAgreeWithSingleProducts() throws {
        var random = SeededGenerator()
        let points = try (0..<30).map { _ in try RistrettoPoint.fromUniformBytes(random.bytes(64)) }
        let scalars = [-.one, .zero, .one] + (3..<30).map { _ in Scalar.random(using: &random) }
        let expected = RistrettoPoint.sum(zip(scalars, points).map(*))
        #expect(RistrettoPoint.constantTimeMultiScalar(scalars, points) == expected)
        for kernel in Self.kernels {
            #expect(
                expected
                    == .constantTimeMultiScalar(
                        words: Scalar.words(of: scalars), wordsPerScalar: 4, bits: 253, PrecomputedPoints(points),
                        kernel: kernel))
        }
    }

    /// Equal and opposite points and the identity in one block: the additions must be complete.
    @Test func blocksOfRelatedPointsAreNoException() throws {
        let point = RistrettoPoint.generator
        let points = PrecomputedPoints(
            [point, point, -point, -point, .identity, point] + Array(repeating: point, count: 30))
        let words = [UInt64](repeating: 0b1011, count: 36)
        for kernel in Self.kernels {
            #expect(
                RistrettoPoint.constantTimeMultiScalar(
                    words: words, wordsPerScalar: 1, bits: 4, points, kernel: kernel) == Scalar(UInt64(11 * 31)) * point
            )
        }
    }

    @Test func aFixedBaseMultipliesLikeAnyElement() throws {
        var random = SeededGenerator()
        let point = try RistrettoPoint.fromUniformBytes(random.bytes(64))
        let base = FixedBase(point)
        // Every digit at 8, every digit at 9 or -7, and both ends.
        let eights = (0..<62).reduce(Scalar.zero) { sum, _ in sum * Scalar(16) + Scalar(8) }
        let special: [Scalar] = [.zero, .one, -.one, Scalar(8), Scalar(9), eights, eights + .one, -eights]
        for scalar in special + (0..<20).map({ _ in Scalar.random(using: &random) }) {
            #expect(scalar * base == scalar * point)
        }
        #expect((Scalar(5) * FixedBase(.identity)).isIdentity)
    }

    @Test func sumsOfPrefixesAreSums() throws {
        var random = SeededGenerator()
        let points = try (0..<20).map { _ in try RistrettoPoint.fromUniformBytes(random.bytes(64)) }
        let table = PrecomputedPoints(points)
        for count in [0, 1, 7, 20] {
            #expect(table.sum(first: count) == .sum(points[..<count]))
        }
    }
}
