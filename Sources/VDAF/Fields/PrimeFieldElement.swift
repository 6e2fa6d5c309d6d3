/// An element of a prime field of any size: arithmetic, encoding, and sampling from a stream of bytes (VDAF-20 section
/// 6.1).
///
/// Arithmetic, comparison and encoding run in time independent of the values, except where a name says otherwise.
/// Encodings are little-endian, `encodedSize` bytes, and unique: a decoder rejects values from the modulus upwards.
///
/// The memory of a vector of elements is its encoding, so that vectors are expanded from XOFs and absorbed by them in
/// place.
public protocol PrimeFieldElement: Sendable, Hashable {
    /// Bytes of an encoded element.
    static var encodedSize: Int { get }
    /// The bits of an encoding's last byte that belong to the integer; the others are zero.
    static var lastByteMask: UInt8 { get }
    /// The neutral element of addition.
    static var zero: Self { get }
    /// The neutral element of multiplication.
    static var one: Self { get }

    /// `value` mod p.
    init(_ value: UInt64)

    /// The sum mod p.
    static func + (a: Self, b: Self) -> Self
    /// The difference mod p.
    static func - (a: Self, b: Self) -> Self
    /// The product mod p.
    static func * (a: Self, b: Self) -> Self
    /// The additive inverse.
    static prefix func - (a: Self) -> Self
    /// Adds `b` mod p.
    static func += (a: inout Self, b: Self)
    /// Subtracts `b` mod p.
    static func -= (a: inout Self, b: Self)
    /// Multiplies by `b` mod p.
    static func *= (a: inout Self, b: Self)

    /// The element whose canonical encoding is `bytes`.
    static func decode(_ bytes: [UInt8]) throws(VDAFError) -> Self
    /// The canonical encoding.
    func encode() -> [UInt8]
    /// `count` elements, `count * encodedSize` bytes, nothing before or after them.
    static func decodeVector(_ bytes: ArraySlice<UInt8>, count: Int) throws(VDAFError) -> [Self]
    /// The concatenated encodings.
    static func encodeVector(_ elements: [Self]) -> [UInt8]
    /// `a[i] += b[i]` for vectors of equal length.
    static func addVector(_ a: inout [Self], _ b: [Self])
    /// `a[i] -= b[i]` for vectors of equal length.
    static func subtractVector(_ a: inout [Self], _ b: [Self])

    /// Reads `source` as consecutive little-endian integers of `encodedSize` bytes, clears the bits that
    /// `lastByteMask` leaves out, and writes those integers that are below the modulus to `target`, in order: rejection
    /// sampling from uniform bytes.
    ///
    /// The time depends on how many integers are rejected, which says nothing about the ones that are kept.
    ///
    /// - Precondition: `target` has room for `source.count / encodedSize` elements. It may be the memory of `source`.
    /// - Returns: How many elements were written.
    static func sample(from source: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<Self>) -> Int

    /// False only if ``sample(from:into:)`` would write all of `source` as it is, so that there is no need to call it.
    ///
    /// For fields whose integers use all bits of an encoding it is true almost only if one is not below the modulus.
    /// It exists because it is several times faster than sampling.
    static func mayHaveNoncanonical(_ source: UnsafeRawBufferPointer) -> Bool

    /// Writes the canonical encodings of `source` to `target`, which has room for them.
    static func encode(_ source: UnsafeBufferPointer<Self>, into target: UnsafeMutableRawPointer)
}

extension PrimeFieldElement {
    public static var lastByteMask: UInt8 { 0xFF }

    @inline(__always)
    public static func += (a: inout Self, b: Self) {
        a = a + b
    }

    @inline(__always)
    public static func -= (a: inout Self, b: Self) {
        a = a - b
    }

    @inline(__always)
    public static func *= (a: inout Self, b: Self) {
        a = a * b
    }

    @inline(__always)
    public static prefix func - (a: Self) -> Self {
        .zero - a
    }
}

#if _endian(big)
    #error("Vectors of field elements are hashed as they lie in memory, which must be little-endian.")
#endif
