import COpenSSL

/// SHA-256 and SHA-512 of what is at hand as a whole (FIPS 180-4), by libcrypto.
package enum SHA2 {
    package static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            let status = EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, nil, EVP_sha256(), nil)
            Libcrypto.require(status, "SHA-256")
            count = 32
        }
    }

    package static func sha512(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64) { digest, count in
            SHA512(bytes, bytes.count, digest.baseAddress)
            count = 64
        }
    }
}

/// SHA-512 of one message after another, of pieces each. It keeps what libcrypto would look up and allocate again for every
/// message, and belongs to one thread.
package final class SHA512Context {
    private let context = Libcrypto.required(EVP_MD_CTX_new(), "SHA-512")

    package init() {}

    deinit {
        EVP_MD_CTX_free(context)
    }

    package func begin() {
        Libcrypto.require(EVP_DigestInit_ex2(context, Libcrypto.sha512, nil), "SHA-512")
    }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        Libcrypto.require(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "SHA-512")
    }

    package func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// - Precondition: `digest` has 64 bytes.
    package func finish(into digest: UnsafeMutableRawBufferPointer) {
        precondition(digest.count == 64, "SHA-512 has 64 bytes")
        let bytes = digest.bindMemory(to: UInt8.self).baseAddress
        Libcrypto.require(EVP_DigestFinal_ex(context, bytes, nil), "SHA-512")
    }
}
