import CKeccak
import Hashing
import Ristretto255
import VDAF

/// Which of the C kernels this processor runs; without them the Swift code does the same, slower.
package enum Kernels {
    package static var active: [String] {
        var names: [String] = []
        switch KeccakP1600x4.kernel {
        case .avx512: names.append("Keccak ×4 (AVX-512)")
        case .avx2: names.append("Keccak ×4 (AVX2)")
        case nil: break
        }
        if cairn_keccak_has_avx2() != 0 { names.append("Field128 transforms (AVX2)") }
        if cairn_keccak_has_bmi() != 0 { names.append("Keccak (BMI)") }
        if let kernel = LaneKernel.best { names.append("edwards25519 ×\(kernel.lanes) (\(kernel.instructions))") }
        return names
    }
}
