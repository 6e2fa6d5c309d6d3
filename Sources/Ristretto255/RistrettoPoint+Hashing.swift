/// Maps from uniform bytes and from messages to elements whose discrete logarithms nobody knows.
extension RistrettoPoint {
    /// The element derived from 64 uniformly random bytes (RFC 9496 §4.3.4). Constant time.
    ///
    /// - Throws: `RistrettoError.wrongLength` unless there are 64 bytes.
    public static func fromUniformBytes(_ bytes: [UInt8]) throws(RistrettoError) -> RistrettoPoint {
        guard bytes.count == 64 else {
            throw .wrongLength(expected: 64, actual: bytes.count)
        }
        return derive(fromUniform: bytes)
    }

    private static func derive(fromUniform bytes: [UInt8]) -> RistrettoPoint {
        let words = LittleEndian.words(bytes)
        let first = map(Field25519(ignoringTopBit: (words[0], words[1], words[2], words[3])))
        let second = map(Field25519(ignoringTopBit: (words[4], words[5], words[6], words[7])))
        return first + second
    }

    /// hash_to_ristretto255 with expand_message_xmd over SHA-512 (RFC 9380 appendix B and §5.3.1).
    ///
    /// - Parameter domainSeparationTag: one tag for one purpose.
    /// - Precondition: the tag is not empty.
    public static func hash(_ message: [UInt8], domainSeparationTag: [UInt8]) -> RistrettoPoint {
        derive(
            fromUniform: ExpandMessage.xmdSHA512(message, domainSeparationTag: domainSeparationTag, count: 64))
    }

    /// MAP: the Elligator map of the Jacobi quartic that ristretto is built on (RFC 9496 §4.3.4).
    private static func map(_ t: Field25519) -> RistrettoPoint {
        let r = .squareRootOfMinusOne * t.squared
        let u = (r + .one) * .oneMinusDSquared
        let v = (-.one - r * .d) * (r + .d)

        let (wasSquare, root) = Field25519.squareRootOfRatio(u, v)
        let s = Field25519.select(wasSquare, root, else: -(root * t).absolute)
        let c = Field25519.select(wasSquare, -.one, else: r)
        let n = (c * (r - .one) * .dMinusOneSquared - v).carried

        let w0 = (s + s) * v
        let w1 = n * .squareRootOfADMinusOne
        let ss = s.squared
        let w2 = .one - ss
        let w3 = .one + ss
        return RistrettoPoint(EdwardsPoint(x: w0 * w3, y: w2 * w1, z: w1 * w3, t: w0 * w2))
    }
}
