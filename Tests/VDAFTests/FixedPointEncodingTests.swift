import TestSupport
import Testing
import VDAF

/// Real numbers to integers, and the bound on their norm, at its edges.
@Suite struct FixedPointEncodingTests {
    static let encoding = try! FixedPointEncoding(normBound: 1, fractionalBits: 7)

    static func isRefused(_ vector: [Double], _ encoding: FixedPointEncoding = encoding) -> Bool {
        do throws(VDAFError) {
            _ = try encoding.encode(vector)
            return false
        } catch {
            guard case .invalidMeasurement = error else { return false }
            return true
        }
    }

    @Test func coordinatesAreRoundedToTheNearestIntegerTiesToEven() throws {
        let unit = 1.0 / 128
        let cases: [(Double, Int64)] = [
            (0, 0), (-0.0, 0), (unit, 1), (-unit, -1), (0.5 * unit, 0), (1.5 * unit, 2), (2.5 * unit, 2),
            (-0.5 * unit, 0), (-1.5 * unit, -2), (-2.5 * unit, -2), (0.49999 * unit, 0), (0.50001 * unit, 1),
            (.leastNonzeroMagnitude, 0), (-.leastNormalMagnitude, 0), (1, 128), (-1, -128),
        ]
        for (real, integer) in cases {
            #expect(try Self.encoding.encode([real]) == [integer], "\(real)")
        }
    }

    @Test func roundingAgreesWithTheStandardLibrarys() throws {
        var random = SeededGenerator()
        let encoding = try FixedPointEncoding(normBound: 250, fractionalBits: 24)
        for _ in 0..<10_000 {
            let exponent = Double(Int.random(in: -30...6, using: &random))
            let real =
                Double.random(in: -1...1, using: &random) * Double(sign: .plus, exponent: Int(exponent), significand: 1)
            let expected = Int64((real * 0x1p24).rounded(.toNearestOrEven))
            #expect(try encoding.encode([real]) == [expected])
        }
    }

    @Test(arguments: [Double.nan, .signalingNaN, .infinity, -.infinity])
    func whatIsNoNumberIsRefused(value: Double) {
        for position in 0..<3 {
            var vector = [0.1, 0.2, 0.3]
            vector[position] = value
            #expect(
                throws: VDAFError.invalidMeasurement("a coordinate is not a number, or infinite")
            ) { try Self.encoding.encode(vector) }
            #expect(throws: VDAFError.self) { try Self.encoding.clip(vector) }
        }
    }

    @Test(arguments: [2, -2, 1e9, 0x1p45, -0x1p46, 1e30, -1e300, .greatestFiniteMagnitude])
    func coordinatesThatAreFarTooLargeAreRefused(value: Double) throws {
        #expect(Self.isRefused([0, value]))
        #expect(Self.isRefused([value], try FixedPointEncoding(integerBound: (1 << 32) - 1, fractionalBits: 63)))
    }

    /// The rule is Σ X_k² ≤ B² on the integers, B = 128.
    @Test func theNormIsEnforcedAfterRounding() throws {
        // Exactly at the bound.
        #expect(try Self.encoding.encode([1, 0]) == [128, 0])
        #expect(try Self.encoding.encode([0.6015625, 0.796875]).map { $0 * $0 }.reduce(0, +) <= 128 * 128)
        #expect(try Self.encoding.encode([Double](repeating: 0.5, count: 4)) == [64, 64, 64, 64])
        #expect(try Self.encoding.encode([Double](repeating: 0.125, count: 64)) == [Int64](repeating: 16, count: 64))
        // A hair over: one unit in one coordinate.
        #expect(Self.isRefused([1, 1.0 / 128]))
        #expect(Self.isRefused([0.5, 0.5, 0.5, 0.5 + 1.0 / 128]))
        #expect(Self.isRefused([129.0 / 128]))
        // A hair over as reals, and within after rounding; and the other way round.
        #expect(try Self.encoding.encode([1.003]) == [128])
        #expect(try Self.encoding.encode([1, 0.003]) == [128, 0])
        #expect(Self.isRefused([1, 0.004]))
        let justBelow = [Double](repeating: 0.09999, count: 100)
        #expect(justBelow.map { $0 * $0 }.reduce(0, +) < 1 && Self.isRefused(justBelow), "0.09999·128 rounds to 13")
    }

    @Test func allZerosIsAVector() throws {
        #expect(try Self.encoding.encode([Double](repeating: 0, count: 1000)) == [Int64](repeating: 0, count: 1000))
    }

    /// Sums of squares that a 64-bit integer cannot hold.
    @Test func normsThatWrapAMachineWordAreRefused() throws {
        let encoding = try FixedPointEncoding(integerBound: (1 << 32) - 1, fractionalBits: 0)
        #expect(Self.isRefused([Double](repeating: 0x1p31, count: 4), encoding))
        #expect(Self.isRefused([0x1p32], encoding))
        #expect(Self.isRefused([0x1p32, 0x1p32], encoding))
        #expect(Self.isRefused([Double](repeating: 0x1p31, count: 8), encoding))
        #expect(try encoding.encode([-0x1.fffffffep31]) == [-((1 << 32) - 1)])
        for large in [0x1p32, 0x1p32 + 1, 0x1.8p32, 0x1p33] {
            #expect(Self.isRefused([large], encoding) && Self.isRefused([-large], encoding), "\(large)")
        }
    }

    @Test func clippedVectorsFitAndShortVectorsStayAsTheyAre() throws {
        var random = SeededGenerator()
        for (bits, count) in [(7, 3), (7, 100), (3, 1000), (14, 20_000), (0, 1000)] {
            let encoding = try FixedPointEncoding(normBound: 1, fractionalBits: bits)
            for size in [1e-300, 1e-3, 1, 1e300] {
                let vector = (0..<count).map { _ in Double.random(in: -size...size, using: &random) }
                let clipped = try encoding.clip(vector)
                #expect(throws: Never.self) { try encoding.encode(clipped) }
                if !Self.isRefused(vector, encoding) { #expect(clipped == vector) }
            }
        }
        let clipped = try Self.encoding.clip([3, 4])
        #expect(abs(clipped[0] - 0.6) < 0.01 && abs(clipped[1] - 0.8) < 0.01)
        #expect(try Self.encoding.clip([]) == [])
        // A direction of equal coordinates that rounding makes longer.
        let even = [Double](repeating: 1, count: 100)
        #expect(try Self.encoding.encode(Self.encoding.clip(even)).map { $0 * $0 }.reduce(0, +) <= 128 * 128)
    }

    @Test func boundsOutOfRangeAreRefused() {
        for bound in [0, -1, .nan, .infinity, 0.007, 0x1p25 as Double] {
            #expect(throws: VDAFError.self, "\(bound)") { try FixedPointEncoding(normBound: bound, fractionalBits: 7) }
        }
        for bits in [-1, 64, .max, .min] {
            #expect(throws: VDAFError.self) { try FixedPointEncoding(normBound: 1, fractionalBits: bits) }
            #expect(throws: VDAFError.self) { try FixedPointEncoding(integerBound: 1, fractionalBits: bits) }
        }
        for bound in [0, 1 << 32, .max] as [UInt64] {
            #expect(throws: VDAFError.self) { try FixedPointEncoding(integerBound: bound, fractionalBits: 7) }
        }
        #expect(throws: Never.self) { try FixedPointEncoding(normBound: 0.0079, fractionalBits: 7) }
    }

    @Test func boundsAreRoundedDown() throws {
        #expect(try FixedPointEncoding(normBound: 0.3, fractionalBits: 15).integerBound == 9830)
        #expect(try FixedPointEncoding(normBound: 0.3, fractionalBits: 15).normBound == 9830.0 / 32768)
    }
}
