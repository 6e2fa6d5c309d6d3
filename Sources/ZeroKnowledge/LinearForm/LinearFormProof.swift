import Commitments
import Ristretto255

/// A proof that a note commits to the inner product of λ with a committed vector: 2·⌈log2 d⌉ + 6 elements and scalars.
///
///     L_1 ‖ R_1 ‖ … ‖ A ‖ D ‖ z_x ‖ z_s ‖ z_v ‖ z_t
///
/// `Protocols/range-and-linear-form.md` §3.
public struct LinearFormProof: Sendable {
    /// The encoding, which is all there is of it.
    public let bytes: [UInt8]

    /// L and R of each round.
    let rounds: [(left: RistrettoPoint, right: RistrettoPoint)]
    /// A, the commitment to the nonces of what the rounds leave.
    let remainder: RistrettoPoint
    /// D, the commitment to the nonces of the note.
    let note: RistrettoPoint
    let responses: (vector: Scalar, blind: Scalar, value: Scalar, noteBlind: Scalar)

    /// Bytes in a proof about vectors of length `count`.
    public static func size(count: Int) -> Int {
        32 * (2 * Halving(count).rounds + 6)
    }

    /// Decodes a proof about vectors of length `count`.
    ///
    /// - Throws: `ProofError.unsupportedLength`, `.wrongLength`, `.malformed`.
    public init(decoding bytes: [UInt8], count: Int) throws(ProofError) {
        guard (1...Generators.maximalCount).contains(count) else { throw .unsupportedLength(count) }
        let expected = Self.size(count: count)
        guard bytes.count == expected else { throw .wrongLength(expected: expected, actual: bytes.count) }
        self.bytes = bytes
        var reader = ProofReader(bytes)
        var rounds: [(left: RistrettoPoint, right: RistrettoPoint)] = []
        for _ in 0..<Halving(count).rounds {
            rounds.append((try reader.element(), try reader.element()))
        }
        self.rounds = rounds
        remainder = try reader.element()
        note = try reader.element()
        responses = (try reader.scalar(), try reader.scalar(), try reader.scalar(), try reader.scalar())
    }
}

extension LinearFormProof: Equatable {
    public static func == (a: LinearFormProof, b: LinearFormProof) -> Bool { a.bytes == b.bytes }
}
