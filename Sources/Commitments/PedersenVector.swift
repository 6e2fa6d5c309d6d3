import Ristretto255

/// Pedersen commitments to vectors: Com(v; r) = Σ_k v_k·G_k + r·H.
///
/// - *Hiding* is perfect: for a uniform r, r·H is uniform, so the commitment says nothing about v, whatever the power
///   of whoever looks.
/// - *Binding* is computational: two openings of one commitment give a discrete-logarithm relation between generators.
///   It speaks about v modulo the group order ℓ ≈ 2^252; values in a range shorter than ℓ are bound as integers.
/// - *Additive*: Com(v; r) + Com(w; s) = Com(v + w; r + s).
///
/// - Warning: the sum over G_k runs in variable time, r·H in constant time. It is meant for values that are public or
///   masked. A single additive share is masked: uniform by itself, whatever it is a share of.
public enum PedersenVector {
    /// Commits to non-negative integers below 2^128.
    public static func commit(values: [UInt128], blind: Scalar) -> RistrettoPoint {
        let generators = Generators.shared
        return RistrettoPoint.variableTimeMultiScalar(
            integers: values, generators.precomputed(atLeast: values.count))
            + generators.blind(blind)
    }

    /// Commits to integers modulo ℓ.
    public static func commit(scalars: [Scalar], blind: Scalar) -> RistrettoPoint {
        let generators = Generators.shared
        return RistrettoPoint.variableTimeMultiScalar(scalars, generators.precomputed(atLeast: scalars.count))
            + generators.blind(blind)
    }

    static func commit(_ vector: IntegerVector, blind: Scalar, threads: Int = 1) -> RistrettoPoint {
        let generators = Generators.shared
        return RistrettoPoint.variableTimeMultiScalar(
            words: vector.words, wordsPerScalar: vector.wordsPerValue,
            generators.precomputed(atLeast: vector.count), threads: threads)
            + generators.blind(blind)
    }

    /// Com((value, …, value); 0).
    package static func commit(toAll count: Int, value: UInt128) -> RistrettoPoint {
        Generators.shared.sum(first: count, times: value)
    }

    /// The same for integers below 2^253, for whoever commits again and again to vectors of about this length: it keeps
    /// a table of multiples of the generators (`WindowTable`).
    static func commitRepeatedly(_ vector: IntegerVector, blind: Scalar, threads: Int) -> RistrettoPoint {
        let generators = Generators.shared
        guard let table = generators.windowTable(atLeast: vector.count, threads: threads) else {
            return commit(vector, blind: blind, threads: threads)
        }
        return table.variableTimeMultiScalar(
            words: vector.words, wordsPerScalar: vector.wordsPerValue, threads: threads)
            + generators.blind(blind)
    }
}
