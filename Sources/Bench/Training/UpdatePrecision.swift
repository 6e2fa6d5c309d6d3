import Commitments
import Foundation
import VDAF

/// How finely the coordinates of an update are rounded, and in which field they are added up.
///
/// Finer is better, up to B = 2^20 units for the norm bound, where rounding loses a millionth of an update. Over Field64
/// the σ rule (`SigmaRule`) allows about B = 2^23/√d. Where that is fewer than 2^13 units, which for long vectors would
/// lose percents, Field128 takes over at twice the bytes: above a dimension of about a million.
package struct UpdatePrecision: Sendable, Equatable {
    /// The bound in units of 2^-f, and f.
    package let encoding: FixedPointEncoding
    package let isField128: Bool

    private static let leastUnits = 1 << 13
    private static let mostUnitBits = 20
    private static let normBounds = 0x1p-50...0x1p31

    /// - Throws: `.invalidOption` for a norm bound that no number of fractional bits fits.
    init(normBound: Double, dimension: Int) throws(BenchError) {
        guard Self.normBounds ~= normBound else {
            throw .invalidOption("--norm-bound \(normBound): 2^-50 to 2^31 are possible.")
        }
        let finest = min(max(0, Self.mostUnitBits - Int(log2(normBound).rounded(.up))), 63)
        do throws(VDAFError) {
            var encoding = try FixedPointEncoding(normBound: normBound, fractionalBits: finest)
            while encoding.integerBound >= Self.leastUnits {
                if (try? Committed(BoundedL2Vector(encoding: encoding, dimension: dimension))) != nil {
                    self.encoding = encoding
                    isField128 = false
                    return
                }
                guard encoding.fractionalBits > 0 else { break }
                encoding = try FixedPointEncoding(
                    normBound: normBound, fractionalBits: encoding.fractionalBits - 1)
            }
            encoding = try FixedPointEncoding(normBound: normBound, fractionalBits: finest)
            _ = try Committed(BoundedL2VectorField128(encoding: encoding, dimension: dimension))
            self.encoding = encoding
            isField128 = true
        } catch {
            throw .invalidOption("--norm-bound \(normBound) --dimension \(dimension): \(error)")
        }
    }
}
