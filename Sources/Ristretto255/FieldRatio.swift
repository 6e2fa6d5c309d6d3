import CEdwards25519

/// A ratio u/v of tight field elements whose square root is wanted (RFC 9496 §4.2, SQRT_RATIO_M1). Constant time.
///
/// Nearly all of the work is one power. Several powers at once cost hardly more than one on processors that have a
/// kernel, so whoever needs many roots asks for them together.
struct FieldRatio {
    let u: Field25519
    let v: Field25519

    /// - `isSquare`: all ones where u/v is a square, and zero where it is not.
    /// - `value`: the non-negative √(u/v), or √(√-1 · u/v) where u/v is not a square; zero for u = 0, where `isSquare`
    ///   is all ones, and for v = 0 ≠ u, where it is zero.
    typealias Root = (isSquare: UInt64, value: Field25519)

    var root: Root {
        root(power: radicand.powerForRoot)
    }

    static func roots(_ ratios: [FieldRatio]) -> [Root] {
        zip(ratios, powersForRoots(ratios.map(\.radicand))).map { $0.root(power: $1) }
    }

    /// u·v⁷, whose power leads to the root.
    private var radicand: Field25519 {
        let v3 = v.squared * v
        return u * (v3.squared * v)
    }

    private func root(power: Field25519) -> Root {
        var root = u * (v.squared * v) * power
        let check = v * root.squared

        let minusU = -u
        let correct = Field25519.equalMask(check, u)
        let flipped = Field25519.equalMask(check, minusU)
        let flippedByRoot = Field25519.equalMask(check, minusU * .squareRootOfMinusOne)

        root = .select(flipped | flippedByRoot, .squareRootOfMinusOne * root, else: root)
        return (correct | flipped, root.absolute)
    }

    /// `powerForRoot` of tight elements.
    private static func powersForRoots(_ elements: [Field25519]) -> [Field25519] {
        guard let kernel = LaneKernel.best, elements.count > 1 else { return elements.map(\.powerForRoot) }
        let lanes = kernel.lanes
        var powers: [Field25519] = []
        powers.reserveCapacity(elements.count + lanes)
        var group = [UInt64](repeating: 0, count: 5 * lanes)
        var results = group
        for start in stride(from: 0, to: elements.count, by: lanes) {
            let chunk = elements[start..<min(start + lanes, elements.count)]
            for (lane, element) in chunk.enumerated() {
                group[5 * lane] = element.l0
                group[5 * lane + 1] = element.l1
                group[5 * lane + 2] = element.l2
                group[5 * lane + 3] = element.l3
                group[5 * lane + 4] = element.l4
            }
            cairn_field25519_root_powers(kernel.code, group, &results)
            for lane in 0..<chunk.count {
                let limbs = results[(5 * lane)..<(5 * lane + 5)]
                powers.append(Field25519(limbs: limbs))
            }
        }
        return powers
    }
}
