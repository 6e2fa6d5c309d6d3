import CEdwards25519
import Ristretto255
import TestSupport
import Testing

/// Sums in lanes against the same sums without them, for every kernel and every shape of plan. Where the processor has
/// no lanes, or CAIRN_KERNELS forbids them, there is nothing to test.
@Suite(.enabled(if: LaneKernel.best != nil)) struct LaneTests {
    /// Points with repetitions, negatives and the identity among them.
    private static func points(_ count: Int, random: inout SeededGenerator) throws -> PrecomputedPoints {
        var points: [RistrettoPoint] = []
        for index in 0..<count {
            switch index % 11 {
            case 3: points.append(.identity)
            case 5: points.append(points[index - 1])
            case 7: points.append(-points[index - 1])
            case 0: points.append(try .fromUniformBytes(random.bytes(64)))
            default: points.append(points[index - 1] + points[index / 2])
            }
        }
        return PrecomputedPoints(points)
    }

    /// `count` integers of `bits` bits each, the first of them the largest.
    private static func words(_ count: Int, bits: Int, random: inout SeededGenerator) -> [UInt64] {
        (0..<count).flatMap { index in
            (0..<(bits + 63) / 64).map { word in
                (index == 0 ? .max : random.next()) >> UInt64(64 - min(64, bits - 64 * word))
            }
        }
    }

    private static let methods = LaneKernel.available.flatMap { kernel in
        [1, 2, 4, 8].flatMap { parts in
            [4, 5, 8, 11].map { MultiScalarMethod.lanes(kernel, width: $0, parts: parts) }
        }
    }

    @Test(arguments: [1, 3, 16, 31, 32, 64, 100, 128, 253])
    func everyPlanAgreesWithBuckets(bits: Int) throws {
        var random = SeededGenerator()
        let points = try Self.points(203, random: &random)
        for count in [1, 2, 3, 7, 8, 9, 15, 16, 17, 64, 202, 203] {
            let words = Self.words(count, bits: bits, random: &random)
            func sum(_ method: MultiScalarMethod, threads: Int) -> RistrettoPoint {
                .variableTimeMultiScalar(
                    words: words, wordsPerScalar: (bits + 63) / 64, points, threads: threads, method: method)
            }
            let expected = sum(.buckets(width: 6), threads: 1)
            #expect(sum(.straus, threads: 1) == expected)
            for method in Self.methods {
                #expect(sum(method, threads: count % 3 + 1) == expected, "\(count) points, \(method)")
            }
        }
    }

    @Test func everyCountAgreesWithBuckets() throws {
        var random = SeededGenerator()
        let points = try Self.points(200, random: &random)
        let words = Self.words(200, bits: 64, random: &random)
        for count in 1...200 {
            let method = try #require(Self.methods.randomElement(using: &random))
            let first = Array(words.prefix(count))
            let sum = RistrettoPoint.variableTimeMultiScalar(words: first, wordsPerScalar: 1, points, method: method)
            #expect(
                sum == .variableTimeMultiScalar(words: first, wordsPerScalar: 1, points, method: .buckets(width: 4)),
                "\(count) points, \(method)")
        }
    }

    @Test(arguments: 4...13) func extremeDigitsAgreeWithStraus(width: Int) throws {
        var random = SeededGenerator()
        let points = try Self.points(40, random: &random)
        // Digits are in (-half, half]: half in every window makes no carry; half + 1 in the lowest makes one that goes
        // through all, so that every digit is the smallest.
        let half = Scalar(UInt64(1) << UInt64(width - 1))
        let weight = Scalar(UInt64(1) << UInt64(width))
        let largest = (0..<250 / width).reduce(Scalar.zero) { sum, _ in sum * weight + half }
        for scalar in [largest, largest + .one, .zero, .one, -.one] {
            let scalars = [Scalar](repeating: scalar, count: 40)
            let words = scalars.flatMap { scalar in
                (0..<4).map { word in
                    scalar.encoded()[(8 * word)..<(8 * word + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
                }
            }
            func sum(_ method: MultiScalarMethod) -> RistrettoPoint {
                .variableTimeMultiScalar(words: words, wordsPerScalar: 4, points, method: method)
            }
            for kernel in LaneKernel.available {
                for parts in [1, 2, 4, 8] {
                    #expect(sum(.lanes(kernel, width: width, parts: parts)) == sum(.straus))
                }
            }
        }
    }

    @Test func longSumsAgreeWithBuckets() throws {
        var random = SeededGenerator()
        let points = try Self.points(20_000, random: &random)
        for bits in [16, 253] {
            let words = Self.words(20_000, bits: bits, random: &random)
            func sum(_ method: MultiScalarMethod?) -> RistrettoPoint {
                .variableTimeMultiScalar(
                    words: words, wordsPerScalar: (bits + 63) / 64, points, threads: 2, method: method)
            }
            let expected = sum(.buckets(width: 10))
            #expect(sum(nil) == expected)
            for kernel in LaneKernel.available {
                #expect(sum(.lanes(kernel, width: 11, parts: 2)) == expected)
            }
        }
    }
}

/// The arithmetic of the lanes against schoolbook arithmetic, where limbs are as large as they may be.
@Suite(.enabled(if: LaneKernel.best != nil)) struct LaneArithmeticTests {
    private static let limbMask: UInt64 = 1 << 51 - 1
    /// The largest limb that multiplication takes.
    private static let largestLimb: UInt64 = 1 << 51 + 1 << 18 - 1

    /// Columns of weight 2^(51k), k below 5, to limbs below 2^51 of the number in [0, p).
    private static func canonical(_ columns: [UInt128]) -> [UInt64] {
        var columns = columns
        for _ in 0..<4 {
            for k in 0..<5 {
                let carry = columns[k] >> 51
                columns[k] &= UInt128(limbMask)
                columns[(k + 1) % 5] += k == 4 ? 19 * carry : carry
            }
        }
        let p = [limbMask - 18] + [UInt64](repeating: limbMask, count: 4)
        let limbs = columns.map { UInt64($0) }
        let isBelow = zip(limbs, p).reversed().first { $0 != $1 }.map { $0 < $1 } ?? false
        // From p on, all limbs but the lowest are those of p.
        return isBelow ? limbs : zip(limbs, p).map { $0 - $1 }
    }

    private static func product(_ a: ArraySlice<UInt64>, _ b: ArraySlice<UInt64>) -> [UInt64] {
        var columns = [UInt128](repeating: 0, count: 5)
        for (i, x) in a.enumerated() {
            for (j, y) in b.enumerated() {
                columns[(i + j) % 5] += UInt128(x) * UInt128(y) * (i + j >= 5 ? 19 : 1)
            }
        }
        return canonical(columns)
    }

    /// Limbs of an element for every lane, mostly extreme.
    private static func elements(_ lanes: Int, using random: inout SeededGenerator) -> [UInt64] {
        let special = [0, 1, limbMask - 18, limbMask, limbMask + 1, largestLimb]
        return (0..<lanes).flatMap { _ -> [UInt64] in
            if UInt8.random(in: 0..<3, using: &random) == 0 {
                return [UInt64](repeating: special.randomElement(using: &random) ?? 0, count: 5)
            }
            return (0..<5).map { _ in
                Bool.random(using: &random)
                    ? special.randomElement(using: &random) ?? 0 : UInt64.random(in: 0...largestLimb, using: &random)
            }
        }
    }

    @Test(arguments: LaneKernel.available.map(\.lanes)) func rootPowersAreRightAtTheBounds(lanes: Int) {
        var random = SeededGenerator()
        for round in 0..<20 {
            let elements =
                round == 0
                ? [UInt64](repeating: Self.largestLimb, count: 5 * lanes) : Self.elements(lanes, using: &random)
            var powers = [UInt64](repeating: 0, count: 5 * lanes)
            cairn_field25519_root_powers(UInt32(lanes), elements, &powers)
            #expect(powers.allSatisfy { $0 <= Self.largestLimb }, "results must be tight")
            for start in stride(from: 0, to: 5 * lanes, by: 5) {
                let element = elements[start..<start + 5]
                // 2^252 - 3 in binary: 250 ones, a zero, a one.
                var power: [UInt64] = [1, 0, 0, 0, 0]
                for bit in 0..<252 {
                    power = Self.product(power[...], power[...])
                    if bit != 250 {
                        power = Self.product(power[...], element)
                    }
                }
                #expect(Self.canonical(powers[start..<start + 5].map { UInt128($0) }) == power)
            }
        }
    }

    @Test(arguments: LaneKernel.available.map(\.lanes))
    func sumsAndDifferencesOfProductsAreRightAtTheBounds(lanes: Int) {
        var random = SeededGenerator()
        let words = 5 * lanes
        for round in 0..<2_000 {
            var factors = (0..<4).map { _ in Self.elements(lanes, using: &random) }
            if round == 0 {
                // The largest product minus zero, and zero minus the largest product.
                factors = [[UInt64]](repeating: .init(repeating: Self.largestLimb, count: words), count: 4)
                for word in 0..<words / 2 { factors[2][word] = 0 }
                for word in words / 2..<words { factors[0][word] = 0 }
            }
            var sums = [UInt64](repeating: 0, count: words)
            var differences = sums
            cairn_field25519_combine(
                UInt32(lanes), factors[0], factors[1], factors[2], factors[3], &sums, &differences)
            #expect((sums + differences).allSatisfy { $0 <= Self.largestLimb }, "results must be tight")
            for start in stride(from: 0, to: words, by: 5) {
                let limbs = start..<start + 5
                let first = Self.product(factors[0][limbs], factors[1][limbs])
                let second = Self.product(factors[2][limbs], factors[3][limbs])
                let sum = zip(first, second).map { UInt128($0) + UInt128($1) }
                #expect(Self.canonical(sums[limbs].map { UInt128($0) }) == Self.canonical(sum))
                let total = zip(differences[limbs], second).map { UInt128($0) + UInt128($1) }
                #expect(Self.canonical(total) == first)
            }
        }
    }
}
