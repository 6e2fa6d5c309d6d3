/// One contributor's input, before it is known which VDAF will take it.
public enum MeasurementValue: Sendable, Equatable {
    /// For a count.
    case bool(Bool)
    /// For a sum.
    case integer(UInt64)
    /// For a sum of vectors.
    case vector([UInt64])
    /// For a histogram: the bucket's index, from 0.
    case bucket(Int)

    /// The name that error messages use.
    var kind: String {
        switch self {
        case .bool: "a truth value"
        case .integer: "an integer"
        case .vector: "a vector"
        case .bucket: "a bucket"
        }
    }
}

/// What a batch adds up to.
public enum AggregateValue: Sendable, Equatable {
    /// Of a count or a sum.
    case integer(UInt128)
    /// Of a sum of vectors or a histogram.
    case vector([UInt128])
}
