/// Divides a pool among claims of exact credit.
///
/// A claim with credit v out of Σv gets ⌊pool · v / Σv⌋, so the parts never add up to more than the pool; what rounding
/// leaves stays with whoever pays. Credit below zero earns nothing and takes nothing from others.
package enum Payout {
    /// - Returns: In order, what each claim gets.
    package static func divide(_ pool: UInt64, among credits: [Int64]) -> [UInt64] {
        let parts = credits.map { UInt128(max(0, $0)) }
        let total = parts.reduce(UInt128(0), +)
        guard total > 0 else { return credits.map { _ in 0 } }
        // Below 2^127, and at most the pool.
        return parts.map { UInt64(UInt128(pool) * $0 / total) }
    }
}
