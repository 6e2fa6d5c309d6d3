import Ristretto255

/// ristretto255 (RFC 9496): elements and scalars of 32 bytes, scalars little-endian.
///
/// The identity has an encoding there, 32 zero bytes, which proofs refuse like every other suite's.
public enum Ristretto255Group: Group {
    public static let elementSize = CompressedPoint.encodedSize
    public static let scalarSize = Scalar.encodedSize

    public static var identity: RistrettoPoint { .identity }
    public static var generator: RistrettoPoint { .generator }

    public static func multiply(_ scalar: Scalar, _ element: RistrettoPoint) -> RistrettoPoint {
        scalar * element
    }

    public static func multiScalar(_ scalars: [Scalar], _ elements: [RistrettoPoint]) -> RistrettoPoint {
        RistrettoPoint.constantTimeMultiScalar(scalars, elements)
    }

    public static func variableTimeMultiScalar(_ scalars: [Scalar], _ elements: [RistrettoPoint]) -> RistrettoPoint {
        RistrettoPoint.variableTimeMultiScalar(scalars, elements)
    }

    public static func encode(_ element: RistrettoPoint) throws(GroupError) -> [UInt8] {
        guard !element.isIdentity else { throw .identity }
        return element.encoded()
    }

    public static func decodeElement(_ bytes: ArraySlice<UInt8>) throws(GroupError) -> RistrettoPoint {
        guard bytes.count == elementSize else {
            throw .wrongLength(expected: elementSize, actual: bytes.count)
        }
        guard let element = try? RistrettoPoint.decode(bytes) else { throw .invalidElement }
        guard !element.isIdentity else { throw .identity }
        return element
    }

    public static func encode(_ scalar: Scalar) -> [UInt8] {
        scalar.encoded()
    }

    public static func decodeScalar(_ bytes: ArraySlice<UInt8>) throws(GroupError) -> Scalar {
        guard bytes.count == scalarSize else {
            throw .wrongLength(expected: scalarSize, actual: bytes.count)
        }
        guard let scalar = try? Scalar.decode(bytes) else { throw .nonCanonicalScalar }
        return scalar
    }

    public static func scalar(uniform bytes: [UInt8]) -> Scalar {
        precondition(bytes.count == uniformScalarSize, "a scalar is decoded from Ns + 16 bytes")
        return bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 6) { words in
                for index in 0..<6 {
                    let word = bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                    words.initializeElement(at: index, to: UInt64(littleEndian: word))
                }
                return Scalar(reducingWords: UnsafeBufferPointer(words))
            }
        }
    }
}

extension RistrettoPoint: GroupElement {}
extension Scalar: GroupScalar {}
