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
        guard let s = Field25519(canonical: compressed.words), s.isNegativeMask == 0 else {
            throw .invalidPointEncoding
        }
        let ss = s.squared
        let u1 = (.one - ss).carried
        let u2 = .one + ss
        let u2Squared = u2.squared
        let v = (-(.d * u1.squared) - u2Squared).carried

        let (wasSquare, inverseRoot) = Field25519.squareRootOfRatio(.one, v * u2Squared)
        let denominatorX = inverseRoot * u2
        let denominatorY = inverseRoot * denominatorX * v
        let x = ((s + s) * denominatorX).absolute
        let y = u1 * denominatorY
        let t = x * y
        guard wasSquare != 0, t.isNegativeMask == 0, y.isZeroMask == 0 else {
            throw .invalidPointEncoding
        }
        self.init(EdwardsPoint(x: x, y: y, z: .one, t: t))
    }

    /// The canonical encoding, as a value without heap storage.
    public func compressed() -> CompressedPoint {
        let p = edwards
        let u1 = (p.z + p.y) * (p.z - p.y)
        let u2 = p.x * p.y
        // u1·u2² is a square for every even point, so the flag carries no information.
        let (_, inverseRoot) = Field25519.squareRootOfRatio(.one, u1 * u2.squared)
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
