/// An element of ristretto255 (RFC 9496), a group of prime order ℓ = 2^252 + 27742317777372353535851937790883648493.
///
/// The curve under it has order 8ℓ. Ristretto takes the even points of that curve and regards points that differ by
/// one of the four torsion points of order dividing 4 as one element: what remains has prime order, every element has
/// exactly one 32-byte encoding, and there are no small subgroups to think about. A value holds any one of its four
/// representatives; `==` and `encoded()` do not depend on which.
///
/// All operations run in constant time unless their names begin with `variableTime`.
public struct RistrettoPoint: Sendable {
    var edwards: EdwardsPoint

    init(_ edwards: EdwardsPoint) {
        self.edwards = edwards
    }

    /// The neutral element; its encoding is 32 zero bytes.
    public static let identity = RistrettoPoint(.identity)

    /// The canonical generator (RFC 9496 §4.1).
    public static let generator = RistrettoPoint(.generator)

    /// Whether this is the neutral element.
    public var isIdentity: Bool { self == .identity }

    /// The sum. Constant time, like all operators here.
    public static func + (a: RistrettoPoint, b: RistrettoPoint) -> RistrettoPoint {
        RistrettoPoint(a.edwards.adding(CachedPoint(b.edwards)))
    }

    /// The difference.
    public static func - (a: RistrettoPoint, b: RistrettoPoint) -> RistrettoPoint {
        RistrettoPoint(a.edwards.subtracting(CachedPoint(b.edwards)))
    }

    /// The inverse element.
    public static prefix func - (a: RistrettoPoint) -> RistrettoPoint {
        RistrettoPoint(a.edwards.negated)
    }

    /// Adds `b`.
    public static func += (a: inout RistrettoPoint, b: RistrettoPoint) {
        a = a + b
    }

    /// Subtracts `b`.
    public static func -= (a: inout RistrettoPoint, b: RistrettoPoint) {
        a = a - b
    }

    /// self + self, a little cheaper than the addition.
    public func doubled() -> RistrettoPoint {
        RistrettoPoint(edwards.doubled)
    }

    /// The sum of many elements.
    public static func sum(_ points: some Sequence<RistrettoPoint>) -> RistrettoPoint {
        var total = EdwardsPoint.identity
        for point in points {
            total = total.adding(CachedPoint(point.edwards))
        }
        return RistrettoPoint(total)
    }
}

extension RistrettoPoint: Equatable {
    /// Equality of elements, not of representatives: x₁·y₂ = y₁·x₂ or y₁·y₂ = x₁·x₂ (RFC 9496 §4.3.3).
    public static func == (a: RistrettoPoint, b: RistrettoPoint) -> Bool {
        let p = a.edwards
        let q = b.edwards
        return (Field25519.equalMask(p.x * q.y, p.y * q.x) | Field25519.equalMask(p.y * q.y, p.x * q.x)) != 0
    }
}

extension RistrettoPoint: CustomStringConvertible {
    /// The canonical encoding in hexadecimal.
    public var description: String { compressed().description }
}
