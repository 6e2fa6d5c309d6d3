import Secrets
import Testing

/// The comparison behind joint-randomness checks: one differing bit anywhere must count, whatever the bytes around it.
@Suite struct ConstantTimeEqualTests {
    @Test func everySingleFlippedBitMakesStringsUnequal() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(constantTimeEqual(bytes, bytes))
            for position in bytes.indices {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[position] ^= 1 << UInt8(bit)
                    #expect(!constantTimeEqual(bytes, changed), "\(bytes) at byte \(position), bit \(bit)")
                }
            }
        }
    }

    @Test func stringsOfDifferentLengthAreUnequal() {
        #expect(!constantTimeEqual([], [0]))
        #expect(!constantTimeEqual([1, 2], [1, 2, 0]))
        #expect(constantTimeEqual([], []))
    }
}
