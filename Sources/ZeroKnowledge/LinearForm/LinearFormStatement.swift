import Commitments
import Ristretto255

/// What a linear-form proof is about: C commits to some vector x, and the note K to v = ⟨λ, x⟩.
///
///     C = Σ x_k·G_k + r·H        K = v·B + t·H
///
/// with the generators of ``Commitments/Generators``. The proof is one of knowledge of x, r and t.
public struct LinearFormStatement: Sendable {
    /// λ.
    public let form: LinearForm
    /// C.
    public let commitment: RistrettoPoint
    /// K.
    public let note: RistrettoPoint

    /// d ‖ digest of λ ‖ C ‖ K.
    package let encoding: [UInt8]

    /// - Throws: `ProofError.malformed(.identity)`: the identity hides nothing, and is refused.
    public init(form: LinearForm, commitment: RistrettoPoint, note: RistrettoPoint) throws(ProofError) {
        self.form = form
        self.commitment = commitment
        self.note = note
        do {
            encoding =
                ByteCodec.encode(UInt32(form.count)) + form.digest + (try Ristretto255Group.encode([commitment, note]))
        } catch {
            throw .malformed(error)
        }
    }
}
