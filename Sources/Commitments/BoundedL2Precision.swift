import Foundation
import VDAF

/// How finely the coordinates of a committed bounded-norm vector are rounded, and in which field they are added up.
///
/// Finer is better, up to B = 2^20 units for the norm bound, where rounding loses a millionth of an update. Over Field64
/// the σ rule (`SigmaRule`) allows about B = 2^23/√d. Where that is fewer than 2^13 units, which for long vectors would
/// lose percents, Field128 takes over at twice the bytes: above a dimension of about a million.
package struct BoundedL2Precision: Sendable, Equatable {
    /// The bound in units of 2^-f, and f.
    package let encoding: FixedPointEncoding
    package let isField128: Bool

    private static let leastUnits = 1 << 13
    private static let mostUnitBits = 20
    private static let normBounds = 0x1p-50...0x1p31

    /// - Parameter isField128: The field, where it is not to be chosen.
    /// - Throws: `.invalidParameter` for a norm bound that no number of fractional bits fits.
    package init(normBound: Double, dimension: Int, isField128 wanted: Bool? = nil) throws(VDAFError) {
        guard Self.normBounds ~= normBound else {
            throw .invalidParameter("a norm bound of \(normBound) is not between 2^-50 and 2^31")
        }
        let finest = min(max(0, Self.mostUnitBits - Int(log2(normBound).rounded(.up))), 63)
        if wanted != true {
            for bits in (0...finest).reversed() {
                guard let encoding = try? FixedPointEncoding(normBound: normBound, fractionalBits: bits),
                    wanted == false || encoding.integerBound >= Self.leastUnits
                else { break }
                let vdaf = try? BoundedL2Vector(encoding: encoding, dimension: dimension)
                guard let vdaf, Self.isPossible(vdaf) else { continue }
                self.encoding = encoding
                isField128 = false
                return
            }
        }
        guard wanted != false else {
            throw .invalidParameter("\(dimension) coordinates with a norm up to \(normBound) do not fit Field64")
        }
        encoding = try FixedPointEncoding(normBound: normBound, fractionalBits: finest)
        isField128 = true
        guard Self.isPossible(try BoundedL2VectorField128(encoding: encoding, dimension: dimension)) else {
            throw .invalidParameter("\(dimension) coordinates with a norm up to \(normBound) do not fit Field128")
        }
    }

    private static func isPossible(_ vdaf: some OneRoundVDAF) -> Bool { (try? SigmaRule.check(vdaf)) != nil }
}
