import Commitments
import Ristretto255

/// Equations of many proofs, of any kinds and shapes, added up with random weights and checked by one multi-scalar
/// multiplication.
///
/// Every equation says that a sum of multiples of points is the identity. Multiplied by 128-bit weights that nobody could
/// foresee, all of them together say it of one sum; if any is false, that sum is the identity with probability 2^-128.
/// Generators that proofs have in common appear once, however many proofs there are.
///
///     var batch = VerificationBatch()
///     for entry in entries { try entry.add(to: &batch, using: &generator) }
///     try batch.verify()
public struct VerificationBatch: Sendable {
    /// Coefficients of the G_k.
    private var vector: [Scalar] = []
    /// Coefficients of the generators of range proofs, value by value.
    private var range: [Scalar] = []
    /// Coefficients of B and H.
    private var value = Scalar.zero
    private var blind = Scalar.zero
    /// Coefficients of everything that only one proof has.
    private var scalars: [Scalar] = []
    private var points: [RistrettoPoint] = []

    /// A batch without equations, which is valid.
    public init() {}

    /// A weight for one equation.
    ///
    /// - Parameter generator: cryptographically secure; drawn from when the proof is known.
    static func weight(_ generator: inout some RandomNumberGenerator) -> Scalar {
        let low: UInt64 = generator.next()
        let high: UInt64 = generator.next()
        return Scalar(UInt128(high) << 64 | UInt128(low))
    }

    mutating func add(_ scalar: Scalar, _ point: RistrettoPoint) {
        scalars.append(scalar)
        points.append(point)
    }

    /// Σ coefficient_k · G_k.
    mutating func addVector(_ coefficients: [Scalar]) {
        Self.add(coefficients, to: &vector)
    }

    /// A sum of multiples of the generators of range proofs, 64 G and 64 H for every value.
    mutating func addRange(_ coefficients: [Scalar]) {
        Self.add(coefficients, to: &range)
    }

    private static func add(_ coefficients: [Scalar], to sums: inout [Scalar]) {
        if sums.count < coefficients.count {
            sums += [Scalar](repeating: .zero, count: coefficients.count - sums.count)
        }
        Scalar.add(coefficients, to: &sums)
    }

    /// A multiple of B.
    mutating func addValue(_ coefficient: Scalar) {
        value += coefficient
    }

    /// A multiple of H.
    mutating func addBlind(_ coefficient: Scalar) {
        blind += coefficient
    }

    /// Returns if every proof that was added is valid.
    ///
    /// - Parameter threads: how many threads share the work.
    /// - Throws: `ProofError.rejected`.
    public func verify(threads: Int = 1) throws(ProofError) {
        let generators = Generators.shared
        var (scalars, points, sum) = (scalars, points, RistrettoPoint.identity)
        if range.isEmpty {
            scalars += [value, blind]
            points += [generators.noteBase, generators.blinding]
        } else {
            // The table of range proofs has B and H, too.
            sum += RangeGenerators.shared.entry(valueCount: range.count / RangeGenerators.stride)
                .variableTimeSum(range, value: value, blind: blind, threads: threads)
        }
        sum += .variableTimeMultiScalar(scalars, PrecomputedPoints(points), threads: threads)
        if !vector.isEmpty {
            sum += .variableTimeMultiScalar(vector, generators.precomputed(atLeast: vector.count), threads: threads)
        }
        guard sum.isIdentity else { throw .rejected }
    }
}
