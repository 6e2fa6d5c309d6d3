extension PrecomputedPoints {
    /// Two points of a list, by index, of which a bit chooses one.
    package struct Choice: Sendable {
        package var whenSet: Int
        package var negatedOtherwise: Int

        package init(whenSet: Int, negatedOtherwise: Int) {
            self.whenSet = whenSet
            self.negatedOtherwise = negatedOtherwise
        }
    }

    /// Σ_k of the point of choice k where bit k is 1, and minus its other point where it is 0; in time that depends only
    /// on how many there are.
    ///
    /// - Parameter bits: zeros and ones, secret.
    /// - Precondition: as many bits as choices, whose indices are within the list.
    package func constantTimeSum(choosing choices: [Choice], by bits: [UInt64]) -> RistrettoPoint {
        precondition(bits.count == choices.count, "there is one bit for each choice")
        return withPoints { points in
            var sum = EdwardsPoint.identity
            for (choice, bit) in zip(choices, bits) {
                sum = sum.adding(
                    .select(0 &- bit, points[choice.whenSet], else: points[choice.negatedOtherwise].negated))
            }
            return RistrettoPoint(sum)
        }
    }
}
