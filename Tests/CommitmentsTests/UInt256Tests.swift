import Commitments
import TestSupport
import Testing

@Suite struct UInt256Tests {
    private let largest = UInt256(low: .max, high: .max)

    @Test func sumsAndDifferencesCarryAndReportWhatDoesNotFit() {
        let word = UInt256(low: .max)
        #expect(word.adding(UInt256(low: 1)) == UInt256(low: 0, high: 1))
        #expect(UInt256(low: 0, high: 1).subtracting(UInt256(low: 1)) == word)
        #expect(largest.adding(UInt256(low: 1)) == nil)
        #expect(largest.adding(UInt256(low: 0)) == largest)
        #expect(UInt256(low: 0, high: .max).adding(UInt256(low: 0, high: 1)) == nil)
        #expect(UInt256(low: 5).subtracting(UInt256(low: 6)) == nil)
        #expect(UInt256(low: 5, high: 1).subtracting(UInt256(low: 6, high: 1)) == nil)
        #expect(largest.subtracting(largest) == UInt256(low: 0))
    }

    @Test func additionUndoesSubtraction() {
        var random = SeededGenerator()
        for _ in 0..<200 {
            let a = UInt256(low: .random(in: 0...(.max), using: &random), high: .random(in: 0...9, using: &random))
            let b = UInt256(low: .random(in: 0...(.max), using: &random), high: .random(in: 0...9, using: &random))
            #expect(a.adding(b)?.subtracting(b) == a)
            #expect((a < b) == (a.subtracting(b) == nil))
        }
    }

    @Test func productsAreExact() {
        #expect(UInt256(product: .max, .max) == UInt256(low: (UInt128.max << 64) + 1, high: UInt128(UInt64.max) - 1))
        #expect(UInt256(product: 3, 7) == UInt256(low: 21))
        #expect(UInt256(product: 0, .max) == UInt256(low: 0))
    }
}
