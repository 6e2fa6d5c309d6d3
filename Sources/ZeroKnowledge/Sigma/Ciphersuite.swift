/// A group and a hash for non-interactive proofs (draft-irtf-cfrg-sigma-protocols-03, section 'Ciphersuites').
public protocol Ciphersuite: Sendable {
    /// The group that relations are in.
    associatedtype G: Group
    /// Part of the tag of every proof, so that a proof of one suite is never one of another.
    static var identifier: String { get }
    /// What challenges come from.
    static var hash: HashSuite { get }
}

/// Cairn's suite: ristretto255 with TurboSHAKE128. The drafts define none over ristretto255, hence the prefix.
public enum Ristretto255TurboShake128: Ciphersuite {
    public typealias G = Ristretto255Group
    public static let identifier = "cairn-sigma-proofs_TurboShake128_Ristretto255"
    public static let hash = HashSuite.turboSHAKE128
}

/// The drafts' suite over P-256 with SHAKE128, for which they have test vectors.
public enum P256Shake128: Ciphersuite {
    public typealias G = P256Group
    public static let identifier = "sigma-proofs_Shake128_P256"
    public static let hash = HashSuite.shake128
}
