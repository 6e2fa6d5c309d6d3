import Commitments
import Testing
import VDAF

/// How reals become field elements.
@Suite struct BoundedL2PrecisionTests {
    /// The largest numbers of fractional bits that the σ rule allows over Field64.
    @Test(arguments: [
        (1, 1, 20, false), (1_000, 1, 18, false), (10_000, 1, 16, false), (100_000, 1, 14, false),
        (1_000_000, 1, 13, false), (2_000_000, 1, 20, true), (1_000, 8, 15, false), (1_000, 0.01, 24, false),
        (1_000, 0x1p-50, 63, false), (20, 1e7, 0, true), (20, 0x1p31, 0, true),
    ]) func coordinatesAreAsFineAsTheHelpersShareHides(
        dimension: Int, normBound: Double, fractionalBits: Int, isField128: Bool
    ) throws {
        let precision = try BoundedL2Precision(normBound: normBound, dimension: dimension)
        #expect(precision.encoding.fractionalBits == fractionalBits)
        #expect(precision.isField128 == isField128)
        #expect(precision.encoding.integerBound >= 1 << 13)
    }

    @Test func aFieldThatIsAskedForIsTaken() throws {
        #expect(try BoundedL2Precision(normBound: 1, dimension: 10, isField128: true).isField128)
        let coarse = try BoundedL2Precision(normBound: 1, dimension: 2_000_000, isField128: false)
        #expect(!coarse.isField128 && coarse.encoding.fractionalBits == 12)
        for bound in [0, -1, .nan, .infinity, 1e-30, 1e30] {
            #expect(throws: VDAFError.self) { try BoundedL2Precision(normBound: bound, dimension: 10) }
        }
    }
}
