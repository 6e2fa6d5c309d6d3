/// X25519 public keys whose shared secret is zero for every private key: the points of order 1, 2, 4 and 8 of the curve
/// and of its twist, and their second spelling where they have one.
///
/// RFC 9180 section 7.1.4 demands that such keys be refused; the library's HPKE goes on with the zero secret, so both
/// directions look here first. Bit 255 does not count (RFC 7748 section 5).
enum SmallOrderPoints {
    static func contains(_ key: [UInt8]) -> Bool {
        guard key.count == 32 else { return false }
        var masked = key
        masked[31] &= 0x7F
        return points.contains(masked)
    }

    /// 0, 1, p - 1, p and p + 1 for p = 2^255 - 19, and the two coordinates of order 8.
    static let points: Set<[UInt8]> = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        nearModulus(0xEC), nearModulus(0xED), nearModulus(0xEE),
        [
            0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3, 0xFA, 0xF1, 0x9F, 0xC4, 0x6A,
            0xDA, 0x09, 0x8D, 0xEB, 0x9C, 0x32, 0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F, 0x49, 0xB8, 0x00,
        ],
        [
            0x5F, 0x9C, 0x95, 0xBC, 0xA3, 0x50, 0x8C, 0x24, 0xB1, 0xD0, 0xB1, 0x55, 0x9C, 0x83, 0xEF, 0x5B,
            0x04, 0x44, 0x5C, 0xC4, 0x58, 0x1C, 0x8E, 0x86, 0xD8, 0x22, 0x4E, 0xDD, 0xD0, 0x9F, 0x11, 0x57,
        ],
    ]

    private static func nearModulus(_ lowest: UInt8) -> [UInt8] {
        [lowest] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
    }
}
