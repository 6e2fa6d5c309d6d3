import Commitments
import TestSupport
import Testing
import VDAF

/// Sums of weighted vectors, against arithmetic on digits of 32 bits.
@Suite struct WeightedSumsTests {
    /// Σ weight·value in digits, for one coordinate.
    private static func digits(_ products: [(value: UInt128, weight: UInt128)]) -> [UInt64] {
        func digits(_ value: UInt128) -> [UInt64] { (0..<4).map { UInt64(value >> UInt128(32 * $0) & 0xFFFF_FFFF) } }
        var sum = [UInt64](repeating: 0, count: 10)
        for (value, weight) in products {
            for (i, a) in digits(value).enumerated() {
                for (j, b) in digits(weight).enumerated() {
                    var carry = a * b
                    var place = i + j
                    while carry > 0 {
                        let total = sum[place] + carry & 0xFFFF_FFFF
                        sum[place] = total & 0xFFFF_FFFF
                        carry = carry >> 32 + total >> 32
                        place += 1
                    }
                }
            }
        }
        return (0..<5).map { sum[2 * $0] | sum[2 * $0 + 1] << 32 }
    }

    private func check<Field: FieldElement>(
        _ field: Field.Type, vectors: Int, count: Int, isExtreme: Bool, threads: Int = 1,
        _ random: inout SeededGenerator
    ) {
        let values = (0..<vectors).map { _ in
            (0..<count).map { _ in isExtreme ? Field.zero - .one : Field(random.next() >> 1) }
        }
        let weights = (0..<vectors).map { _ in
            isExtreme ? UInt128.max : UInt128(random.next()) << 64 | UInt128(random.next())
        }
        let sums = WeightedSums.sum(of: values[...], weights: weights[...], count: count, threads: threads)
        for index in 0..<count {
            let expected = Self.digits(zip(values, weights).map { ($0[index].canonicalValue, $1) })
            let found = sums.words[(WeightedSums.wordsPerValue * index)...].prefix(WeightedSums.wordsPerValue)
            #expect(Array(found) == expected, "\(field), \(vectors) vectors, coordinate \(index) of \(count)")
        }
    }

    @Test(arguments: [1, 7, 8, 9, 16, 17, 511, 512, 513, 1_027])
    func everyLengthIsAddedUp(count: Int) {
        var random = SeededGenerator()
        for isExtreme in [false, true] {
            check(Field64.self, vectors: 3, count: count, isExtreme: isExtreme, &random)
            check(Field128.self, vectors: 2, count: count, isExtreme: isExtreme, threads: 2, &random)
        }
    }

    /// Many products, the largest that there are.
    @Test(arguments: [100, 2_500])
    func manyVectorsNeverOverflow(vectors: Int) {
        var random = SeededGenerator()
        for isExtreme in [false, true] {
            check(Field64.self, vectors: vectors, count: 9, isExtreme: isExtreme, &random)
            check(Field128.self, vectors: vectors, count: 2, isExtreme: isExtreme, &random)
        }
    }
}
