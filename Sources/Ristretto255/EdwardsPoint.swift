/// Points of the twisted Edwards curve -x² + y² = 1 + d·x²·y² over GF(2^255 - 19), in extended coordinates.
///
/// A quadruple (X : Y : Z : T) with T = X·Y/Z stands for x = X/Z, y = Y/Z. In these coordinates the addition law is
/// complete: one formula, without exceptions, for all pairs of points (Hisil, Wong, Carter, Dawson, "Twisted Edwards
/// Curves Revisited", §3.1 for addition and §3.3 for doubling). That is what makes constant time simple.
///
/// The group of the curve has order 8ℓ; `RistrettoPoint` is what turns it into a group of prime order.
///
/// The four coordinates are always tight (see `Field25519`).
struct EdwardsPoint: Sendable {
    var x: Field25519
    var y: Field25519
    var z: Field25519
    var t: Field25519

    static let identity = EdwardsPoint(x: .zero, y: .one, z: .one, t: .zero)

    /// The base point of RFC 7748 §4.1 (edwards25519), which represents the ristretto255 generator.
    static let generator = EdwardsPoint(
        x: Field25519(
            0x6_2d60_8f25_d51a, 0x4_12a4_b4f6_592a, 0x7_5b71_71a4_b31d, 0x1_ff60_5271_18fe, 0x2_1693_6d3c_d6e5),
        y: Field25519(
            0x6_6666_6666_6658, 0x4_cccc_cccc_cccc, 0x1_9999_9999_9999, 0x3_3333_3333_3333, 0x6_6666_6666_6666),
        z: .one,
        t: Field25519(
            0x6_8ab3_a5b7_dda3, 0x0_0eea_2a5e_adbb, 0x2_af8d_f483_c27e, 0x3_32b3_7527_4732, 0x6_7875_f0fd_78b7))

    @inline(__always)
    init(x: Field25519, y: Field25519, z: Field25519, t: Field25519) {
        self.x = x
        self.y = y
        self.z = z
        self.t = t
    }

    /// 2·self, in four squarings and four multiplications.
    @inline(__always)
    var doubled: EdwardsPoint {
        CompletedPoint(doubling: x, y, z).extended
    }

    /// self + other, in eight multiplications.
    @inline(__always)
    func adding(_ other: CachedPoint) -> EdwardsPoint {
        CompletedPoint(self, plus: other).extended
    }

    /// self - other.
    @inline(__always)
    func subtracting(_ other: CachedPoint) -> EdwardsPoint {
        CompletedPoint(self, minus: other).extended
    }

    /// self + other, in seven multiplications.
    @inline(__always)
    func adding(_ other: CachedAffinePoint) -> EdwardsPoint {
        let minus = Field25519.difference(y, tight: x) * other.yMinusX
        let plus = (y + x) * other.yPlusX
        let tt = t * other.twoDT
        let zz = z + z
        return CompletedPoint(
            e: .difference(plus, tight: minus), f: .difference(zz, tight: tt), g: zz + tt, h: plus + minus
        ).extended
    }

    /// self - other, in seven multiplications.
    @inline(__always)
    func subtracting(_ other: CachedAffinePoint) -> EdwardsPoint {
        let minus = Field25519.difference(y, tight: x) * other.yPlusX
        let plus = (y + x) * other.yMinusX
        let tt = t * other.twoDT
        let zz = z + z
        return CompletedPoint(
            e: .difference(plus, tight: minus), f: zz + tt, g: .difference(zz, tight: tt), h: plus + minus
        ).extended
    }

    var negated: EdwardsPoint {
        EdwardsPoint(x: -x, y: y, z: z, t: -t)
    }
}

/// The four factors that additions and doublings end with: X = e·f, Y = g·h, Z = f·g, T = e·h.
///
/// Keeping them saves a multiplication where a doubling follows, which needs no T.
struct CompletedPoint {
    let e: Field25519
    let f: Field25519
    let g: Field25519
    let h: Field25519

    @inline(__always)
    init(e: Field25519, f: Field25519, g: Field25519, h: Field25519) {
        self.e = e
        self.f = f
        self.g = g
        self.h = h
    }

    /// Twice the point with these tight coordinates.
    @inline(__always)
    init(doubling x: Field25519, _ y: Field25519, _ z: Field25519) {
        let xx = x.squared
        let yy = y.squared
        let zz = z.squared
        let sum = yy + xx
        let difference = Field25519.difference(yy, tight: xx)
        self.init(e: (x + y).squared - sum, f: (zz + zz) - difference, g: difference, h: sum)
    }

    @inline(__always)
    init(_ point: EdwardsPoint, plus other: CachedPoint) {
        let minus = Field25519.difference(point.y, tight: point.x) * other.yMinusX
        let plus = (point.y + point.x) * other.yPlusX
        let tt = point.t * other.twoDT
        let zz = point.z * other.twoZ
        self.init(e: .difference(plus, tight: minus), f: .difference(zz, tight: tt), g: zz + tt, h: plus + minus)
    }

    /// The negative of a point swaps y + x with y - x and changes the sign of T.
    @inline(__always)
    init(_ point: EdwardsPoint, minus other: CachedPoint) {
        let minus = Field25519.difference(point.y, tight: point.x) * other.yPlusX
        let plus = (point.y + point.x) * other.yMinusX
        let tt = point.t * other.twoDT
        let zz = point.z * other.twoZ
        self.init(e: .difference(plus, tight: minus), f: zz + tt, g: .difference(zz, tight: tt), h: plus + minus)
    }

    @inline(__always)
    var extended: EdwardsPoint {
        EdwardsPoint(x: e * f, y: g * h, z: f * g, t: e * h)
    }

    @inline(__always)
    var doubled: CompletedPoint {
        CompletedPoint(doubling: e * f, g * h, f * g)
    }
}

/// A point prepared for being added: (Y + X, Y - X, 2Z, 2d·T).
struct CachedPoint: Sendable {
    var yPlusX: Field25519
    var yMinusX: Field25519
    var twoZ: Field25519
    var twoDT: Field25519

    static let identity = CachedPoint(.identity)

    @inline(__always)
    init(_ point: EdwardsPoint) {
        yPlusX = point.y + point.x
        yMinusX = Field25519.difference(point.y, tight: point.x)
        twoZ = point.z + point.z
        twoDT = point.t * .twoD
    }

    private init(yPlusX: Field25519, yMinusX: Field25519, twoZ: Field25519, twoDT: Field25519) {
        self.yPlusX = yPlusX
        self.yMinusX = yMinusX
        self.twoZ = twoZ
        self.twoDT = twoDT
    }

    /// `a` where the mask is all ones, `b` where it is zero; constant time.
    @inline(__always)
    static func select(_ mask: UInt64, _ a: CachedPoint, else b: CachedPoint) -> CachedPoint {
        CachedPoint(
            yPlusX: .select(mask, a.yPlusX, else: b.yPlusX), yMinusX: .select(mask, a.yMinusX, else: b.yMinusX),
            twoZ: .select(mask, a.twoZ, else: b.twoZ), twoDT: .select(mask, a.twoDT, else: b.twoDT))
    }

    /// The negative where the mask is all ones; constant time.
    @inline(__always)
    func negated(where mask: UInt64) -> CachedPoint {
        CachedPoint(
            yPlusX: .select(mask, yMinusX, else: yPlusX), yMinusX: .select(mask, yPlusX, else: yMinusX), twoZ: twoZ,
            twoDT: twoDT.negated(where: mask))
    }
}

/// A point with Z = 1 prepared for being added: (y + x, y - x, 2d·x·y), all tight. It saves a multiplication in every
/// addition.
struct CachedAffinePoint: Sendable {
    var yPlusX: Field25519
    var yMinusX: Field25519
    var twoDT: Field25519

    static let identity = CachedAffinePoint(affine: .identity)

    /// The cached form of a point whose Z is 1.
    @inline(__always)
    init(affine point: EdwardsPoint) {
        yPlusX = (point.y + point.x).carried
        yMinusX = Field25519.difference(point.y, tight: point.x).carried
        twoDT = point.t * .twoD
    }

    @inline(__always)
    private init(yPlusX: Field25519, yMinusX: Field25519, twoDT: Field25519) {
        self.yPlusX = yPlusX
        self.yMinusX = yMinusX
        self.twoDT = twoDT
    }

    var negated: CachedAffinePoint {
        CachedAffinePoint(yPlusX: yMinusX, yMinusX: yPlusX, twoDT: -twoDT)
    }

    /// `a` where the mask is all ones, `b` where it is zero; constant time.
    @inline(__always)
    static func select(_ mask: UInt64, _ a: CachedAffinePoint, else b: CachedAffinePoint) -> CachedAffinePoint {
        CachedAffinePoint(
            yPlusX: .select(mask, a.yPlusX, else: b.yPlusX), yMinusX: .select(mask, a.yMinusX, else: b.yMinusX),
            twoDT: .select(mask, a.twoDT, else: b.twoDT))
    }

    /// The negative where the mask is all ones; constant time.
    @inline(__always)
    func negated(where mask: UInt64) -> CachedAffinePoint {
        CachedAffinePoint(
            yPlusX: .select(mask, yMinusX, else: yPlusX), yMinusX: .select(mask, yPlusX, else: yMinusX),
            twoDT: twoDT.negated(where: mask))
    }

    /// The point again, with Z = 1.
    var point: EdwardsPoint {
        let x = (yPlusX - yMinusX) * .oneHalf
        let y = (yPlusX + yMinusX) * .oneHalf
        return EdwardsPoint(x: x, y: y, z: .one, t: x * y)
    }
}
