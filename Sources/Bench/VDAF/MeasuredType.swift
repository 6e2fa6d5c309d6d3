/// The VDAF types that can be measured. The raw value is the type's name on the command line and in JSON.
package enum MeasuredType: String, CaseIterable, Sendable {
    case count
    case sum
    case average
    case sumvec
    /// SumVec over Field64 with three proofs.
    case sumvec64
    /// The same with the XOF of deployed systems, XofHmacSha256Aes128.
    case sumvec64hmac
    case histogram
    case multihot
    case l1boundsum
    /// Vectors of real numbers with norm at most 1, over Field64.
    case boundedl2
    case poplar1

    /// Whether a measurement has more than one coordinate.
    var hasLength: Bool {
        switch self {
        case .count, .sum, .average, .poplar1: false
        case .sumvec, .sumvec64, .sumvec64hmac, .histogram, .multihot, .l1boundsum, .boundedl2: true
        }
    }

    /// Whether the length of a proof's chunks can be chosen.
    var hasChunks: Bool { hasLength && self != .boundedl2 }

    /// Whether the size of a coordinate can be chosen; the others' coordinates are single bits, or real numbers.
    var hasBits: Bool {
        switch self {
        case .count, .histogram, .multihot, .boundedl2: false
        case .sum, .average, .sumvec, .sumvec64, .sumvec64hmac, .l1boundsum, .poplar1: true
        }
    }

    var defaultBits: Int {
        switch self {
        case .count, .histogram, .multihot, .boundedl2: 1
        case .sum, .average: 32
        case .sumvec, .sumvec64, .sumvec64hmac, .l1boundsum: 16
        case .poplar1: 64
        }
    }

    var defaultLength: Int { hasLength ? 1000 : 1 }
}
