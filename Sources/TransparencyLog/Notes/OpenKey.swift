// Ed25519 public keys under which everybody can sign. This library has no arithmetic of curves, and needs none to know them by
// their bytes.

import Encodings

enum OpenKey {
    /// Whether the point has small order, also in an encoding that implementations take although it is not canonical.
    static func isOpen(_ publicKey: [UInt8]) -> Bool {
        guard publicKey.count == 32 else { return false }
        return encodings.contains(publicKey.dropLast() + [publicKey[31] & 0x7f])
    }

    /// y without the sign of x: 1, p - 1, 0, the two of order 8, and 0 and 1 again as p and p + 1, for p = 2^255 - 19.
    private static let encodings: Set<[UInt8]> = Set(
        [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ].compactMap(Hex.decode))
}
