/// A 256-bit integer with just the operations that range checks of sums need.
package struct UInt256: Sendable, Equatable, Comparable {
    package var low: UInt128
    package var high: UInt128

    package init(low: UInt128, high: UInt128 = 0) {
        self.low = low
        self.high = high
    }

    /// The full product of a count and a value.
    package init(product count: UInt64, _ value: UInt128) {
        let product = UInt128(count).multipliedFullWidth(by: value)
        self.init(low: product.low, high: product.high)
    }

    package static func < (a: UInt256, b: UInt256) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }

    /// a + b, or nil if it does not fit.
    package func adding(_ other: UInt256) -> UInt256? {
        let (low, carry) = self.low.addingReportingOverflow(other.low)
        let (partial, first) = high.addingReportingOverflow(other.high)
        let (high, second) = partial.addingReportingOverflow(carry ? 1 : 0)
        return first || second ? nil : UInt256(low: low, high: high)
    }

    /// a - b, or nil if it is negative.
    package func subtracting(_ other: UInt256) -> UInt256? {
        guard self >= other else { return nil }
        let (low, borrow) = self.low.subtractingReportingOverflow(other.low)
        return UInt256(low: low, high: high &- other.high &- (borrow ? 1 : 0))
    }
}
