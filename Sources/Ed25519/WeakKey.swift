import Ristretto255

/// Public keys that nobody holds.
///
/// Under a key of small order every message has signatures that everybody can make, and implementations differ about whether
/// they are valid. ``SignedMessage`` has none of them; but others read our logs with other programs, so such a key is
/// refused where somebody names it, before anything is signed under it.
package enum WeakKey {
    /// Whether the bytes encode a point of small order, by the strict reading of RFC 8032 §5.1.3 or by one that reduces y
    /// modulo p, as many implementations do. Bytes of another length are no key.
    package static func isWeak(_ publicKey: [UInt8]) -> Bool {
        (try? CompressedPoint(publicKey))?.isOfSmallOrder ?? false
    }
}
