/// Points of edwards25519 as Ed25519 encodes them (RFC 8032 §5.1.2), in the form that multi-scalar multiplication reads.
///
/// Unlike `RistrettoPoint`, which is an element of a group of prime order, these are points of the whole curve, whose
/// order is 8ℓ: a point can have a component of order 2, 4 or 8. Whoever adds them up must say what becomes of it.
///
/// Variable time: for public points.
package struct CurvePoints: Sendable {
    private let memory: PointMemory
    package let count: Int

    private init(_ memory: PointMemory, count: Int) {
        self.memory = memory
        self.count = count
    }

    /// Decodes many encodings, in much less time than one by one where the processor has the kernel for it.
    ///
    /// The rules of RFC 8032 §5.1.3, read strictly: the low 255 bits are a number below p, it is the y of a point, and
    /// x = 0 does not come with the sign bit. So a point has one encoding.
    ///
    /// - Returns: the points, and for each encoding whether it is one. Where it is none, the identity has its place.
    package static func decode(_ encodings: [CompressedPoint]) -> (points: CurvePoints, isValid: [Bool]) {
        let decodings = encodings.map { Decoding($0) }
        let roots = FieldRatio.roots(decodings.map { $0?.ratio ?? FieldRatio(u: .zero, v: .one) })
        let memory = PointMemory(capacity: encodings.count)
        var isValid: [Bool] = []
        isValid.reserveCapacity(encodings.count)
        for index in encodings.indices {
            let point = decodings[index]?.point(roots[index])
            (memory.base + index).initialize(to: CachedAffinePoint(affine: point ?? .identity))
            isValid.append(point != nil)
        }
        return (CurvePoints(memory, count: encodings.count), isValid)
    }

    /// The base point B of Ed25519, of order ℓ.
    package static let base: CurvePoints = {
        let memory = PointMemory(capacity: 1)
        memory.base.initialize(to: CachedAffinePoint(affine: .generator))
        return CurvePoints(memory, count: 1)
    }()

    /// The list without points.
    package static let none = CurvePoints(PointMemory(capacity: 0), count: 0)

    /// The points at these indices, and behind them those of another list.
    package func gathered(_ indices: [Int], followedBy others: CurvePoints = .none) -> CurvePoints {
        let memory = PointMemory(capacity: indices.count + others.count)
        for (place, index) in indices.enumerated() {
            precondition(0..<count ~= index, "there is no such point")
            (memory.base + place).initialize(to: self.memory.base[index])
        }
        (memory.base + indices.count).initialize(from: others.memory.base, count: others.count)
        return CurvePoints(memory, count: indices.count + others.count)
    }

    /// Σ integer_k · P_k for integers of `wordsPerScalar` words each, least significant first, back to back.
    ///
    /// - Precondition: as many integers as points.
    package func variableTimeMultiScalar(words: [UInt64], wordsPerScalar: Int) -> CurvePoint {
        precondition(words.count == count * wordsPerScalar, "scalars and points must match")
        let points = UnsafeBufferPointer(start: UnsafePointer(memory.base), count: count)
        return withExtendedLifetime(memory) {
            CurvePoint(MultiScalarMethod.sum(words: words, wordsPerScalar: wordsPerScalar, points))
        }
    }

    /// Decoding up to the square root that it needs, and from there on: x² = (y² - 1) / (d·y² + 1).
    private struct Decoding {
        private let y: Field25519
        private let isOdd: Bool
        let ratio: FieldRatio

        init?(_ encoding: CompressedPoint) {
            let words = encoding.words
            let sign: UInt64 = 1 << 63
            guard let y = Field25519(canonical: (words.0, words.1, words.2, words.3 & ~sign)) else { return nil }
            self.y = y
            isOdd = words.3 & sign != 0
            let yy = y.squared
            // d is no square and -1 is one, so that the denominator is never zero.
            ratio = FieldRatio(u: Field25519.difference(yy, tight: .one).carried, v: (.d * yy + .one).carried)
        }

        func point(_ root: FieldRatio.Root) -> EdwardsPoint? {
            guard root.isSquare != 0, !isOdd || root.value.isZeroMask == 0 else { return nil }
            let x = isOdd ? -root.value : root.value
            return EdwardsPoint(x: x, y: y, z: .one, t: x * y)
        }
    }
}

/// A point of edwards25519.
package struct CurvePoint: Sendable {
    private let edwards: EdwardsPoint

    init(_ edwards: EdwardsPoint) {
        self.edwards = edwards
    }

    package static func + (a: CurvePoint, b: CurvePoint) -> CurvePoint {
        CurvePoint(a.edwards.adding(CachedPoint(b.edwards)))
    }

    package static func - (a: CurvePoint, b: CurvePoint) -> CurvePoint {
        CurvePoint(a.edwards.subtracting(CachedPoint(b.edwards)))
    }

    /// Whether eight times the point is the neutral element: whether its order is 1, 2, 4 or 8.
    package var hasSmallOrder: Bool {
        let multiple = edwards.doubled.doubled.doubled
        return (multiple.x.isZeroMask & Field25519.equalMask(multiple.y, multiple.z)) != 0
    }
}

extension CompressedPoint {
    /// Whether this is the encoding of one of the eight points of edwards25519 whose order divides 8 (RFC 8032 §5.1.2
    /// encodings; ristretto255 has no such elements but one), also one that is not canonical: with y not below p, or with the
    /// sign of x = 0 set.
    package var isOfSmallOrder: Bool {
        let words = self.words
        return Self.smallOrders.contains {
            $0.0 == words.0 && $0.1 == words.1 && $0.2 == words.2 && $0.3 == words.3 & (1 << 63 - 1)
        }
    }

    /// Their y: 1 has order 1, p - 1 order 2, 0 order 4, and the others, ±√((1 + √(1 + d)) / -d), order 8. The last two are 0
    /// and 1 again, as p and p + 1; no other fits 255 bits.
    private static let smallOrders: [(UInt64, UInt64, UInt64, UInt64)] = [
        (1, 0, 0, 0),
        (0xffff_ffff_ffff_ffec, .max, .max, .max >> 1),
        (0, 0, 0, 0),
        (0xb027_b2c2_8f95_e826, 0xf098_eff2_89f4_c345, 0x3933_c6d3_05ac_dfd5, 0x05fc_536d_8802_38b1),
        (0x4fd8_4d3d_706a_17c7, 0x0f67_100d_760b_3cba, 0xc6cc_392c_fa53_202a, 0x7a03_ac92_77fd_c74e),
        (0xffff_ffff_ffff_ffed, .max, .max, .max >> 1),
        (0xffff_ffff_ffff_ffee, .max, .max, .max >> 1),
    ]
}
