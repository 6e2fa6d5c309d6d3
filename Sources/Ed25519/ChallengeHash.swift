import COpenSSL
import Ristretto255

/// k = SHA-512(R ‖ A ‖ message) mod ℓ, by libcrypto.
///
/// It keeps what libcrypto would look up and allocate again for every message. It belongs to one thread.
final class ChallengeHash {
    /// Fetched once: every later look-up would take a lock.
    private nonisolated(unsafe) static let sha512 = required(EVP_MD_fetch(nil, "SHA512", nil))

    private let context = ChallengeHash.required(EVP_MD_CTX_new())

    deinit {
        EVP_MD_CTX_free(context)
    }

    func challenge(_ signed: SignedMessage) -> Scalar {
        var words = [UInt64](repeating: 0, count: 8)
        var status = EVP_DigestInit_ex2(context, Self.sha512, nil)
        status &= EVP_DigestUpdate(context, signed.signature, 32)
        status &= EVP_DigestUpdate(context, signed.publicKey, signed.publicKey.count)
        status &= EVP_DigestUpdate(context, signed.message, signed.message.count)
        status &= words.withUnsafeMutableBytes {
            EVP_DigestFinal_ex(context, $0.bindMemory(to: UInt8.self).baseAddress, nil)
        }
        precondition(status == 1, "libcrypto cannot hash with SHA-512")
        return words.withUnsafeMutableBufferPointer { words in
            for index in 0..<8 { words[index] = UInt64(littleEndian: words[index]) }
            return Scalar(reducingWords: UnsafeBufferPointer(words))
        }
    }

    /// libcrypto has SHA-512 and memory, or nothing works.
    private static func required<Value>(_ value: Value?) -> Value {
        guard let value else { preconditionFailure("libcrypto cannot hash with SHA-512") }
        return value
    }
}
