import Ed25519

/// A signer who need not follow RFC 8032: its key and its R can have components of small order.
///
/// Everything follows from `seed`, so that vectors can be made again.
package struct Signer {
    /// a, with A = a·B + keyTorsion·T for a point T of order 8.
    package let secret: [UInt8]
    package let key: SodiumPoint

    package init(seed: [UInt8], keyTorsion: UInt8 = 0) {
        secret = SodiumScalar.reduced(SodiumScalar.sha512(Array("secret".utf8) + seed))
        key = SodiumPoint(base: secret) + SodiumPoint.torsion.times(keyTorsion)
    }

    /// R = r·B + torsion·T and S = r + k·a: the equation holds up to points of small order.
    package func sign(_ message: [UInt8], torsion: UInt8 = 0) -> SignedMessage {
        let secretNonce = SodiumScalar.reduced(SodiumScalar.sha512(Array("nonce".utf8) + secret + message))
        let nonce = SodiumPoint(base: secretNonce) + SodiumPoint.torsion.times(torsion)
        let challenge = Self.challenge(nonce.encoding, key.encoding, message)
        let response = SodiumScalar.sum(secretNonce, SodiumScalar.product(challenge, secret))
        return SignedMessage(publicKey: key.encoding, signature: nonce.encoding + response, message: message)
    }

    package static func challenge(_ nonce: [UInt8], _ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        SodiumScalar.reduced(SodiumScalar.sha512(nonce + key + message))
    }
}

extension SignedMessage {
    /// The definition, word by word and slowly, on libsodium's arithmetic.
    package var isValidByDefinition: Bool {
        guard publicKey.count == 32, signature.count == 64 else { return false }
        let (nonce, response) = (Array(signature[..<32]), Array(signature[32...]))
        guard let key = SodiumPoint(decoding: publicKey), key.encoding == publicKey,
            let commitment = SodiumPoint(decoding: nonce), commitment.encoding == nonce,
            SodiumScalar.reduced(response) == response, key.times(8) != .identity
        else { return false }
        let challenge = Signer.challenge(nonce, publicKey, message)
        return SodiumPoint(base: response).times(8) == (commitment + key.times(challenge)).times(8)
    }

    /// Whether the equation holds without the factor 8, as many implementations ask.
    package var holdsWithoutCofactor: Bool {
        let nonce = Array(signature[..<32])
        guard let key = SodiumPoint(decoding: publicKey), let commitment = SodiumPoint(decoding: nonce)
        else { return false }
        let challenge = Signer.challenge(nonce, publicKey, message)
        return SodiumPoint(base: Array(signature[32...])) == commitment + key.times(challenge)
    }

    package func with(publicKey: [UInt8]? = nil, signature: [UInt8]? = nil, message: [UInt8]? = nil) -> SignedMessage {
        SignedMessage(
            publicKey: publicKey ?? self.publicKey, signature: signature ?? self.signature,
            message: message ?? self.message)
    }

    /// With one bit of key, signature and message, in this order, changed.
    package func flipping(bit: Int) -> SignedMessage {
        var bytes = publicKey + signature + message
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return SignedMessage(
            publicKey: Array(bytes[..<32]), signature: Array(bytes[32..<96]), message: Array(bytes[96...]))
    }
}
