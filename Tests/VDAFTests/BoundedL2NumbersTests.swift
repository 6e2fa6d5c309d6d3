import Foundation
import Testing
import VDAF

/// Recomputes every number of `Protocols/bounded-l2-vector.md`. Rows of its tables are made here, printed, and must be in
/// the page as they are.
@Suite struct BoundedL2NumbersTests {
    static func page() throws -> String {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Protocols/bounded-l2-vector.md").standardizedFileURL
        return try String(contentsOf: url, encoding: .utf8)
    }

    /// The page has this text.
    static func expect(_ text: String) throws {
        print(text)
        #expect(try page().contains(text), "the page lacks: \(text)")
    }

    static func expectRow(_ cells: [String]) throws {
        try expect("| " + cells.joined(separator: " | ") + " |")
    }

    static func grouped(_ number: Int) -> String {
        var digits = String(number)
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: index))
            index -= 3
        }
        return digits
    }

    static func decimal(_ number: Double, _ digits: Int = 1) -> String {
        String(format: "%.\(digits)f", number)
    }

    static let dimensions = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]

    /// ⌊log2(2^23/√d)⌋: the most fractional bits that the σ rule leaves a committed type over Field64 with norm bound 1.
    static func mostFractionalBits(_ dimension: Int) throws -> Int {
        func sigma(_ bits: Int) throws -> Double {
            let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: bits, dimension: dimension)
            return log2(Double(Field64.modulus - 2 * vdaf.coordinateBound - 1) / Double(vdaf.outputDistance))
        }
        return try (1...24).last { try sigma($0) >= 40 } ?? 0
    }

    static func uploadSize<Field>(_ vdaf: BoundedL2<Field>) -> Int {
        vdaf.publicShareSize + vdaf.inputShareSize(aggregatorID: 0) + vdaf.inputShareSize(aggregatorID: 1)
    }

    /// Section 3: derived parameters and sizes.
    @Test func parametersAndSizes() throws {
        for dimension in Self.dimensions {
            let bits = try Self.mostFractionalBits(dimension)
            let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: bits, dimension: dimension)
            let (norm, rest) = vdaf.gadgetShapes
            let upload = Self.uploadSize(vdaf)
            try Self.expectRow([
                Self.grouped(dimension), "\(bits)", "2^\(vdaf.wraparound.bits - 1)",
                "\(vdaf.squaredNormBits) + 104·\(vdaf.wraparound.bits)",
                "\(Self.grouped(norm.arity)), \(Self.grouped(norm.wireLength))",
                "\(rest.arity / 2), \(rest.wireLength)",
                Self.grouped(vdaf.measurementLength), Self.grouped(vdaf.proofsLength), Self.grouped(upload),
                Self.decimal(Double(upload) / Double(8 * dimension), 3),
            ])
        }
        // What a commitment adds: two points and two blinds.
        try Self.expect("\(2 * 32 + 2 * 32) bytes more")
    }

    /// Section 6: what an invalid report is accepted with.
    static func soundness<Field>(_ vdaf: BoundedL2<Field>) -> (norm: Double, rest: Double, total: Double) {
        let p = Double(Field.modulus)
        let (norm, rest) = vdaf.gadgetShapes
        func gadget(_ shape: GadgetShape) -> Double {
            Double(shape.degree * (shape.wireLength - 1)) / (p - Double(shape.wireLength))
        }
        let normError = pow(gadget(norm), Double(BoundedL2<Field>.normEqualityProofs))
        // Joint randomness in a chunk's powers, the combination of outputs, the test point.
        let restError = pow(
            Double(rest.arity / 2) / p + 1 / p + gadget(rest), Double(BoundedL2<Field>.boundedNormProofs))
        let tests = pow(2, -Double(WraparoundTests.count))
        return (log2(normError), log2(restError), log2(normError + restError + tests))
    }

    @Test func soundnessErrors() throws {
        for dimension in Self.dimensions {
            let small = Self.soundness(
                try BoundedL2Vector(
                    normBound: 1, fractionalBits: try Self.mostFractionalBits(dimension), dimension: dimension))
            let large = Self.soundness(
                try BoundedL2VectorField128(normBound: 1, fractionalBits: 24, dimension: dimension))
            #expect(small.total < -100 && large.total < -100)
            try Self.expectRow(
                [Self.grouped(dimension)]
                    + [small.norm, small.rest, small.total, large.norm, large.rest, large.total].map {
                        Self.decimal($0)
                    })
        }
    }

    /// Section 9: one proof of norm equality would not do over Field64.
    @Test func oneProofOfTheNormIsTooFew() throws {
        let vdaf = try BoundedL2Vector(normBound: 1, fractionalBits: 11, dimension: 10_000_000)
        let one = Self.soundness(vdaf).norm / Double(BoundedL2Vector.normEqualityProofs)
        try Self.expect("1 would be 2^\(Self.decimal(one)) at d = 10^7")
    }

    /// Section 6: the bound on a test's chance to pass a vector that wraps.
    @Test func wraparoundConstants() throws {
        // (2/√(2π) + 2·2·0.56)·W/σ with σ ≥ √(p/2) ≥ 8·W.
        let gaussian = 2 / (2 * Double.pi).squareRoot()
        try Self.expect("\(Self.decimal(gaussian, 4)) + 2.24 = \(Self.decimal(gaussian + 2.24, 4))")
        let chance = (gaussian + 4 * 0.56) / (128.0 / 2).squareRoot()
        #expect(chance < 0.5)
        try Self.expect("at most \(Self.decimal(chance, 3))")

        // The largest bounds that leave p ≥ 128·W².
        func largest<Field: FieldElement>(_ field: Field.Type) -> UInt64 {
            var (low, high) = (1 as UInt64, 1 << 32 as UInt64)
            while high - low > 1 {
                let middle = (low + high) / 2
                if (try? WraparoundTests(integerBound: middle, field: field)) != nil {
                    low = middle
                } else {
                    high = middle
                }
            }
            return low
        }
        try Self.expect("B ≤ \(Self.grouped(Int(largest(Field64.self))))")
        #expect(largest(Field128.self) == 1 << 32 - 1, "all that an encoding can have")
        // Sums of coordinates below 2W do not wrap.
        #expect(Double(BoundedL2Vector.maximalDimension) * 2 * 0x1p28 < Double(Field64.modulus / 2))
    }

    /// Section 6: what the draft's own condition on parameters lets through.
    @Test func theDraftsConditionIsTooWeak() {
        let (p, bound) = (Field64.modulus, UInt128(1) << 31)
        let w = UInt128(1) << 35
        #expect(Double(w) >= 8.7 * Double(bound) + 1 && Double(w) / 2 < 8.7 * Double(bound) + 1)
        #expect((p - 2) / (bound * bound) >= 3 && p / w >= 2600 && w * w <= 4000 * p, "the draft accepts B = 2^31")
        let vector = [UInt128](repeating: 1 << 30, count: 16)
        let norm = vector.reduce(0) { $0 + $1 * $1 }
        #expect(norm >= p && norm % p <= bound * bound, "its sum of squares wraps to one within the bound")
        #expect(vector.reduce(0, +) < w, "and no signs take a result out of range")
    }

    /// Section 7: an honest client's test fails.
    @Test func zeroKnowledgeError() throws {
        let one = 1 - 7.9 * 7.9 / log(2)
        let all = one + log2(Double(WraparoundTests.count))
        #expect(all < -80)
        try Self.expect("2^\(Self.decimal(one))")
        try Self.expect("2^\(Self.decimal(all))")
        let exact = 1 - 64 / log(2) + log2(Double(WraparoundTests.count))
        try Self.expect("2^\(Self.decimal(exact))")
        for bound in [1, 2, 3, 7, 100, 12_345, 1 << 14, 1 << 25] as [UInt64] {
            let tests = try WraparoundTests(integerBound: bound, field: Field64.self)
            #expect(Double(tests.bound - 1) >= 7.9 * Double(bound))
        }
    }

    /// Section 8: the committed type.
    @Test func sigma() throws {
        for dimension in Self.dimensions {
            let bits = try Self.mostFractionalBits(dimension)
            let small = try BoundedL2Vector(normBound: 1, fractionalBits: bits, dimension: dimension)
            let large = try BoundedL2VectorField128(normBound: 1, fractionalBits: 24, dimension: dimension)
            func sigma<Field>(_ vdaf: BoundedL2<Field>) -> Double {
                log2(Double(Field.modulus - 2 * vdaf.coordinateBound - 1)) - log2(Double(vdaf.outputDistance))
            }
            #expect(sigma(small) >= 40)
            let largeUpload = Self.uploadSize(large)
            try Self.expectRow([
                Self.grouped(dimension), "\(bits)", Self.decimal(sigma(small)),
                Self.decimal(pow(2, Double(bits)) / Double(dimension).squareRoot(), bits < 14 ? 1 : 0),
                Self.decimal(sigma(large)), Self.grouped(largeUpload),
            ])
        }
    }
}
