/// Why bytes were refused as a scalar or a group element.
public enum RistrettoError: Error, Equatable, Sendable {
    /// The input has the wrong number of bytes.
    case wrongLength(expected: Int, actual: Int)

    /// The 32 bytes are not a canonical scalar: as a little-endian integer they are not below the group order.
    case nonCanonicalScalar

    /// The 32 bytes are not the canonical encoding of a ristretto255 element (RFC 9496 §4.3.1).
    case invalidPointEncoding
}
