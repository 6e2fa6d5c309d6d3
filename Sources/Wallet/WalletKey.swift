import Crypto
import CryptoExtras
import Foundation

/// What scrypt (RFC 7914) costs: N = 2^`logN` blocks of 128·`r` bytes, `p` times.
public struct ScryptParameters: Sendable, Equatable {
    /// Log2 of N, the number of blocks.
    public let logN: UInt8
    /// The size of a block, in 128 bytes.
    public let r: UInt8
    /// How often it is all done.
    public let p: UInt8

    /// N = 2^17, r = 8, p = 1: 128 MiB, about half a second. Every wallet that is made for people has these.
    public static let standard = ScryptParameters(logN: 17, r: 8, p: 1)

    package init(logN: UInt8, r: UInt8, p: UInt8) {
        self.logN = logN
        self.r = r
        self.p = p
    }

    /// Whether a reader should spend this on a file before it knows anything about it: at most 1 GiB and eight times the
    /// work of ``standard``.
    var isBearable: Bool {
        guard (1...20).contains(logN), (1...32).contains(r), (1...8).contains(p) else { return false }
        let memory = UInt64(128) * UInt64(r) << UInt64(logN)
        return memory <= 1 << 30 && memory * UInt64(p) <= 1 << 30
    }
}

/// The key of a wallet, which scrypt makes out of a passphrase and a salt. All other keys follow from it:
///
///     header key = HKDF-SHA256(key, salt: "", info: "cairn wallet v1 header", 32 bytes)
///     frame keys = HKDF-SHA256(key, salt: the frame's salt, info: "cairn wallet v1 frame", 64 bytes)
public struct WalletKey: Sendable {
    package static let saltSize = 16
    private static let size = 32

    package let parameters: ScryptParameters
    /// 16 bytes, public.
    package let salt: [UInt8]
    private let secret: SymmetricKey

    /// Derives the key of a new wallet, with a random salt. Takes about half a second.
    ///
    /// - Throws: ``WalletError/keyDerivation(_:)``, when memory does not suffice for instance.
    public static func make(from passphrase: Passphrase) throws(WalletError) -> WalletKey {
        try WalletKey(
            passphrase: passphrase, salt: SecureRandom.bytes(saltSize), parameters: .standard)
    }

    package init(passphrase: Passphrase, salt: [UInt8], parameters: ScryptParameters) throws(WalletError) {
        guard parameters.isBearable else { throw .keyDerivation("its parameters ask for too much") }
        do {
            secret = try passphrase.withBytes { bytes in
                try KDF.Scrypt.deriveKey(
                    from: bytes, salt: salt, outputByteCount: Self.size, rounds: 1 << Int(parameters.logN),
                    blockSize: Int(parameters.r), parallelism: Int(parameters.p))
            }
        } catch {
            throw .keyDerivation("\(error)")
        }
        self.parameters = parameters
        self.salt = salt
    }

    /// A key that no passphrase leads to, without the cost of scrypt. For tests and the fuzzer.
    package init(secret: [UInt8], salt: [UInt8], parameters: ScryptParameters) {
        self.secret = SymmetricKey(data: secret)
        self.salt = salt
        self.parameters = parameters
    }

    /// Authenticates the header.
    var headerKey: SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret, salt: [UInt8](), info: Array("cairn wallet v1 header".utf8), outputByteCount: 32)
    }

    /// The two keys that one frame uses once: for its head, and for its contents.
    func frameKeys(salt: [UInt8]) -> (head: SymmetricKey, contents: SymmetricKey) {
        let both = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret, salt: salt, info: Array("cairn wallet v1 frame".utf8), outputByteCount: 64)
        return both.withUnsafeBytes { bytes in
            (SymmetricKey(data: bytes[..<32]), SymmetricKey(data: bytes[32...]))
        }
    }
}

/// Bytes from the system's generator.
enum SecureRandom {
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
