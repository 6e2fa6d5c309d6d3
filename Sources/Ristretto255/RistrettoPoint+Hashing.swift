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
        let (first, second) = mappings(ofUniform: bytes)
        return first.point(first.ratio.root) + second.point(second.ratio.root)
    }

    private static func mappings(ofUniform bytes: [UInt8]) -> (Mapping, Mapping) {
        let words = LittleEndian.words(bytes)
        return (
            Mapping(Field25519(ignoringTopBit: (words[0], words[1], words[2], words[3]))),
            Mapping(Field25519(ignoringTopBit: (words[4], words[5], words[6], words[7])))
        )
    }

    /// hash_to_ristretto255 with expand_message_xmd over SHA-512 (RFC 9380 appendix B and §5.3.1).
    ///
    /// - Parameter domainSeparationTag: one tag for one purpose.
    /// - Precondition: the tag is not empty.
    public static func hash(_ message: [UInt8], domainSeparationTag: [UInt8]) -> RistrettoPoint {
        derive(
            fromUniform: ExpandMessage.xmdSHA512(message, domainSeparationTag: domainSeparationTag, count: 64))
    }

    /// The same for many messages, in much less time than one by one where the processor has the kernel for it.
    package static func hash(_ messages: [[UInt8]], domainSeparationTag: [UInt8]) -> [RistrettoPoint] {
        var halves: [Mapping] = []
        halves.reserveCapacity(2 * messages.count)
        for message in messages {
            let (first, second) = mappings(
                ofUniform: ExpandMessage.xmdSHA512(message, domainSeparationTag: domainSeparationTag, count: 64))
            halves.append(first)
            halves.append(second)
        }
        let points = zip(halves, FieldRatio.roots(halves.map(\.ratio))).map { $0.point($1) }
        return messages.indices.map { points[2 * $0] + points[2 * $0 + 1] }
    }

    /// MAP: the Elligator map of the Jacobi quartic that ristretto is built on (RFC 9496 §4.3.4), up to the square root
    /// that it needs and from there on.
    private struct Mapping {
        private let t: Field25519
        private let r: Field25519
        let ratio: FieldRatio

        init(_ t: Field25519) {
            self.t = t
            r = .squareRootOfMinusOne * t.squared
            let u = (r + .one) * .oneMinusDSquared
            let v = (-.one - r * .d) * (r + .d)
            ratio = FieldRatio(u: u, v: v)
        }

        func point(_ root: FieldRatio.Root) -> RistrettoPoint {
            let v = ratio.v
            let s = Field25519.select(root.isSquare, root.value, else: -(root.value * t).absolute)
            let c = Field25519.select(root.isSquare, -.one, else: r)
            let n = (c * (r - .one) * .dMinusOneSquared - v).carried

            let w0 = (s + s) * v
            let w1 = n * .squareRootOfADMinusOne
            let ss = s.squared
            let w2 = .one - ss
            let w3 = .one + ss
            return RistrettoPoint(EdwardsPoint(x: w0 * w3, y: w2 * w1, z: w1 * w3, t: w0 * w2))
        }
    }
}
