import COpenSSL
import Hashing

/// A point of P-256, held by libcrypto.
public struct P256Element: GroupElement {
    /// Owns the point, which nobody changes once `init` has made it: that is what makes sharing it safe.
    private final class Storage: @unchecked Sendable {
        let point = Libcrypto.required(EC_POINT_new(P256Curve.group), "a point")

        deinit {
            EC_POINT_clear_free(point)
        }
    }

    private let storage: Storage

    var point: OpaquePointer { storage.point }

    /// The point of an encoding in any form of SEC 1; nil if it is none.
    init?(octets: [UInt8]) {
        storage = Storage()
        let point = storage.point
        guard withScratch({ EC_POINT_oct2point(P256Curve.group, point, octets, octets.count, $0) }) == 1 else {
            ERR_clear_error()
            return nil
        }
    }

    /// The result of a computation, which only exhausted memory can make fail: then `body` returns 0.
    init(computing body: (_ point: OpaquePointer, _ scratch: OpaquePointer) -> CInt) {
        storage = Storage()
        let point = storage.point
        Libcrypto.require(withScratch { body(point, $0) }, "point arithmetic")
    }

    public var isIdentity: Bool {
        EC_POINT_is_at_infinity(P256Curve.group, point) == 1
    }

    public static func + (a: P256Element, b: P256Element) -> P256Element {
        P256Element { EC_POINT_add(P256Curve.group, $0, a.point, b.point, $1) }
    }

    public static func - (a: P256Element, b: P256Element) -> P256Element {
        a + -b
    }

    public static prefix func - (a: P256Element) -> P256Element {
        P256Element { point, scratch in
            guard EC_POINT_copy(point, a.point) == 1 else { return 0 }
            return EC_POINT_invert(P256Curve.group, point, scratch)
        }
    }

    public static func == (a: P256Element, b: P256Element) -> Bool {
        withScratch { EC_POINT_cmp(P256Curve.group, a.point, b.point, $0) } == 0
    }
}

/// libcrypto's description of P-256, made once and never changed, which makes sharing it between threads safe.
enum P256Curve {
    nonisolated(unsafe) static let group = Libcrypto.required(
        EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), "P-256")
    nonisolated(unsafe) static let order = Libcrypto.required(EC_GROUP_get0_order(group), "P-256")
    nonisolated(unsafe) static let montgomery: OpaquePointer = {
        let context = Libcrypto.required(BN_MONT_CTX_new(), "P-256")
        Libcrypto.require(withScratch { BN_MONT_CTX_set(context, order, $0) }, "P-256")
        return context
    }()
}
