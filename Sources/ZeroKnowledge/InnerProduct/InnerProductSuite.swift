/// Group, hash and format of the arguments about inner products: ristretto255 with TurboSHAKE128.
///
/// The identifier is part of every tag. Another format takes another one.
enum InnerProductSuite {
    typealias G = Ristretto255Group
    static let identifier = "cairn-inner-products_TurboShake128_Ristretto255"
    static let hash = HashSuite.turboSHAKE128

    /// The session of an application's proofs of one kind.
    static func session(application: String, kind: String) -> SessionID {
        SessionID(tag: Array("\(application)-\(kind)-with-\(identifier)".utf8), suite: hash)
    }
}

extension ArgumentVerifier {
    /// Hashes the next message, which has been decoded before.
    mutating func skip(_ count: Int) throws(ProofError) {
        do {
            _ = try receive(count)
        } catch {
            throw .rejected
        }
    }

    /// A challenge that is to be inverted; zero, which an honest prover meets with negligible probability, is refused.
    mutating func invertibleChallenge() throws(ProofError) -> G.Scalar {
        let challenge = challenge()
        guard challenge != .zero else { throw .rejected }
        return challenge
    }
}
