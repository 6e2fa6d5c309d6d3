import COpenSSL

/// OpenSSL's algorithms, looked up once: a lookup by name takes a lock, and longer than what is then
/// done with the algorithm.
///
/// The calls made here and by the users of these objects fail in two cases only: memory is exhausted, or the installed
/// libcrypto lacks the algorithm. Neither depends on input, and there is nothing to go on with, so that the
/// process ends with a message instead of an error that no caller could handle.
package enum Libcrypto {
    // These objects are never changed after they were made, and libcrypto counts references to them atomically, which
    // makes sharing them between threads safe.
    nonisolated(unsafe) static let codebookAES128 = required(EVP_CIPHER_fetch(nil, "AES-128-ECB", nil), "AES-128-ECB")
    nonisolated(unsafe) static let counterAES128 = required(EVP_CIPHER_fetch(nil, "AES-128-CTR", nil), "AES-128-CTR")
    nonisolated(unsafe) static let sha512 = required(EVP_MD_fetch(nil, "SHA512", nil), "SHA-512")
    /// A context without a key, to be duplicated.
    nonisolated(unsafe) static let hmacSHA256: OpaquePointer = {
        let algorithm = required(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")
        defer { EVP_MAC_free(algorithm) }
        let context = required(EVP_MAC_CTX_new(algorithm), "HMAC")
        var digest = Array("SHA256".utf8CString)
        digest.withUnsafeMutableBufferPointer { digest in
            let parameters = [
                OSSL_PARAM_construct_utf8_string("digest", digest.baseAddress, 0), OSSL_PARAM_construct_end(),
            ]
            require(EVP_MAC_CTX_set_params(context, parameters), "HMAC-SHA256")
        }
        return context
    }()

    package static func required(_ object: OpaquePointer?, _ name: StaticString) -> OpaquePointer {
        guard let object else { fatalError("libcrypto cannot provide \(name)") }
        return object
    }

    package static func require(_ status: CInt, _ name: StaticString) {
        guard status == 1 else { fatalError("libcrypto cannot provide \(name)") }
    }
}
