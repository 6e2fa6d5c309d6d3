import COpenSSL

/// P-256 (secp256r1) on libcrypto: compressed points of SEC 1, 33 bytes, and big-endian scalars of 32 bytes
/// (draft-irtf-cfrg-sigma-protocols-03, section 'P-256').
///
/// It is here so that the drafts' vectors check the code that Cairn runs over ristretto255; it is not fast.
public enum P256Group: Group {
    public static let elementSize = 33
    public static let scalarSize = 32

    public static let identity = P256Element { point, _ in EC_POINT_set_to_infinity(P256Curve.group, point) }
    public static let generator = P256Element { point, _ in
        EC_POINT_copy(point, EC_GROUP_get0_generator(P256Curve.group))
    }

    public static func multiply(_ scalar: P256Scalar, _ element: P256Element) -> P256Element {
        let number = scalar.number
        // With one point and no multiple of the generator, libcrypto takes its constant-time path.
        return P256Element { EC_POINT_mul(P256Curve.group, $0, nil, element.point, number.pointer, $1) }
    }

    public static func multiScalar(_ scalars: [P256Scalar], _ elements: [P256Element]) -> P256Element {
        precondition(scalars.count == elements.count, "scalars and elements must match")
        return zip(scalars, elements).reduce(identity) { $0 + multiply($1.0, $1.1) }
    }

    public static func variableTimeMultiScalar(_ scalars: [P256Scalar], _ elements: [P256Element]) -> P256Element {
        multiScalar(scalars, elements)
    }

    public static func encode(_ element: P256Element) throws(GroupError) -> [UInt8] {
        guard !element.isIdentity else { throw .identity }
        var bytes = [UInt8](repeating: 0, count: elementSize)
        let written = withScratch {
            EC_POINT_point2oct(
                P256Curve.group, element.point, POINT_CONVERSION_COMPRESSED, &bytes, bytes.count, $0)
        }
        precondition(written == elementSize, "a point other than the identity has 33 bytes")
        return bytes
    }

    /// Only the compressed form with a reduced x on the curve is an encoding; the order is prime, so every such point
    /// is in the group.
    public static func decodeElement(_ bytes: ArraySlice<UInt8>) throws(GroupError) -> P256Element {
        guard bytes.count == elementSize else {
            throw .wrongLength(expected: elementSize, actual: bytes.count)
        }
        guard bytes.first == 2 || bytes.first == 3 else { throw .invalidElement }
        guard let element = P256Element(octets: Array(bytes)) else { throw .invalidElement }
        return element
    }

    public static func encode(_ scalar: P256Scalar) -> [UInt8] {
        scalar.littleEndianBytes.reversed()
    }

    public static func decodeScalar(_ bytes: ArraySlice<UInt8>) throws(GroupError) -> P256Scalar {
        guard bytes.count == scalarSize else {
            throw .wrongLength(expected: scalarSize, actual: bytes.count)
        }
        let number = BigNumber(bigEndian: bytes)
        guard BN_cmp(number.pointer, P256Curve.order) < 0 else { throw .nonCanonicalScalar }
        return P256Scalar(number)
    }

    public static func scalar(uniform bytes: [UInt8]) -> P256Scalar {
        precondition(bytes.count == uniformScalarSize, "a scalar is decoded from Ns + 16 bytes")
        return P256Scalar(BigNumber(littleEndian: bytes).reduced(modulo: P256Curve.order))
    }
}
