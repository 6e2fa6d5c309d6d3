import Ristretto255
import VDAF

/// A commitment as it stands in a public share: its 32 bytes and the group element that they encode.
///
/// The identity is refused. An honest client's commitment is the identity with probability 2^-252; a client that
/// produced it on purpose would be committing to all zeros without blinding, which hides nothing and which no honest
/// share can be.
public struct Commitment: Sendable, Hashable {
    /// Bytes in an encoding.
    public static let encodedSize = CompressedPoint.encodedSize

    /// The canonical encoding.
    public let encoded: CompressedPoint

    /// The group element.
    public let point: RistrettoPoint

    init(_ point: RistrettoPoint) {
        self.point = point
        encoded = point.compressed()
    }

    /// Decodes 32 bytes.
    ///
    /// - Throws: `VDAFError.invalidEncoding` for a wrong length, a non-canonical encoding, or the identity.
    public init(decoding bytes: some Collection<UInt8>) throws(VDAFError) {
        let compressed: CompressedPoint
        do {
            compressed = try CompressedPoint(bytes)
        } catch {
            throw .invalidEncoding("commitment: expected \(Self.encodedSize) bytes, got \(bytes.count)")
        }
        try self.init(decoding: compressed)
    }

    /// - Throws: `VDAFError.invalidEncoding` for a non-canonical encoding or the identity.
    public init(decoding encoded: CompressedPoint) throws(VDAFError) {
        do {
            point = try encoded.decompressed()
        } catch {
            throw .invalidEncoding("commitment: not a canonical ristretto255 encoding")
        }
        guard !point.isIdentity else {
            throw .invalidEncoding("commitment: the identity hides nothing")
        }
        self.encoded = encoded
    }

    public static func == (a: Commitment, b: Commitment) -> Bool {
        a.encoded == b.encoded
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(encoded)
    }
}
