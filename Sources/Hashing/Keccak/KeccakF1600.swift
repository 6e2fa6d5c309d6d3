import CKeccak

/// The permutation Keccak-f[1600], all 24 rounds: that of SHA-3 and SHAKE (FIPS 202 section 3.3).
package enum KeccakF1600: KeccakPermutation {
    /// Permutes 25 lanes in place, in the fastest way that this processor has.
    @inline(__always)
    package static func permute(_ state: UnsafeMutablePointer<UInt64>) {
        if KeccakP1600.hasBMI {
            cairn_keccak_f1600_bmi(state)
        } else {
            permutePortably(state)
        }
    }

    /// Permutes 25 lanes in place, on any processor.
    package static func permutePortably(_ state: UnsafeMutablePointer<UInt64>) {
        KeccakP1600.permutePortably(state, rounds: 0..<24)
    }
}
