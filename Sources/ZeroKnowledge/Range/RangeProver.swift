import Commitments
import Ristretto255
import Secrets

/// The prover of one range proof.
///
/// With a_L the bits of all values, one value after the other, and a_R = a_L - 1, it shows that a_L ∘ a_R = 0 and that
/// the bits make up the values, all in one statement about an inner product: t̂ = ⟨l, r⟩ where
///
///     l(X) = a_L - z + s_L·X        r(X) = yᵏ ∘ (a_R + z + s_R·X) + z^(j+2)·2ⁱ
///
/// at position k, bit i of value j, counted from 0. s_L and s_R blind the bits: until l and r are evaluated at x,
/// everything is in constant time. What is left then, l and r themselves, says nothing about the values (they could be
/// sent as they are, and would be if they were shorter), so that the rounds run in variable time.
struct RangeProver {
    private typealias G = InnerProductSuite.G

    private let statement: RangeStatement
    private let entry: RangeGenerators.Entry
    private let bits: Int
    private let blinds: [Scalar]
    /// a_L.
    private var chosen: [UInt64]
    private var alpha: Scalar
    private var rho: Scalar
    private var left: [Scalar]
    private var right: [Scalar]

    /// - Precondition: as many values, all in range, and blinds as commitments.
    init(
        _ statement: RangeStatement, values: [UInt64], blinds: [Scalar],
        using generator: inout some RandomNumberGenerator
    ) {
        let bits = statement.bits.rawValue
        self.statement = statement
        self.bits = bits
        self.blinds = blinds
        entry = RangeGenerators.shared.entry(valueCount: values.count)
        chosen = values.flatMap { value in (0..<bits).map { (value >> UInt64($0)) & 1 } }
        alpha = G.randomScalar(using: &generator)
        rho = G.randomScalar(using: &generator)
        left = []
        right = []
        left.reserveCapacity(chosen.count)
        right.reserveCapacity(chosen.count)
        for _ in chosen { left.append(G.randomScalar(using: &generator)) }
        for _ in chosen { right.append(G.randomScalar(using: &generator)) }
    }

    /// The places of a value's G and H among the generators.
    private func places(_ value: Int) -> (g: Range<Int>, h: Range<Int>) {
        let start = RangeGenerators.stride * value
        let middle = start + RangeGenerators.bitsPerValue
        return (start..<start + bits, middle..<middle + bits)
    }

    private var valueCount: Int { statement.commitments.count }

    /// A = α·H + Σ of G where a bit is 1 and of -H where it is 0.
    private var bitCommitment: RistrettoPoint {
        let choices = (0..<valueCount).flatMap { value in
            zip(places(value).g, places(value).h).map {
                PrecomputedPoints.Choice(whenSet: $0, negatedOtherwise: $1)
            }
        }
        return entry.points.constantTimeSum(choosing: choices, by: chosen) + Generators.shared.blind(alpha)
    }

    /// S = ρ·H + ⟨s_L, G⟩ + ⟨s_R, H⟩.
    private var maskCommitment: RistrettoPoint {
        var (ranges, scalars): ([Range<Int>], [Scalar]) = ([], [])
        scalars.reserveCapacity(2 * left.count)
        for value in 0..<valueCount {
            let positions = bits * value..<bits * (value + 1)
            ranges += [places(value).g, places(value).h]
            scalars += left[positions]
            scalars += right[positions]
        }
        var words = Scalar.words(of: scalars)
        defer {
            Wipe.values(&scalars)
            Wipe.values(&words)
        }
        let points = entry.points.gathered(ranges)
        return Generators.shared.blind(rho)
            + .constantTimeMultiScalar(words: words, wordsPerScalar: 4, bits: 253, points)
    }

    /// - Returns: the proof's bytes.
    mutating func prove(
        _ session: SessionID, using generator: inout some RandomNumberGenerator
    ) throws(GroupError) -> [UInt8] {
        var transcript = ArgumentProver<InnerProductSuite.G>(
            session, suite: InnerProductSuite.hash, statement: statement.encoding)
        try transcript.send(bitCommitment)
        try transcript.send(maskCommitment)
        let (y, z) = (transcript.challenge(), transcript.challenge())

        var polynomials = polynomials(y: y, z: z)
        let taus = SecretScalars<Scalar>(count: 2) { G.randomScalar(using: &generator) }
        let bases = [Generators.shared.noteBase, Generators.shared.blinding]
        try transcript.send(G.multiScalar([polynomials.linear, taus.values[0]], bases))
        try transcript.send(G.multiScalar([polynomials.square, taus.values[1]], bases))
        let x = transcript.challenge()

        var argument = InnerProductProver(
            a: Scalar.fold(polynomials.l0[...], x, left[...]),
            b: Scalar.fold(polynomials.r0[...], x, polynomials.r1[...]),
            y: y, bits: bits, entry: entry)
        polynomials.wipe()
        var blind = x * (taus.values[0] + x * taus.values[1])
        for (power, noteBlind) in zip(Scalar.powers(of: z, count: valueCount), blinds) {
            blind += z * z * power * noteBlind
        }
        transcript.send(argument.innerProduct)
        transcript.send(blind)
        transcript.send(alpha + x * rho)
        wipe()
        try argument.run(&transcript)
        return transcript.bytes
    }

    /// The coefficients of l, r and t.
    private struct Polynomials {
        /// l(X) = l0 + s_L·X, r(X) = r0 + r1·X.
        var l0: [Scalar]
        var r0: [Scalar]
        var r1: [Scalar]
        /// Those of t(X) = ⟨l(X), r(X)⟩ at X and X².
        var linear: Scalar
        var square: Scalar

        mutating func wipe() {
            Wipe.values(&l0)
            Wipe.values(&r0)
            Wipe.values(&r1)
        }
    }

    private func polynomials(y: Scalar, z: Scalar) -> Polynomials {
        let count = chosen.count
        let ys = Scalar.powers(of: y, count: count)
        var (l0, r0, r1): ([Scalar], [Scalar], [Scalar]) = ([], [], [])
        l0.reserveCapacity(count)
        r0.reserveCapacity(count)
        r1.reserveCapacity(count)
        var weight = z * z
        for value in 0..<valueCount {
            var power = weight
            for index in bits * value..<bits * (value + 1) {
                let bit = Scalar(chosen[index])
                l0.append(bit - z)
                r0.append(ys[index] * (bit - .one + z) + power)
                r1.append(ys[index] * right[index])
                power += power
            }
            weight *= z
        }
        return Polynomials(
            l0: l0, r0: r0, r1: r1,
            linear: Scalar.innerProduct(l0[...], r1[...]) + Scalar.innerProduct(left[...], r0[...]),
            square: Scalar.innerProduct(left[...], r1[...]))
    }

    private mutating func wipe() {
        Wipe.values(&chosen)
        Wipe.values(&left)
        Wipe.values(&right)
        alpha = .zero
        rho = .zero
    }
}
