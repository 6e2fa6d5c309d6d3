import Commitments
import Ristretto255
import Secrets

/// A public vector λ whose inner product with a committed vector is to be proved: prices, or the gradient by which
/// contributions are scored.
///
/// Making one hashes λ, so whoever proves or verifies many times about the same λ makes it once.
public struct LinearForm: Sendable {
    /// λ, integers modulo ℓ.
    public let coefficients: [Scalar]
    /// What transcripts absorb for λ: the hash of every coefficient. A proof that left one out could be made first and
    /// the coefficient be chosen afterwards ('Frozen Heart').
    public let digest: [UInt8]

    /// - Throws: `ProofError.unsupportedLength` if λ is empty or longer than there are generators.
    public init(_ coefficients: [Scalar]) throws(ProofError) {
        guard (1...Generators.maximalCount).contains(coefficients.count) else {
            throw .unsupportedLength(coefficients.count)
        }
        self.coefficients = coefficients
        let suite = InnerProductSuite.hash
        var sponge = DuplexSponge(SessionID(tag: Self.digestTag, suite: suite), suite: suite)
        sponge.absorb(ByteCodec.encode(UInt32(coefficients.count)))
        sponge.absorb(Ristretto255Group.encode(coefficients))
        digest = sponge.squeeze(32)
    }

    /// - Throws: as above.
    public init(integers: [Int64]) throws(ProofError) {
        try self.init(integers.map { Scalar(signed: $0) })
    }

    private static let digestTag = Array("cairn-linear-form-coefficients_TurboShake128_Ristretto255".utf8)

    /// d.
    public var count: Int { coefficients.count }

    /// ⟨λ, x⟩ modulo ℓ.
    ///
    /// - Precondition: there are as many values as coefficients.
    public func value(at values: [Int64]) -> Scalar {
        precondition(values.count == count, "there is one value for each coefficient")
        var scalars = values.map { Scalar(signed: $0) }
        defer { Wipe.values(&scalars) }
        return Scalar.innerProduct(scalars[...], coefficients[...])
    }
}
