extension UInt128 {
    /// ⌈√self⌉.
    ///
    /// - Precondition: below 2^126, so that no square overflows on the way.
    package var squareRootRoundedUp: UInt128 {
        precondition(self >> 126 == 0, "the number is too large")
        // The floating-point root is at most some 2^10 from the exact one.
        var root = UInt128(Double(self).squareRoot())
        while root * root < self { root += 1 }
        while root > 0, (root - 1) * (root - 1) >= self { root -= 1 }
        return root
    }
}
