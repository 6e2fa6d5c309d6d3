import Ristretto255

/// The rounds of Bulletproofs' inner-product argument, for vectors a and b over the generators of range proofs
/// (eprint 2017/1066 §3).
///
/// The statement that they shrink is P = ⟨a, G⟩ + ⟨b, y⁻ᵏ∘H⟩ + w·⟨a, b⟩·B. A round sends
///
///     L = ⟨lower a, upper G⟩ + ⟨upper b, lower H⟩ + w·⟨lower a, upper b⟩·B
///     R = ⟨upper a, lower G⟩ + ⟨lower b, upper H⟩ + w·⟨upper a, lower b⟩·B
///
/// and folds a and H by c, b and G by c⁻¹, after which P + c⁻¹·L + c·R is the statement.
///
/// The generators are never folded: they are few, and there is a table of their multiples. Each keeps the factor that
/// folding would have given it. Runs in variable time, on vectors that are not secret.
struct InnerProductProver {
    private var a: [Scalar]
    private var b: [Scalar]
    /// What folding, and the powers of y⁻¹, make of every G and H.
    private var gFactors: [Scalar]
    private var hFactors: [Scalar]
    private let bits: Int
    private let entry: RangeGenerators.Entry

    /// - Parameter bits: positions of one value.
    /// - Precondition: vectors of one length, a power of two and a multiple of `bits`; as many generators.
    init(a: [Scalar], b: [Scalar], y: Scalar, bits: Int, entry: RangeGenerators.Entry) {
        self.a = a
        self.b = b
        self.bits = bits
        self.entry = entry
        gFactors = [Scalar](repeating: .one, count: a.count)
        hFactors = Scalar.powers(of: y.inverted(), count: a.count)
    }

    var innerProduct: Scalar { Scalar.innerProduct(a[...], b[...]) }

    /// Sends every round's L and R, and then what is left of a and b.
    mutating func run(_ transcript: inout ArgumentProver<InnerProductSuite.G>) throws(GroupError) {
        let w = transcript.challenge()
        while a.count > 1 {
            let half = a.count / 2
            try transcript.send(message(half: half, aUpper: false, w))
            try transcript.send(message(half: half, aUpper: true, w))
            let challenge = transcript.challenge()
            let inverse = challenge.inverted()
            for index in gFactors.indices where index & half != 0 {
                gFactors[index] *= inverse
                hFactors[index] *= challenge
            }
            a = Scalar.fold(a[..<half], challenge, a[half...])
            b = Scalar.fold(b[..<half], inverse, b[half...])
        }
        transcript.send(a[0])
        transcript.send(b[0])
    }

    /// R, made of the upper part of a and the lower part of b, or L.
    private func message(half: Int, aUpper: Bool, _ w: Scalar) -> RistrettoPoint {
        let values = gFactors.count / bits
        var scalars = [Scalar](repeating: .zero, count: RangeGenerators.stride * values)
        for index in gFactors.indices {
            // a meets the generators of the other part, and so does b.
            let place = index / bits * RangeGenerators.stride + index % bits
            let position = index & (2 * half - 1)
            let isUpper = position & half != 0
            if isUpper != aUpper {
                scalars[place] = gFactors[index] * a[position ^ half]
            } else {
                scalars[place + RangeGenerators.bitsPerValue] = hFactors[index] * b[position ^ half]
            }
        }
        let product =
            aUpper
            ? Scalar.innerProduct(a[half...], b[..<half]) : Scalar.innerProduct(a[..<half], b[half...])
        return entry.variableTimeSum(scalars, value: w * product, blind: .zero, threads: 1)
    }
}
