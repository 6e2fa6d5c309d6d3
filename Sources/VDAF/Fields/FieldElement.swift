/// An element of a prime field of at most 128 bits (VDAF-20 section 6.1).
///
/// Arithmetic, comparison and encoding run in time independent of the values, except where a name says otherwise.
/// Encodings are little-endian, `encodedSize` bytes, and unique: a decoder rejects values from the modulus upwards.
public protocol FieldElement: Sendable, Hashable {
    /// Bytes of an encoded element.
    static var encodedSize: Int { get }
    /// p, a prime.
    static var modulus: UInt128 { get }
    static var zero: Self { get }
    static var one: Self { get }

    /// `value` mod p.
    init(_ value: UInt64)
    /// `value` mod p.
    init(reducing value: UInt128)
    /// The representative in [0, p).
    var canonicalValue: UInt128 { get }

    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static prefix func - (a: Self) -> Self
    static func += (a: inout Self, b: Self)
    static func -= (a: inout Self, b: Self)
    static func *= (a: inout Self, b: Self)
    /// The multiplicative inverse; zero for zero.
    func inverted() -> Self

    /// The element whose canonical encoding is `bytes`.
    static func decode(_ bytes: [UInt8]) throws(VDAFError) -> Self
    /// The canonical encoding.
    func encode() -> [UInt8]
    /// `count` elements, `count * encodedSize` bytes, nothing before or after them.
    static func decodeVector(_ bytes: ArraySlice<UInt8>, count: Int) throws(VDAFError) -> [Self]
    /// The concatenated encodings.
    static func encodeVector(_ elements: [Self]) -> [UInt8]
    /// The representatives in [0, p).
    static func canonicalValues(_ elements: [Self]) -> [UInt128]
    /// `a[i] += b[i]` for vectors of equal length.
    static func addVector(_ a: inout [Self], _ b: [Self])
    /// `a[i] -= b[i]` for vectors of equal length.
    static func subtractVector(_ a: inout [Self], _ b: [Self])
}
