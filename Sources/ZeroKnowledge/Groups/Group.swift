import Commitments
import Secrets

/// A group of prime order p with the codecs of a ciphersuite (draft-irtf-cfrg-sigma-protocols-03, section 'Group
/// abstraction').
///
/// Proofs are generic over it. There are two: `Ristretto255Group`, which Cairn uses, and `P256Group`, for which the
/// drafts have test vectors.
///
/// Operations run in constant time unless their names begin with `variableTime`.
public protocol Group: Sendable {
    /// What is added.
    associatedtype Element: GroupElement
    /// What elements are multiplied by.
    associatedtype Scalar: GroupScalar

    /// Ne, bytes in an encoded element.
    static var elementSize: Int { get }
    /// Ns, bytes in an encoded scalar: the least number that holds every scalar.
    static var scalarSize: Int { get }

    /// The neutral element.
    static var identity: Element { get }
    /// The generator that the ciphersuite fixes.
    static var generator: Element { get }

    /// scalar · element.
    static func multiply(_ scalar: Scalar, _ element: Element) -> Element

    /// Σ scalar_k · element_k for secret scalars.
    ///
    /// - Precondition: as many scalars as elements.
    static func multiScalar(_ scalars: [Scalar], _ elements: [Element]) -> Element

    /// Σ scalar_k · element_k for public scalars.
    ///
    /// - Precondition: as many scalars as elements.
    static func variableTimeMultiScalar(_ scalars: [Scalar], _ elements: [Element]) -> Element

    /// The canonical encoding, which the identity does not have in proofs.
    ///
    /// - Throws: `GroupError.identity`.
    static func encode(_ element: Element) throws(GroupError) -> [UInt8]

    /// The element of an encoding; refuses everything but the one encoding of an element other than the identity.
    ///
    /// - Throws: `GroupError`.
    static func decodeElement(_ bytes: ArraySlice<UInt8>) throws(GroupError) -> Element

    /// The canonical encoding: `scalarSize` bytes.
    static func encode(_ scalar: Scalar) -> [UInt8]

    /// The scalar of a canonical encoding.
    ///
    /// - Throws: `GroupError.wrongLength`, `GroupError.nonCanonicalScalar`.
    static func decodeScalar(_ bytes: ArraySlice<UInt8>) throws(GroupError) -> Scalar

    /// `DecodeField(buf, p, 1)`: a little-endian number modulo p.
    ///
    /// - Precondition: there are `scalarSize + 16` bytes.
    static func scalar(uniform bytes: [UInt8]) -> Scalar
}

/// An element of a prime-order group, written additively.
public protocol GroupElement: Sendable, Equatable {
    /// Whether this is the neutral element.
    var isIdentity: Bool { get }
    /// The sum.
    static func + (a: Self, b: Self) -> Self
    /// The difference.
    static func - (a: Self, b: Self) -> Self
    /// The inverse element.
    static prefix func - (a: Self) -> Self
}

/// An integer modulo the order of a group.
///
/// It holds its value in itself, without references, so that an owner can wipe it.
public protocol GroupScalar: Sendable, Equatable, BitwiseCopyable {
    /// The integer 0.
    static var zero: Self { get }
    /// The integer 1.
    static var one: Self { get }
    /// An integer of 64 bits.
    init(_ value: UInt64)
    /// An integer of 128 bits.
    init(_ value: UInt128)
    /// The sum modulo the order.
    static func + (a: Self, b: Self) -> Self
    /// The difference modulo the order.
    static func - (a: Self, b: Self) -> Self
    /// The product modulo the order.
    static func * (a: Self, b: Self) -> Self
    /// The additive inverse.
    static prefix func - (a: Self) -> Self
}

extension Group {
    /// Bytes that give one uniform scalar.
    package static var uniformScalarSize: Int { scalarSize + IntegerCodec.extraBytes }

    /// A uniform scalar from a generator that must be cryptographically secure.
    public static func randomScalar(using generator: inout some RandomNumberGenerator) -> Scalar {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(uniformScalarSize + 7)
        while bytes.count < uniformScalarSize {
            withUnsafeBytes(of: generator.next().littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.removeLast(bytes.count - uniformScalarSize)
        defer { Wipe.bytes(&bytes) }
        return scalar(uniform: bytes)
    }

    /// The encodings of several elements, one after the other.
    package static func encode(_ elements: [Element]) throws(GroupError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(elements.count * elementSize)
        for element in elements { bytes += try encode(element) }
        return bytes
    }

    /// The encodings of several scalars, one after the other.
    package static func encode(_ scalars: [Scalar]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(scalars.count * scalarSize)
        for scalar in scalars { bytes += encode(scalar) }
        return bytes
    }
}
