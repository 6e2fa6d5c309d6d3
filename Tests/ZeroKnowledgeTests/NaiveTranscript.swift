import Ristretto255
import ZeroKnowledge

/// A transcript over the bare sponge, as the page describes it: what the naive arguments beside it share.
struct NaiveTranscript {
    private var sponge: DuplexSponge
    private(set) var bytes: [UInt8] = []
    private var rest: ArraySlice<UInt8> = []

    init(application: String, kind: String, statement: [UInt8], proof: [UInt8] = []) {
        let tag = "\(application)-\(kind)-with-cairn-inner-products_TurboShake128_Ristretto255"
        sponge = DuplexSponge(SessionID(tag: Array(tag.utf8), suite: .turboSHAKE128), suite: .turboSHAKE128)
        sponge.absorb(statement)
        rest = proof[...]
    }

    mutating func send(_ message: [UInt8]) {
        sponge.absorb(message)
        bytes += message
    }

    mutating func send(_ point: RistrettoPoint) { send(point.encoded()) }
    mutating func send(_ scalar: Scalar) { send(scalar.encoded()) }

    private mutating func receive() -> ArraySlice<UInt8> {
        let message = rest.prefix(32)
        rest = rest.dropFirst(32)
        sponge.absorb(Array(message))
        return message
    }

    mutating func point() throws -> RistrettoPoint { try RistrettoPoint.decode(receive()) }
    mutating func scalar() throws -> Scalar { try Scalar.decode(receive()) }

    mutating func challenge() throws -> Scalar {
        try Scalar(reducing: sponge.squeeze(48) + [UInt8](repeating: 0, count: 16))
    }

    static func number(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// Σ a_k·b_k.
func dot(_ a: some Sequence<Scalar>, _ b: some Sequence<Scalar>) -> Scalar {
    zip(a, b).reduce(Scalar.zero) { $0 + $1.0 * $1.1 }
}

/// Σ a_k·P_k.
func dot(_ a: some Sequence<Scalar>, _ points: some Sequence<RistrettoPoint>) -> RistrettoPoint {
    RistrettoPoint.sum(zip(a, points).map { $0 * $1 })
}

/// Halving in the plainest way: lower + factor·upper.
func halved(_ vector: [Scalar], _ factor: Scalar) -> [Scalar] {
    let half = (vector.count + 1) / 2
    return (0..<half).map { $0 + half < vector.count ? vector[$0] + factor * vector[$0 + half] : vector[$0] }
}

func halved(_ points: [RistrettoPoint], _ factor: Scalar) -> [RistrettoPoint] {
    let half = (points.count + 1) / 2
    return (0..<half).map { $0 + half < points.count ? points[$0] + factor * points[$0 + half] : points[$0] }
}
