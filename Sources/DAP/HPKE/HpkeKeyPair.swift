import Crypto
import Encodings
import Foundation

/// An HPKE configuration with its private key: what an aggregator or collector opens messages with.
///
/// Key files (`cairn keygen hpke`) are three lines of text, so that they survive editors, mail and secret stores:
/// ```
/// cairn-hpke-key v1
/// config: <base 64 of the encoded HpkeConfig>
/// private: <base 64 of the 32-byte X25519 private key>
/// ```
/// Blank lines are ignored. A file whose private key does not belong to its configuration is refused.
public struct HpkeKeyPair: Sendable {
    /// The public part, which others seal to.
    public let config: HpkeConfig
    private let privateKey: Curve25519.KeyAgreement.PrivateKey

    private init(id: UInt8, privateKey: Curve25519.KeyAgreement.PrivateKey) {
        self.privateKey = privateKey
        config = HpkeConfig(
            id: id, kemID: HpkeSuite.kem, kdfID: HpkeSuite.kdf, aeadID: HpkeSuite.aead,
            publicKey: Array(privateKey.publicKey.rawRepresentation))
    }

    /// A fresh key under the identifier `id`.
    public static func generate(id: UInt8) -> HpkeKeyPair {
        HpkeKeyPair(id: id, privateKey: Curve25519.KeyAgreement.PrivateKey())
    }

    /// - Parameter privateKey: 32 bytes.
    package init(id: UInt8, privateKey: [UInt8]) throws(HpkeError) {
        guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateKey) else {
            throw .malformedKeyFile(line: 0, reason: "an X25519 private key has 32 bytes")
        }
        self.init(id: id, privateKey: key)
    }

    /// Decrypts a message: RFC 9180 `OpenBase`.
    ///
    /// - Parameters:
    ///   - info: One of ``HpkeInfo``.
    ///   - aad: What the sender bound the message to.
    /// - Throws: `.unknownConfigID` where the message is for another configuration, `.openFailed` for everything else.
    public func open(_ message: HpkeCiphertext, info: [UInt8], aad: [UInt8]) throws(HpkeError) -> [UInt8] {
        guard message.configID == config.id else { throw .unknownConfigID(message.configID) }
        guard !SmallOrderPoints.contains(message.encapsulatedKey),
            var recipient = try? HPKE.Recipient(
                privateKey: privateKey, ciphersuite: HpkeSuite.ciphersuite, info: Data(info),
                encapsulatedKey: Data(message.encapsulatedKey)),
            let plaintext = try? recipient.open(message.payload, authenticating: aad)
        else { throw .openFailed }
        return Array(plaintext)
    }
}

extension HpkeKeyPair {
    private static let header = "cairn-hpke-key v1"

    /// The text of a key file. Secret.
    public var keyFile: String {
        """
        \(Self.header)
        config: \(Base64.encode(config.encoded()))
        private: \(Base64.encode(Array(privateKey.rawRepresentation)))

        """
    }

    /// Reads a key file.
    ///
    /// - Throws: `.malformedKeyFile` with the line, `.unsupportedSuite`.
    public init(keyFile text: String) throws(HpkeError) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
            .map { (number: $0.offset + 1, text: $0.element.trimmingCharacters(in: .whitespaces)) }
            .filter { !$0.text.isEmpty }
        guard let first = lines.first, first.text == Self.header else {
            throw .malformedKeyFile(line: 1, reason: "expected '\(Self.header)'")
        }
        guard lines.count == 3 else {
            throw .malformedKeyFile(
                line: lines.last?.number ?? 1, reason: "expected three lines: header, config, private")
        }
        let configBytes = try Self.value(of: lines[1], key: "config")
        let privateBytes = try Self.value(of: lines[2], key: "private")
        let config: HpkeConfig
        do {
            config = try HpkeConfig(decoding: configBytes)
        } catch {
            throw .malformedKeyFile(line: lines[1].number, reason: error.description)
        }
        guard config.isSupported else {
            throw .unsupportedSuite(kem: config.kemID, kdf: config.kdfID, aead: config.aeadID)
        }
        guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateBytes) else {
            throw .malformedKeyFile(line: lines[2].number, reason: "an X25519 private key has 32 bytes")
        }
        self.init(id: config.id, privateKey: key)
        guard self.config == config else {
            throw .malformedKeyFile(line: lines[2].number, reason: "the private key does not belong to the config")
        }
    }

    private static func value(of line: (number: Int, text: String), key: String) throws(HpkeError) -> [UInt8] {
        guard line.text.hasPrefix(key + ":") else {
            throw .malformedKeyFile(line: line.number, reason: "expected '\(key): …'")
        }
        let encoded = line.text.dropFirst(key.count + 1).trimmingCharacters(in: .whitespaces)
        guard let bytes = Base64.decode(encoded) else {
            throw .malformedKeyFile(line: line.number, reason: "not base 64")
        }
        return bytes
    }
}
