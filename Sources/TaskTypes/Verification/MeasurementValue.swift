/// One contributor's input, before it is known which VDAF will take it.
public enum MeasurementValue: Sendable, Equatable {
    /// For a count.
    case bool(Bool)
    /// For a sum.
    case integer(UInt64)
    /// For a sum of vectors, with or without a bound on their coordinates' sum.
    case vector([UInt64])
    /// For a sum of vectors with a bounded norm.
    case real([Double])
    /// For a count of several choices: for each option, whether it is chosen.
    case choices([Bool])
    /// For a histogram: the bucket's index, from 0.
    case bucket(Int)

    /// The name that error messages use.
    var kind: String {
        switch self {
        case .bool: "a truth value"
        case .integer: "an integer"
        case .vector: "a vector"
        case .real: "a vector of real numbers"
        case .choices: "a vector of truth values"
        case .bucket: "a bucket"
        }
    }
}

/// What a batch adds up to.
public enum AggregateValue: Sendable, Equatable {
    /// Of a count or a sum.
    case integer(UInt128)
    /// Of a sum of vectors, a count of several choices or a histogram.
    case vector([UInt128])
    /// Of vectors with a bounded norm, in units of 2^-fractional_bits.
    case signedVector([Int128])
}
