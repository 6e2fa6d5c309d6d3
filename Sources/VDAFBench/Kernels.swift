import CKeccak

/// Which of the C kernels this processor runs; without them the Swift code does the same, slower.
package enum Kernels {
    package static var active: [String] {
        var names: [String] = []
        if cairn_keccak_has_avx2() != 0 { names += ["Keccak ×4 (AVX2)", "Field128 transforms (AVX2)"] }
        if cairn_keccak_has_bmi() != 0 { names.append("Keccak (BMI)") }
        return names
    }
}
