/// Encoding and decoding of elements (RFC 9496 §4.3.1 and §4.3.2), in constant time up to accepting or refusing.
extension RistrettoPoint {
    /// Decodes 32 bytes.
    ///
    /// Every element has exactly one encoding, and everything else is refused: numbers from p on, negative ones, and
    /// numbers that are no encoding at all. The identity (32 zero bytes) decodes; whoever must not accept it checks
    /// `isIdentity`.
    ///
    /// - Throws: `RistrettoError.wrongLength`, `RistrettoError.invalidPointEncoding`.
    public static func decode(_ bytes: some Collection<UInt8>) throws(RistrettoError) -> RistrettoPoint {
        try RistrettoPoint(decoding: CompressedPoint(bytes))
    }

    init(decoding compressed: CompressedPoint) throws(RistrettoError) {
        guard let decoding = Decoding(compressed), let point = decoding.point(decoding.ratio.root) else {
            throw .invalidPointEncoding
        }
        self.init(point)
    }

    /// Decodes many encodings, in much less time than one by one where the processor has the kernel for it.
    ///
    /// - Returns: for each the element, or nil where there is none.
    public static func decode(_ encodings: [CompressedPoint]) -> [RistrettoPoint?] {
        let decodings = encodings.map { Decoding($0) }
        let roots = FieldRatio.roots(decodings.map { $0?.ratio ?? FieldRatio(u: .one, v: .one) })
        return zip(decodings, roots).map { decoding, root in
            decoding?.point(root).map { RistrettoPoint($0) }
        }
    }

    /// Decoding up to the square root that it needs, and from there on.
    private struct Decoding {
        private let s: Field25519
        private let u1: Field25519
        private let u2: Field25519
        private let v: Field25519
        /// 1 / (v·u2²)
        let ratio: FieldRatio

        init?(_ compressed: CompressedPoint) {
            guard let s = Field25519(canonical: compressed.words), s.isNegativeMask == 0 else { return nil }
            let ss = s.squared
            self.s = s
            u1 = (.one - ss).carried
            u2 = .one + ss
            let u2Squared = u2.squared
            v = (-(.d * u1.squared) - u2Squared).carried
            ratio = FieldRatio(u: .one, v: v * u2Squared)
        }

        func point(_ root: FieldRatio.Root) -> EdwardsPoint? {
            let denominatorX = root.value * u2
            let denominatorY = root.value * denominatorX * v
            let x = ((s + s) * denominatorX).absolute
            let y = u1 * denominatorY
            let t = x * y
            guard root.isSquare != 0, t.isNegativeMask == 0, y.isZeroMask == 0 else { return nil }
            return EdwardsPoint(x: x, y: y, z: .one, t: t)
        }
    }

    /// The canonical encoding, as a value without heap storage.
    public func compressed() -> CompressedPoint {
        let p = edwards
        let u1 = (p.z + p.y) * (p.z - p.y)
        let u2 = p.x * p.y
        // u1·u2² is a square for every even point, so the flag carries no information.
        let inverseRoot = FieldRatio(u: .one, v: u1 * u2.squared).root.value
        let denominator1 = inverseRoot * u1
        let denominator2 = inverseRoot * u2
        let inverseZ = denominator1 * denominator2 * p.t

        // Of the four representatives, rotate to one whose x·y is non-negative, then make x non-negative.
        let rotate = (p.t * inverseZ).isNegativeMask
        let x = Field25519.select(rotate, p.y * .squareRootOfMinusOne, else: p.x)
        let rotatedY = Field25519.select(rotate, p.x * .squareRootOfMinusOne, else: p.y)
        let denominator = Field25519.select(
            rotate, denominator1 * .inverseSquareRootOfAMinusD, else: denominator2)
        let y = rotatedY.negated(where: (x * inverseZ).isNegativeMask)
        return CompressedPoint(words: (denominator * (p.z - y)).absolute.words)
    }

    /// The canonical encoding: 32 bytes.
    public func encoded() -> [UInt8] {
        compressed().bytes
    }
}
