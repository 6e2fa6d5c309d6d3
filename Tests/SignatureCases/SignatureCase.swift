import Ed25519

/// One signature for each way in which implementations of Ed25519 are known to differ, and whether it is valid in Cairn.
///
/// The kinds are those of "Taming the Many EdDSAs" (eprint 2020/1244, table 6); the signatures are ours, each made from
/// its number.
package struct SignatureCase: Sendable, CustomStringConvertible {
    package let name: String
    package let signed: SignedMessage
    package let isValid: Bool

    package var description: String { name }

    package static let all: [SignatureCase] = {
        var cases: [SignatureCase] = []
        func add(
            _ name: String, _ isValid: Bool, _ make: (_ seed: [UInt8], _ message: [UInt8]) -> SignedMessage
        ) {
            let number = UInt8(cases.count)
            cases.append(SignatureCase(name: name, signed: make([number], Array(name.utf8)), isValid: isValid))
        }

        add("honest", true) { Signer(seed: $0).sign($1) }
        add("another message", false) { Signer(seed: $0).sign($1).with(message: $1 + [0]) }
        add("another key", false) { Signer(seed: $0).sign($1).with(publicKey: Signer(seed: $0 + $0).key.encoding) }
        // Components of small order cancel with a chance of 1/8, or can be made to; then readings with and without the
        // factor 8 agree.
        for (name, keyTorsion, torsion, cancels) in [
            ("key of mixed order", UInt8(1), UInt8(0), false), ("R of mixed order", 0, 3, false),
            ("key and R of mixed order", 5, 2, false), ("key and R of mixed order that cancel", 1, 1, true),
        ] {
            add(name, true) { seed, message in
                let signer = Signer(seed: seed, keyTorsion: keyTorsion)
                let tries = (0...UInt8.max).lazy.map { signer.sign(message + [$0], torsion: torsion) }
                return tries.first { $0.holdsWithoutCofactor == cancels } ?? signer.sign(message)
            }
        }
        add("R of small order", true) { seed, message in
            // r = 0 shows the key, but it is a signature.
            let signer = Signer(seed: seed)
            let nonce = SodiumPoint.torsion.times(2).encoding
            let challenge = Signer.challenge(nonce, signer.key.encoding, message)
            return SignedMessage(
                publicKey: signer.key.encoding, signature: nonce + SodiumScalar.product(challenge, signer.secret),
                message: message)
        }
        for order in [UInt8(0), 4, 2, 1] {
            let key = SodiumPoint.torsion.times(order)
            add("key of small order, \(order)·T", false) { seed, message in
                let response = Signer(seed: seed).secret
                return SignedMessage(
                    publicKey: key.encoding, signature: SodiumPoint(base: response).encoding + response,
                    message: message)
            }
        }
        add("S = 0, key and R of small order", false) { _, message in
            SignedMessage(
                publicKey: SodiumPoint.torsion.encoding,
                signature: (-SodiumPoint.torsion).encoding + [UInt8](repeating: 0, count: 32), message: message)
        }
        add("S + ℓ", false) { seed, message in
            let signed = Signer(seed: seed).sign(message)
            return signed.with(signature: signed.signature[..<32] + added(Array(signed.signature[32...])))
        }
        add("R = identity with the sign bit", false) { identityAsR($0, $1, [1] + zeros(30) + [0x80]) }
        add("R = identity as p + 1", false) { identityAsR($0, $1, [0xee] + ones(30) + [0x7f]) }
        add("R = identity", true) { identityAsR($0, $1, SodiumPoint.identity.encoding) }
        add("key p, not canonical, of order 4", false) { seed, message in
            let response = Signer(seed: seed).secret
            return SignedMessage(
                publicKey: [0xed] + ones(30) + [0x7f], signature: SodiumPoint(base: response).encoding + response,
                message: message)
        }
        add("key that is no point", false) { Signer(seed: $0).sign($1).with(publicKey: [2] + zeros(31)) }
        add("R that is no point", false) { seed, message in
            let signed = Signer(seed: seed).sign(message)
            return signed.with(signature: [2] + zeros(31) + signed.signature[32...])
        }
        add("short signature", false) { seed, message in
            let signed = Signer(seed: seed).sign(message)
            return signed.with(signature: Array(signed.signature.dropLast()))
        }
        add("long key", false) { seed, message in
            let signed = Signer(seed: seed).sign(message)
            return signed.with(publicKey: signed.publicKey + [0])
        }
        add("empty message", true) { seed, _ in Signer(seed: seed).sign([]) }
        return cases
    }()

    /// A signature with the identity, in some encoding, as its R.
    private static func identityAsR(_ seed: [UInt8], _ message: [UInt8], _ nonce: [UInt8]) -> SignedMessage {
        let signer = Signer(seed: seed)
        let challenge = Signer.challenge(nonce, signer.key.encoding, message)
        return SignedMessage(
            publicKey: signer.key.encoding, signature: nonce + SodiumScalar.product(challenge, signer.secret),
            message: message)
    }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    private static func ones(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xff, count: count) }

    /// The integer plus ℓ, which is below 2^256.
    private static func added(_ scalar: [UInt8]) -> [UInt8] {
        var carry = 0
        return zip(scalar, SodiumScalar.order).map { a, b in
            carry += Int(a) + Int(b)
            defer { carry >>= 8 }
            return UInt8(carry & 0xff)
        }
    }
}
