import COpenSSL

/// A running HMAC-SHA256. Like ``AES128Context`` it is used by the one struct that owns it, hence `Sendable`.
package final class HmacSHA256Context: @unchecked Sendable {
    private let context: OpaquePointer

    package init(key: [UInt8]) {
        context = Libcrypto.required(EVP_MAC_CTX_dup(Libcrypto.hmacSHA256), "HMAC-SHA256")
        Libcrypto.require(EVP_MAC_init(context, key, key.count, nil), "HMAC-SHA256")
    }

    private init(copying other: HmacSHA256Context) {
        context = Libcrypto.required(EVP_MAC_CTX_dup(other.context), "HMAC-SHA256")
    }

    deinit {
        EVP_MAC_CTX_free(context)
    }

    package static func makeUnique(_ context: inout HmacSHA256Context) {
        if !isKnownUniquelyReferenced(&context) {
            context = HmacSHA256Context(copying: context)
        }
    }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        let pointer = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        Libcrypto.require(EVP_MAC_update(context, pointer, bytes.count), "HMAC-SHA256")
    }

    /// The code, after which the context must not be used again.
    package func finish() -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var count = 0
        Libcrypto.require(EVP_MAC_final(context, &code, &count, code.count), "HMAC-SHA256")
        precondition(count == code.count, "HMAC-SHA256 has 32 bytes")
        return code
    }
}
