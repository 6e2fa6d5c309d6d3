import Crypto
import Ed25519

extension Decoder {
    /// Signatures by anybody: many at once are judged as each alone.
    static let signatures: [Decoder] = [
        Decoder(
            "signatures", maximumLength: 6 * (signatureHead + 3),
            seeds: { generator in
                let signed = try (0..<4).map { _ -> [UInt8] in
                    let key = try Curve25519.Signing.PrivateKey(rawRepresentation: generator.bytes(32))
                    let message = generator.bytes(3)
                    return Array(key.publicKey.rawRepresentation) + Array(try key.signature(for: message)) + message
                }
                return signed + [signed.flatMap(\.self), signed[0] + signed[1] + signed[0]]
            },
            run: { input in
                let signed = stride(from: 0, to: input.count, by: signatureHead + 3).map { start in
                    let part = input[start...].prefix(signatureHead + 3)
                    return SignedMessage(
                        publicKey: Array(part.prefix(32)), signature: Array(part.dropFirst(32).prefix(64)),
                        message: Array(part.dropFirst(signatureHead)))
                }
                guard SignedMessage.areValid(signed) == signed.map(\.isValid) else {
                    broken("signatures are judged alike alone and together", by: input)
                }
            })
    ]

    /// A key and a signature.
    private static let signatureHead = 96
}
