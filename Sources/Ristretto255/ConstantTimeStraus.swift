import CKeccak

/// Straus's method for a few secret scalars: the same work and the same memory accesses whatever their values.
///
/// Digits are signed (`Scalar.signedNibbles`), so a table of the eight multiples P, 2P, ..., 8P is enough. From the top
/// digit down, the whole sum is multiplied by 16 and each term adds the multiple that its digit asks for, zero
/// included. Every look-up reads the whole table. For many points or short integers see `SubsetSums`, for one point and
/// many scalars `FixedBase`.
enum ConstantTimeStraus {
    /// Terms that share their doublings; their tables stay in the cache.
    static let blockLength = 64
    private static let entries = 8

    /// Σ scalar_k · point_k over one block.
    static func sum(_ scalars: ArraySlice<Scalar>, _ points: ArraySlice<RistrettoPoint>) -> EdwardsPoint {
        let tables = points.map { Table(of: $0.edwards) }
        let digits = scalars.map(\.signedNibbles)
        var result = EdwardsPoint.identity
        for row in stride(from: Scalar.nibbleCount - 1, through: 0, by: -1) {
            if row != Scalar.nibbleCount - 1 {
                result = result.doubled.doubled.doubled.doubled
            }
            for (table, digits) in zip(tables, digits) {
                result = result.adding(table.select(digits[row]))
            }
        }
        return result
    }

    /// P, 2P, ..., 8P.
    private struct Table {
        private let multiples: [CachedPoint]

        init(of point: EdwardsPoint) {
            let step = CachedPoint(point)
            var multiples = [step]
            var multiple = point
            for _ in 1..<entries {
                multiple = multiple.adding(step)
                multiples.append(CachedPoint(multiple))
            }
            self.multiples = multiples
        }

        /// digit·P for a digit in [-8, 8], touching every entry.
        @inline(__always)
        func select(_ digit: Int8) -> CachedPoint {
            let sign = digit &>> 7
            let magnitude = UInt64(truncatingIfNeeded: (digit ^ sign) &- sign)
            var chosen = CachedPoint.identity
            multiples.withUnsafeBufferPointer { multiples in
                for index in 0..<entries {
                    let isWanted = Field25519.maskIfZero(magnitude ^ UInt64(truncatingIfNeeded: index &+ 1))
                    chosen = .select(isWanted, multiples[index], else: chosen)
                }
            }
            return chosen.negated(where: cairn_opaque(UInt64(bitPattern: Int64(sign))))
        }
    }
}
