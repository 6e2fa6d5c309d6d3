// Results as people and their programs read them.

extension AggregateValue {
    /// All sums in decimal, exactly; of vectors of real numbers in units of 2^-fractional_bits.
    package var decimals: [String] {
        switch self {
        case .integer(let value): ["\(value)"]
        case .vector(let values): values.map { "\($0)" }
        case .signedVector(let values): values.map { "\($0)" }
        }
    }

    /// The sums as numbers, rounded as `Double` rounds.
    package func numbers(_ vdaf: VDAFConfiguration) -> [Double] {
        switch self {
        case .integer(let value): [Double(value)]
        case .vector(let values): values.map { Double($0) }
        case .signedVector(let values): values.map { Double($0) * vdaf.unit }
        }
    }
}
