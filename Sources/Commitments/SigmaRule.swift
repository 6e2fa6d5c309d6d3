import Foundation
import VDAF

/// The σ rule: how well the helper's share hides the input.
///
/// The margin rule keeps the leader's share x_0 in [M + 1, p - 1], so the helper's share x_1 = x + p - x_0 is uniform
/// on an interval of p - 1 - M integers that begins at x + 1: the interval is shifted by x. Two inputs x, x' give
/// intervals that differ in |x_k - x'_k| integers at either end of each coordinate, so nobody tells them apart from the
/// helper's share with an advantage above
///
///     L1 / (p - 2M - 1),   L1 = the largest Σ_k |x_k - x'_k| between two valid inputs
///
/// (the stricter denominator is that of signed types, whose x_0 keeps away from both ends; it is used for all).
/// σ = -log2 of that, and it must be at least 40 for a report; the advantages of a contributor's reports add up. The
/// leader's share is uniform whatever x is.
public enum SigmaRule {
    /// The least σ that a committed task may have, in bits.
    public static let minimum = 40

    /// σ in bits; negative infinity where the bound leaves no room at all.
    ///
    /// - Parameters:
    ///   - bound: M, the largest value of a coordinate.
    ///   - distance: L1; for d coordinates in [0, M] at most d·M.
    public static func sigma(modulus: UInt128, bound: UInt128, distance: UInt128) -> Double {
        guard let room = room(modulus: modulus, bound: bound) else { return -.infinity }
        return log2(Double(room)) - log2(Double(distance))
    }

    /// - Throws: `SigmaTooSmall`, whose description shows the arithmetic. The comparison is exact:
    ///   L1·2^40 ≤ p - 2M - 1.
    public static func check(modulus: UInt128, bound: UInt128, distance: UInt128) throws(SigmaTooSmall) {
        let (needed, overflow) = distance.multipliedReportingOverflow(by: 1 << UInt128(minimum))
        guard let room = room(modulus: modulus, bound: bound), !overflow, needed <= room else {
            throw SigmaTooSmall(modulus: modulus, bound: bound, distance: distance)
        }
    }

    /// The rule for a type, with its own L1.
    public static func check<V: OneRoundVDAF>(_ vdaf: V) throws(SigmaTooSmall) {
        try check(modulus: V.Field.modulus, bound: vdaf.coordinateBound, distance: vdaf.outputDistance)
    }

    /// p - 2M - 1, if positive.
    private static func room(modulus: UInt128, bound: UInt128) -> UInt128? {
        guard bound < modulus / 2 else { return nil }
        let room = modulus - 2 * bound - 1
        return room > 0 ? room : nil
    }
}

/// The helper's share would not hide the input well enough.
public struct SigmaTooSmall: Error, Equatable, Sendable, CustomStringConvertible {
    /// p, the field's modulus.
    public let modulus: UInt128
    /// The largest absolute value of a coordinate.
    public let bound: UInt128
    /// The largest L1 distance of two inputs.
    public let distance: UInt128

    /// The σ that these parameters give.
    public var sigma: Double { SigmaRule.sigma(modulus: modulus, bound: bound, distance: distance) }

    public var description: String {
        let shown = sigma.isFinite ? String(format: "%.1f", sigma) : "none"
        return """
            σ = log2((p - 2M - 1) / L1) = \(shown) with p = \(modulus), M = \(bound), L1 = \(distance), \
            but a committed task needs at least \(SigmaRule.minimum): take a type over Field128 or a smaller bound
            """
    }
}
