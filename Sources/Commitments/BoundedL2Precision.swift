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
                guard Self.isPossible(encoding, dimension: dimension, Field64.self) else { continue }
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
        try BoundedL2VectorField128.check(encoding: encoding, dimension: dimension)
        guard Self.isPossible(encoding, dimension: dimension, Field128.self) else {
            throw .invalidParameter("\(dimension) coordinates with a norm up to \(normBound) do not fit Field128")
        }
    }

    /// Whether there is such a type, and its commitments hide as the σ rule demands.
    package static func isPossible<Field: NTTFieldElement>(
        _ encoding: FixedPointEncoding, dimension: Int, _ field: Field.Type
    ) -> Bool {
        do throws(VDAFError) {
            try BoundedL2<Field>.check(encoding: encoding, dimension: dimension)
        } catch {
            return false
        }
        let distance = BoundedL2<Field>.outputDistance(dimension: dimension, integerBound: encoding.integerBound)
        let bound = UInt128(encoding.integerBound)
        return (try? SigmaRule.check(modulus: Field.modulus, bound: bound, distance: distance)) != nil
    }
}
