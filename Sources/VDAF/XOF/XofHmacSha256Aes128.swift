import Hashing

/// The XOF of the private types that Janus and Daphne deploy (libprio-rs `XofHmacSha256Aes128`): HMAC-SHA256 under the
/// seed, over `le8(len(tag)) ‖ tag ‖ binder`, gives an AES-128 key and the initial counter of a keystream.
///
/// Where a processor has AES instructions the keystream runs about ten times as fast as TurboSHAKE128. It is not part
/// of VDAF-20. Tags have at most 255 bytes.
public struct XofHmacSha256Aes128: Xof {
    public static let seedSize = 32
    public static let maximalTagSize = 255

    private var mac: HmacSHA256Context
    /// Nil until output is taken.
    private var keystream: AES128Context?

    public init(seed: [UInt8], domainSeparationTag: [UInt8]) {
        precondition(
            seed.count == Self.seedSize && domainSeparationTag.count <= Self.maximalTagSize, "seed or tag too long")
        mac = HmacSHA256Context(key: seed)
        absorb([UInt8(domainSeparationTag.count)] + domainSeparationTag)
    }

    public mutating func absorb(_ binder: UnsafeRawBufferPointer) {
        precondition(keystream == nil, "absorb after output was taken")
        HmacSHA256Context.makeUnique(&mac)
        mac.update(binder)
    }

    public mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
        guard let base = target.baseAddress, target.count > 0 else { return }
        var context: AES128Context
        if let keystream {
            context = keystream
            self.keystream = nil
            AES128Context.makeUnique(&context)
        } else {
            HmacSHA256Context.makeUnique(&mac)
            let code = mac.finish()
            context = AES128Context(.counter(initialCounter: Array(code[16...])), key: Array(code[..<16]))
        }
        target.initializeMemory(as: UInt8.self, repeating: 0)
        context.encrypt(UnsafeRawBufferPointer(target), into: base)
        keystream = context
    }
}
