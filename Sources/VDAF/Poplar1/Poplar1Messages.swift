/// Field elements of one level of the tree: of Field64 at inner levels, of Field255 at the last.
public enum Poplar1Vector: Sendable, Hashable {
    /// At a level that is not the last.
    case inner([Field64])
    /// At the last level.
    case leaf([Field255])

    /// How many elements there are.
    public var count: Int {
        switch self {
        case .inner(let elements): elements.count
        case .leaf(let elements): elements.count
        }
    }

    /// `count` zeros.
    static func zeros(_ count: Int, isLeaf: Bool) -> Poplar1Vector {
        isLeaf ? .leaf([Field255](repeating: .zero, count: count)) : .inner([Field64](repeating: .zero, count: count))
    }

    /// Adds elementwise.
    ///
    /// - Returns: Whether the vectors have the same field and length; if not, nothing is changed.
    mutating func add(_ other: Poplar1Vector) -> Bool {
        switch (self, other) {
        case (.inner(var sum), .inner(let elements)) where sum.count == elements.count:
            // Emptied so that the elements have one owner and are not copied.
            self = .inner([])
            Field64.addVector(&sum, elements)
            self = .inner(sum)
            return true
        case (.leaf(var sum), .leaf(let elements)) where sum.count == elements.count:
            self = .leaf([])
            Field255.addVector(&sum, elements)
            self = .leaf(sum)
            return true
        default:
            return false
        }
    }

    func encoded() -> [UInt8] {
        switch self {
        case .inner(let elements): Field64.encodeVector(elements)
        case .leaf(let elements): Field255.encodeVector(elements)
        }
    }

    init(_ bytes: [UInt8], count: Int, isLeaf: Bool) throws(VDAFError) {
        self =
            isLeaf
            ? .leaf(try Field255.decodeVector(bytes[...], count: count))
            : .inner(try Field64.decodeVector(bytes[...], count: count))
    }
}

/// What one aggregator gets of a report, secret. Encoding: key ‖ seed ‖ inner correlations ‖ leaf correlation.
public struct Poplar1InputShare: Sendable, Equatable {
    /// The IDPF key, 16 bytes.
    package var key: [UInt8]
    /// What this aggregator's shares of all levels' (a, b, c) are derived from, 32 bytes.
    package var correlationSeed: [UInt8]
    /// Shares of (A, B) of every inner level.
    package var innerCorrelations: [Field64]
    /// The share of (A, B) of the last level.
    package var leafCorrelation: [Field255]
}

/// What an aggregator keeps between rounds, secret.
public struct Poplar1VerifierState: Sendable, Equatable {
    package enum Step: Sendable, Equatable {
        /// Waiting for the sketch, to evaluate its quadratic form with this aggregator's shares of (A, B).
        case evaluateSketch(aggregatorID: Int, correlation: Poplar1Vector)
        /// Waiting to hear that the result was zero.
        case revealSketch
    }

    package var step: Step
    /// One element per candidate, released when verification succeeds.
    package var outputShare: Poplar1Vector
}

/// A round's combined verifier shares.
public enum Poplar1VerifierMessage: Sendable, Equatable {
    /// After the first round: the masked sums. Encoding: three elements.
    case sketch(Poplar1Vector)
    /// After the second round: the sketch is that of a valid vector. Encoding: empty.
    case verified
}
