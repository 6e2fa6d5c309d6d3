import Ristretto255
import VDAF

/// What one aggregator has to check about one report: that the commitment addressed to it opens to its own output
/// share, C_j = Com(x_j; r_j).
package struct LinkClaim<Field: FieldElement>: Sendable {
    package let commitment: RistrettoPoint
    package let coordinates: [Field]
    package let blind: Scalar

    package init(commitment: RistrettoPoint, coordinates: [Field], blind: Scalar) {
        self.commitment = commitment
        self.coordinates = coordinates
        self.blind = blind
    }
}

/// The link check: it ties the share that is summed to the commitment that is logged.
///
/// **What it proves.** After it, the commitment C_j of every accepted report commits to exactly the integers x_j in
/// [0, p) that aggregator j adds to its sum S_j, so Σ C_j = Com(S_j; R_j) holds over the integers: S_j stays below ℓ.
/// Each aggregator can check only its own share; together, both checks and the margin rule (`Committed`) make
/// C_0 + C_1 - p·ΣG_k a commitment to the report's x.
///
/// **A whole job at once.** Let δ_i = C_i - Com(x_i; r_i) be the defect of report i, zero exactly for a good one. With
/// fresh weights ρ_i, uniform in [0, 2^128), the aggregator computes
///
///     Δ = Σ ρ_i·δ_i = Σ ρ_i·C_i - Com(Σ ρ_i·x_i; Σ ρ_i·r_i),
///
/// one multi-scalar multiplication over the d generators for the job instead of one for each report. The group has
/// prime order ℓ > 2^128: if some δ_i ≠ 0, then for any values of the other weights at most one ρ_i makes Δ zero, so a
/// job with a bad report passes with probability at most 2^-128. Defects that cancel in a plain sum do not help, for
/// the weights are drawn after the reports are fixed and never leave the aggregator. (In a group with small subgroups,
/// a defect of small order would survive with noticeable probability. ristretto255 has none, and `==` compares
/// elements, not representatives.)
///
/// **Naming the bad ones.** Δ is additive over disjoint sets of reports. To search a failing set, the defect of its
/// left half is computed; that of the right half is the difference, for free. So k bad reports among m cost about
/// k·log2(m/k) multiplications, and never more than m - 1 of them. A report is named only when its own ρ_i·δ_i ≠ 0, so
/// a good report is never rejected, whatever the weights; a bad one escapes with probability at most 2^-128 in each of
/// the fewer than 2m sets that the search can look at.
package enum LinkCheck {
    /// The positions of the claims that do not hold, in increasing order.
    ///
    /// - Parameters:
    ///   - rng: a cryptographically secure source; the weights must be unpredictable to whoever made the reports.
    ///   - threads: how many threads share the work.
    /// - Precondition: all claims have equally many coordinates.
    package static func failingLinks<Field: FieldElement>(
        _ claims: [LinkClaim<Field>], rng: inout some RandomNumberGenerator, threads: Int = 1
    ) -> [Int] {
        guard !claims.isEmpty else { return [] }
        let weights = claims.map { _ in UInt128(_low: rng.next(), _high: rng.next()) }
        var search = Search(claims: claims, weights: weights, threads: threads)
        return search.failing()
    }

    /// The search for failing claims over stored partial sums.
    private struct Search<Field: FieldElement> {
        let claims: [LinkClaim<Field>]
        let weights: [UInt128]
        let vectors: [[Field]]
        let count: Int
        let threads: Int
        var found: [Int] = []

        init(claims: [LinkClaim<Field>], weights: [UInt128], threads: Int) {
            self.claims = claims
            self.threads = threads
            self.weights = weights
            vectors = claims.map(\.coordinates)
            count = claims[0].coordinates.count
        }

        mutating func failing() -> [Int] {
            locate(claims.indices, sum: weightedDefect(claims.indices))
            return found
        }

        /// Collects the failing claims of a range whose weighted defects add up to `sum`.
        private mutating func locate(_ range: Range<Int>, sum: RistrettoPoint) {
            guard !sum.isIdentity else { return }
            guard range.count > 1 else {
                found.append(range.lowerBound)
                return
            }
            let middle = range.lowerBound + range.count / 2
            let left = weightedDefect(range.lowerBound..<middle)
            locate(range.lowerBound..<middle, sum: left)
            locate(middle..<range.upperBound, sum: sum - left)
        }

        /// Σ ρ_i·δ_i over a range.
        private func weightedDefect(_ range: Range<Int>) -> RistrettoPoint {
            if range.count == 1 {
                // Unweighted coordinates are half as long as weighted ones, and ρ·δ is zero only if δ is.
                let claim = claims[range.lowerBound]
                let values = IntegerVector(canonical: claim.coordinates)
                let defect = claim.commitment - PedersenVector.commit(values, blind: claim.blind)
                return Scalar(weights[range.lowerBound]) * defect
            }
            let commitments = RistrettoPoint.variableTimeMultiScalar(
                integers: Array(weights[range]), claims[range].map(\.commitment))
            let values = WeightedSums.sum(
                of: vectors[range], weights: weights[range], count: count, threads: threads)
            let blind = range.reduce(Scalar.zero) { $0 + Scalar(weights[$1]) * claims[$1].blind }
            return commitments - commit(weighted: values, blind: blind)
        }

        private func commit(weighted values: IntegerVector, blind: Scalar) -> RistrettoPoint {
            // 64 + 128 bits and the carries of the sum are fewer than the bits of ℓ: no need to reduce.
            let integers = Field.encodedSize == 8 ? values : values.reducedModuloGroupOrder()
            return PedersenVector.commitRepeatedly(integers, blind: blind, threads: threads)
        }
    }
}

extension IntegerVector {
    /// Every value modulo ℓ, in four words.
    fileprivate func reducedModuloGroupOrder() -> IntegerVector {
        var result = IntegerVector(count: count, wordsPerValue: 4)
        words.withUnsafeBufferPointer { words in
            for index in 0..<count {
                let value = UnsafeBufferPointer(rebasing: words[(index * wordsPerValue)...].prefix(wordsPerValue))
                result.set(index, to: Scalar(reducingWords: value))
            }
        }
        return result
    }

    private mutating func set(_ index: Int, to scalar: Scalar) {
        (words[4 * index], words[4 * index + 1], words[4 * index + 2], words[4 * index + 3]) = scalar.asWords
    }
}
