import COpenSSL

/// The XOF of the private types that Janus and Daphne deploy (libprio-rs `XofHmacSha256Aes128`): HMAC-SHA256 under the
/// seed, over `le8(len(tag)) ‖ tag ‖ binder`, gives an AES-128 key and the initial counter of a keystream.
///
/// Where a processor has AES instructions the keystream runs about ten times as fast as TurboSHAKE128. It is not part
/// of VDAF-20. Tags have at most 255 bytes.
public struct XofHmacSha256Aes128: Xof {
    public static let seedSize = 32
    public static let maximalTagSize = 255

    private var mac: HmacContext
    /// Nil until output is taken.
    private var keystream: AES128Context?

    public init(seed: [UInt8], domainSeparationTag: [UInt8]) {
        precondition(
            seed.count == Self.seedSize && domainSeparationTag.count <= Self.maximalTagSize, "seed or tag too long")
        mac = HmacContext(key: seed)
        absorb([UInt8(domainSeparationTag.count)] + domainSeparationTag)
    }

    public mutating func absorb(_ binder: UnsafeRawBufferPointer) {
        precondition(keystream == nil, "absorb after output was taken")
        HmacContext.makeUnique(&mac)
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
            HmacContext.makeUnique(&mac)
            let code = mac.finish()
            context = AES128Context(.counter(initialCounter: Array(code[16...])), key: Array(code[..<16]))
        }
        target.initializeMemory(as: UInt8.self, repeating: 0)
        context.encrypt(UnsafeRawBufferPointer(target), into: base)
        keystream = context
    }
}

/// A running HMAC-SHA256. Like ``AES128Context`` it is used by the one struct that owns it, hence `Sendable`.
private final class HmacContext: @unchecked Sendable {
    private let context: OpaquePointer

    init(key: [UInt8]) {
        context = Libcrypto.required(EVP_MAC_CTX_dup(Libcrypto.hmacSHA256), "HMAC-SHA256")
        Libcrypto.require(EVP_MAC_init(context, key, key.count, nil), "HMAC-SHA256")
    }

    private init(copying other: HmacContext) {
        context = Libcrypto.required(EVP_MAC_CTX_dup(other.context), "HMAC-SHA256")
    }

    deinit {
        EVP_MAC_CTX_free(context)
    }

    static func makeUnique(_ context: inout HmacContext) {
        if !isKnownUniquelyReferenced(&context) {
            context = HmacContext(copying: context)
        }
    }

    func update(_ bytes: UnsafeRawBufferPointer) {
        let pointer = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        Libcrypto.require(EVP_MAC_update(context, pointer, bytes.count), "HMAC-SHA256")
    }

    /// The code, after which the context must not be used again.
    func finish() -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var count = 0
        Libcrypto.require(EVP_MAC_final(context, &code, &count, code.count), "HMAC-SHA256")
        precondition(count == code.count, "HMAC-SHA256 has 32 bytes")
        return code
    }
}
