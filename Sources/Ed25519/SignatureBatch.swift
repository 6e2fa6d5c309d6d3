import Ristretto255

/// The equation of many signatures at once.
///
/// Let E_i = S_i·B - R_i - k_i·A_i be the defect of signature i, which is valid if [8]E_i = 0. With coefficients z_i, of
/// which the first is 1 and the others are uniform in [1, 2^128) and drawn after the signatures are fixed,
///
///     Δ = Σ z_i·E_i = (Σ z_i·S_i)·B - Σ z_i·R_i - Σ_A (Σ_{i: A_i = A} z_i·k_i)·A
///
/// is two multi-scalar multiplications, one over the R_i with short scalars and one over the different keys and B. In the
/// subgroup of order ℓ > 2^128, where [8]Δ lies, one [8]E_i ≠ 0 with a random z_i leaves at most one value of it that makes
/// [8]Δ = 0, whatever the others are; and if only the first is not zero, [8]Δ = [8]E_1. So a set with an invalid signature
/// passes with probability at most 1/(2^128 - 1). Scalars may be reduced modulo ℓ, for what that changes has small order
/// (Bernstein, Duif, Lange, Schwabe, Yang, "High-speed high-security signatures", eprint 2011/368 §5, with the factor 8).
///
/// **Naming the invalid ones.** Δ is additive over disjoint sets, so in a set that fails, the defect of one half gives that
/// of the other for nothing: k invalid signatures among m cost about k·log2(m/k) sums over ever smaller sets, and never
/// more than m - 1: where all are invalid, about twice as much as one by one. A single signature is judged exactly, for
/// z_i is no multiple of ℓ. At most m - 1 sets of two or more are asked about, so that any of the m answers is wrong with a
/// probability of at most (m - 1)/(2^128 - 1), below 2^-118 for the 1,024 that are checked together.
struct SignatureBatch {
    /// The R of all signatures, and behind them the different keys.
    private let points: CurvePoints
    private let keyCount: Int
    /// The number of each signature's key; nil for what is no signature whatever the equation says.
    private let keyOf: [Int?]
    /// S_i and k_i, and z_i.
    private let responses: [Scalar]
    private let challenges: [Scalar]
    private let coefficients: [UInt128]
    private var found: [Bool]

    init(_ signed: ArraySlice<SignedMessage>) {
        let parsed = signed.map { ParsedSignature($0) }
        // A signer of many messages is decoded and multiplied once.
        var numbers: [CompressedPoint: Int] = [:]
        var distinct: [CompressedPoint] = []
        let named = parsed.map { signature -> Int? in
            guard let key = signature?.key, !key.isOfSmallOrder else { return nil }
            if let number = numbers[key] { return number }
            numbers[key] = distinct.count
            distinct.append(key)
            return distinct.count - 1
        }
        let count = parsed.count
        let (points, isPoint) = CurvePoints.decode(parsed.map { $0?.commitment ?? .zero } + distinct)
        keyOf = named.enumerated().map { index, key in
            key.flatMap { isPoint[index] && isPoint[count + $0] ? $0 : nil }
        }
        self.points = points
        keyCount = distinct.count
        responses = parsed.map { $0?.response ?? .zero }
        let hash = ChallengeHash()
        challenges = zip(signed, keyOf).map { signed, key in key == nil ? .zero : hash.challenge(signed) }
        coefficients = Self.coefficients(count: count)
        found = [Bool](repeating: false, count: count)
    }

    /// The first need not be random: where its defect is the only one, it decides, and else another one's does.
    private static func coefficients(count: Int) -> [UInt128] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { index in
            if index == 0 { return 1 }
            var coefficient: UInt128 = 0
            while coefficient == 0 { coefficient = UInt128(_low: generator.next(), _high: generator.next()) }
            return coefficient
        }
    }

    mutating func areValid() -> [Bool] {
        let candidates = keyOf.indices.filter { keyOf[$0] != nil }
        if !candidates.isEmpty {
            judge(candidates[...], defect: defect(candidates[...]))
        }
        return found
    }

    private mutating func judge(_ candidates: ArraySlice<Int>, defect sum: CurvePoint) {
        if sum.hasSmallOrder {
            for index in candidates { found[index] = true }
        } else if candidates.count > 1 {
            let middle = candidates.startIndex + candidates.count / 2
            let (first, second) = (candidates[..<middle], candidates[middle...])
            let left = defect(first)
            judge(first, defect: left)
            judge(second, defect: sum - left)
        }
    }

    /// -Δ over some signatures, up to points of small order.
    private func defect(_ candidates: ArraySlice<Int>) -> CurvePoint {
        var place = [Int](repeating: -1, count: keyCount)
        var used: [Int] = []
        var factors: [Scalar] = []
        var response = Scalar.zero
        var coefficients: [UInt64] = []
        coefficients.reserveCapacity(2 * candidates.count)
        for index in candidates {
            guard let key = keyOf[index] else { continue }
            let coefficient = self.coefficients[index]
            coefficients.append(coefficient._low)
            coefficients.append(coefficient._high)
            let scalar = Scalar(coefficient)
            response -= scalar * responses[index]
            if place[key] < 0 {
                place[key] = used.count
                used.append(keyOf.count + key)
                factors.append(.zero)
            }
            factors[place[key]] += scalar * challenges[index]
        }
        factors.append(response)
        return points.gathered(Array(candidates))
            .variableTimeMultiScalar(words: coefficients, wordsPerScalar: 2)
            + points.gathered(used, followedBy: .base)
            .variableTimeMultiScalar(words: Scalar.words(of: factors), wordsPerScalar: 4)
    }
}
