import Ristretto255

/// The parts of a signature, before its points are decoded.
struct ParsedSignature {
    /// A.
    let key: CompressedPoint
    /// R.
    let commitment: CompressedPoint
    /// S.
    let response: Scalar

    /// Nil for bytes of other lengths, and for an S that is not below ℓ.
    init?(_ signed: SignedMessage) {
        guard signed.signature.count == 64, let key = try? CompressedPoint(signed.publicKey),
            let commitment = try? CompressedPoint(signed.signature[..<32]),
            let response = try? Scalar.decode(signed.signature[32...])
        else { return nil }
        self.key = key
        self.commitment = commitment
        self.response = response
    }
}
