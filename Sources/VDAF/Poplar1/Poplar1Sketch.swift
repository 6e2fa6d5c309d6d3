/// The arithmetic of Poplar1's sketch, the same in both fields (VDAF-20 section 8.2.2; eprint 2021/017 appendix C.4).
///
/// For a vector x of candidates' values, authenticators k·x and randomness r, all aggregators together know
///
///     X = a + Σ r_i·x_i,    Y = b + Σ r_i²·x_i,    Z = c + Σ r_i·k·x_i
///
/// and share X² - Y - Z + A·X + B. With z = Σ r_i·x_i and A = k - 2a, B = a² + b - a·k + c this is
/// z² - Σ r_i²·x_i + k·z - Σ r_i·k·x_i, which is zero if x is zero, or one at one position with k beside it.
enum Poplar1Sketch<Field: PrimeFieldElement> {
    /// An aggregator's share of (X, Y, Z), and its shares of x.
    ///
    /// - Parameters:
    ///   - values: Shares of (x_i, k·x_i), two elements a candidate.
    ///   - randomness: r_i, one element a candidate.
    ///   - triple: The share of (a, b, c).
    @specialized(where Field == Field64)
    @specialized(where Field == Field255)
    static func begin(
        values: [Field], randomness: [Field], triple: [Field]
    ) -> (sketch: [Field], output: [Field]) {
        precondition(values.count == 2 * randomness.count && triple.count == 3)
        var (x, y, z) = (triple[0], triple[1], triple[2])
        let output = [Field](unsafeUninitializedCapacity: randomness.count) { output, written in
            for (index, r) in randomness.enumerated() {
                let (data, authenticator) = (values[2 &* index], values[2 &* index &+ 1])
                let product = data * r
                x += product
                y += product * r
                z += authenticator * r
                output.initializeElement(at: index, to: data)
            }
            written = randomness.count
        }
        return ([x, y, z], output)
    }

    /// An aggregator's share of the quadratic form.
    ///
    /// - Parameters:
    ///   - sketch: (X, Y, Z).
    ///   - correlation: The share of (A, B).
    static func evaluate(sketch: [Field], correlation: [Field], aggregatorID: Int) -> Field {
        precondition(sketch.count == 3 && correlation.count == 2)
        // What both know belongs to one share of the sum.
        let known = aggregatorID == 0 ? .zero : sketch[0] * sketch[0] - sketch[1] - sketch[2]
        return known + correlation[0] * sketch[0] + correlation[1]
    }
}
