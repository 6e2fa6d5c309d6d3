import Crypto
import DAP
import Ed25519

/// What an Ed25519 signature of Cairn's ledger is over.
///
/// Every signed preimage starts with its own label, a text that ends in a zero byte. No label is a prefix of another,
/// and every field behind it is of fixed length or carries its length, so that a signature made for one purpose can
/// never be read as one made for another (`Protocols/log-entries.md`, section 'Signatures'). Claim keys and the owner of
/// a task sign one floor below, under `Cairn v1 claim key` and `Cairn v1 task` (`ClaimKey`, `TaskOwnerSignature`).
package enum SigningLabel: String, Sendable, CaseIterable {
    /// The model owner announces a round.
    case round = "Cairn v1 round"
    /// An aggregator says that it refused a report.
    case rejected = "Cairn v1 rejected"
    /// A contributor takes a report back.
    case withdrawal = "Cairn v1 withdrawal"
    /// Both aggregators fix the leaves of a batch.
    case close = "Cairn v1 close"
    /// An aggregator stands by its share of a batch.
    case statement = "Cairn v1 statement"
    /// The model owner publishes a model.
    case model = "Cairn v1 model"
    /// A task's owner divides a pool among claims.
    case payout = "Cairn v1 payout"
    /// An aggregator stands by its HPKE configurations.
    case hpkeList = "Cairn v1 hpke configs"

    /// The bytes that a signature under this label covers.
    func preimage(_ fields: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(Array(rawValue.utf8))
        writer.write(UInt8(0))
        fields(&writer)
        return writer.bytes
    }
}

/// Ed25519 as the ledger uses it: 32-byte public keys, 64-byte signatures.
package enum LedgerSignature {
    package static let size = 64

    /// Signs `preimage`; fails only where the platform's random generator does.
    package static func sign(_ preimage: [UInt8], with key: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
        Array(try key.signature(for: preimage))
    }

    /// Whether `signature` is `publicKey`'s over `preimage`. Bytes that are no key or no signature are simply not valid.
    package static func isValid(_ signature: [UInt8], over preimage: [UInt8], by publicKey: [UInt8]) -> Bool {
        SignedMessage(publicKey: publicKey, signature: signature, message: preimage).isValid
    }
}
