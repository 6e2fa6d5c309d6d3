import Hashing

/// expand_message_xmd with SHA-512 (RFC 9380 §5.3.1): stretches a message to uniform bytes under a domain
/// separation tag.
package enum ExpandMessage {
    private static let blockSize = 128
    private static let digestSize = 64

    /// - Parameters:
    ///   - domainSeparationTag: tags above 255 bytes are hashed first, as §5.3.3 says.
    ///   - count: bytes wanted.
    /// - Precondition: the tag is not empty (§3.1), and 1 ≤ count ≤ 255·64.
    package static func xmdSHA512(_ message: [UInt8], domainSeparationTag: [UInt8], count: Int) -> [UInt8] {
        precondition(!domainSeparationTag.isEmpty, "an empty domain separation tag separates nothing")
        precondition(count > 0 && count <= 255 * digestSize, "expand_message_xmd gives 1 to 16,320 bytes")
        let tag =
            domainSeparationTag.count <= 255
            ? domainSeparationTag : SHA2.sha512(Array("H2C-OVERSIZE-DST-".utf8) + domainSeparationTag)
        let suffix = tag + [UInt8(tag.count)]

        var first = [UInt8](repeating: 0, count: blockSize)
        first += message
        first += [UInt8(count >> 8), UInt8(count & 0xff), 0]
        first += suffix
        let seed = SHA2.sha512(first)

        var block = SHA2.sha512(seed + [1] + suffix)
        var output = block
        var index: UInt8 = 1
        while output.count < count {
            index += 1
            let mixed = zip(seed, block).map { $0 ^ $1 }
            block = SHA2.sha512(mixed + [index] + suffix)
            output += block
        }
        return Array(output.prefix(count))
    }
}
