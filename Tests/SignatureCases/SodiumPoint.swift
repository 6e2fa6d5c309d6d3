import CSodium

/// Points of edwards25519, torsion and all, by libsodium's independent implementation.
package struct SodiumPoint: Equatable, Sendable {
    /// RFC 8032 §5.1.2.
    package let encoding: [UInt8]

    package static let identity = SodiumPoint(encoding: [1] + [UInt8](repeating: 0, count: 31))

    /// A point of order 8.
    package static let torsion = SodiumPoint(encoding: [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
        0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ])

    private init(encoding: [UInt8]) {
        self.encoding = encoding
    }

    /// Nil for what is no point. An encoding that is not canonical is taken, and then another than `encoding` is kept.
    package init?(decoding bytes: [UInt8]) {
        var encoding = [UInt8](repeating: 0, count: 32)
        guard bytes.count == 32,
            crypto_core_ed25519_add(&encoding, bytes, SodiumPoint.identity.encoding) == 0
        else { return nil }
        self.encoding = encoding
    }

    /// The multiple of the base point, of order ℓ.
    package init(base scalar: [UInt8]) {
        var encoding = [UInt8](repeating: 0, count: 32)
        // It refuses zero.
        let isZero = scalar.allSatisfy { $0 == 0 }
        precondition(isZero || crypto_scalarmult_ed25519_base_noclamp(&encoding, scalar) == 0, "a scalar below ℓ")
        self = isZero ? .identity : SodiumPoint(encoding: encoding)
    }

    package static func + (a: SodiumPoint, b: SodiumPoint) -> SodiumPoint {
        var sum = [UInt8](repeating: 0, count: 32)
        precondition(crypto_core_ed25519_add(&sum, a.encoding, b.encoding) == 0, "both are points")
        return SodiumPoint(encoding: sum)
    }

    package static prefix func - (a: SodiumPoint) -> SodiumPoint {
        var difference = [UInt8](repeating: 0, count: 32)
        precondition(crypto_core_ed25519_sub(&difference, identity.encoding, a.encoding) == 0, "it is a point")
        return SodiumPoint(encoding: difference)
    }

    /// Bit by bit, for a little-endian integer of any length.
    package func times(_ integer: [UInt8]) -> SodiumPoint {
        var product = SodiumPoint.identity
        for byte in integer.reversed() {
            for bit in (0..<8).reversed() {
                product = product + product
                if byte >> bit & 1 == 1 { product = product + self }
            }
        }
        return product
    }

    package func times(_ integer: UInt8) -> SodiumPoint { times([integer]) }
}

/// Scalars modulo ℓ as 32 little-endian bytes, by libsodium.
package enum SodiumScalar {
    /// ℓ.
    package static let order: [UInt8] =
        [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
        ] + [UInt8](repeating: 0, count: 15) + [0x10]

    package static let one: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)

    package static func reduced(_ bytes: [UInt8]) -> [UInt8] {
        var scalar = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_reduce(&scalar, bytes + [UInt8](repeating: 0, count: 64 - bytes.count))
        return scalar
    }

    package static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var sum = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_add(&sum, a, b)
        return sum
    }

    package static func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var difference = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_sub(&difference, a, b)
        return difference
    }

    package static func product(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var product = [UInt8](repeating: 0, count: 32)
        crypto_core_ed25519_scalar_mul(&product, a, b)
        return product
    }

    package static func sha512(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 64)
        crypto_hash_sha512(&digest, bytes, UInt64(bytes.count))
        return digest
    }
}
