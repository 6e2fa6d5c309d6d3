import COpenSSL
import Commitments
import Hashing
import Secrets

/// An integer modulo the order of P-256, as four little-endian words; arithmetic by libcrypto in constant time.
public struct P256Scalar: GroupScalar {
    private var w0: UInt64
    private var w1: UInt64
    private var w2: UInt64
    private var w3: UInt64

    public static let zero = P256Scalar(0 as UInt64)
    public static let one = P256Scalar(1 as UInt64)

    public init(_ value: UInt64) {
        (w0, w1, w2, w3) = (value, 0, 0, 0)
    }

    public init(_ value: UInt128) {
        (w0, w1, w2, w3) = (UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64), 0, 0)
    }

    /// - Precondition: the number is below the order.
    init(_ number: BigNumber) {
        var bytes = number.littleEndianBytes(count: 32)
        (w0, w1, w2, w3) = bytes.withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
            }
            return (word(0), word(1), word(2), word(3))
        }
        Wipe.bytes(&bytes)
    }

    /// 32 bytes, least significant first.
    var littleEndianBytes: [UInt8] {
        [w0, w1, w2, w3].flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    var number: BigNumber {
        var bytes = littleEndianBytes
        defer { Wipe.bytes(&bytes) }
        return BigNumber(littleEndian: bytes)
    }

    private static func combine(
        _ a: P256Scalar, _ b: P256Scalar, _ operation: (OpaquePointer, OpaquePointer, OpaquePointer) -> CInt
    ) -> P256Scalar {
        let (result, left, right) = (BigNumber(), a.number, b.number)
        Libcrypto.require(operation(result.pointer, left.pointer, right.pointer), "arithmetic modulo the order")
        return P256Scalar(result)
    }

    public static func + (a: P256Scalar, b: P256Scalar) -> P256Scalar {
        combine(a, b) { BN_mod_add_quick($0, $1, $2, P256Curve.order) }
    }

    public static func - (a: P256Scalar, b: P256Scalar) -> P256Scalar {
        combine(a, b) { BN_mod_sub_quick($0, $1, $2, P256Curve.order) }
    }

    public static prefix func - (a: P256Scalar) -> P256Scalar {
        .zero - a
    }

    public static func * (a: P256Scalar, b: P256Scalar) -> P256Scalar {
        combine(a, b) { result, a, b in
            withScratch { scratch in
                // Montgomery's product is a·b/R; converting it multiplies by R. Both run in constant time.
                guard BN_mod_mul_montgomery(result, a, b, P256Curve.montgomery, scratch) == 1 else { return 0 }
                return BN_to_montgomery(result, result, P256Curve.montgomery, scratch)
            }
        }
    }

    public static func == (a: P256Scalar, b: P256Scalar) -> Bool {
        ((a.w0 ^ b.w0) | (a.w1 ^ b.w1) | (a.w2 ^ b.w2) | (a.w3 ^ b.w3)) == 0
    }
}

/// Scalars are secrets more often than not: neither printing nor dumping one shows its value.
extension P256Scalar: CustomStringConvertible, CustomReflectable {
    public var description: String { "P256Scalar(hidden)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
