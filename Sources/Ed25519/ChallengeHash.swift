import Hashing
import Ristretto255

/// k = SHA-512(R ‖ A ‖ message) mod ℓ. It belongs to one thread.
final class ChallengeHash {
    private let hash = SHA512Context()

    func challenge(_ signed: SignedMessage) -> Scalar {
        var words = [UInt64](repeating: 0, count: 8)
        hash.begin()
        signed.signature.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<32])) }
        hash.update(signed.publicKey)
        hash.update(signed.message)
        words.withUnsafeMutableBytes { hash.finish(into: $0) }
        return words.withUnsafeMutableBufferPointer { words in
            for index in 0..<8 { words[index] = UInt64(littleEndian: words[index]) }
            return Scalar(reducingWords: UnsafeBufferPointer(words))
        }
    }
}
