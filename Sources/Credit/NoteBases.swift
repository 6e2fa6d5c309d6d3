import Commitments
import Ristretto255

/// B and H, over which notes commit.
struct NoteBases: Sendable {
    let value: RistrettoPoint
    let blind: RistrettoPoint

    static let shared = NoteBases(value: Generators.shared.noteBase, blind: Generators.shared.blinding)
}
