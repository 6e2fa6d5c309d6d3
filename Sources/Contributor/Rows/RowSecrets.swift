import Crypto
import DAP
import Wallet

/// From a wallet's seed and a row to the id and the randomness of its report (`Protocols/wallet.md`, section 6).
///
/// A row that is sent again after a crash, or out of a wallet that was restored from a backup, is the same report as
/// before, and either honest aggregator counts an id once. So a rerun needs nothing but the file: no plaintext share has
/// to be kept for the case that a program is killed.
///
/// Whoever does not have the seed can neither link two ids nor guess a value: both outputs are HKDF's. Randomness follows
/// from the row's value, too, so that no two values are ever split with the same; the number of earlier reports of the row
/// (its generation) is in both, so that a row which was taken back and is sent anew is another report.
package struct RowSecrets: Sendable {
    private let key: SymmetricKey
    private let taskID: TaskID
    private static let salt = Array("Cairn v1 rows".utf8)

    /// - Parameter seed: the wallet's 32 secret bytes.
    package init(seed: [UInt8], taskID: TaskID) {
        key = SymmetricKey(data: seed)
        self.taskID = taskID
    }

    /// The id of a file that was not sent before.
    package func sourceID(contents: [UInt8]) -> SourceID {
        SourceID(derive("source", contents, count: SourceID.size))
    }

    /// The id of a row's report.
    package func reportID(of row: ReportRow) -> ReportID {
        ReportID(unchecked: derive("report id", place(row), count: 16))
    }

    /// What the report's shares are made with.
    package func randomness(of row: ReportRow) -> RowRandomness {
        RowRandomness(key: derive("randomness", place(row), count: 32))
    }

    /// `source_id ‖ uint64 row ‖ uint32 generation ‖ digest`: the line may change, as when a header is added.
    private func place(_ row: ReportRow) -> [UInt8] {
        row.sourceID.bytes + RowDigest.bytes(row.row) + RowDigest.bytes(UInt64(row.generation)).suffix(4) + row.digest
    }

    private func derive(_ use: String, _ what: [UInt8], count: Int) -> [UInt8] {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: Self.salt, info: Array("\(use)\0".utf8) + taskID.bytes + what,
            outputByteCount: count
        ).withUnsafeBytes { Array($0) }
    }
}

/// The bytes HMAC-SHA256(key, uint64 0) ‖ HMAC-SHA256(key, uint64 1) ‖ …; a number of eight bytes is big-endian.
package struct RowRandomness: RandomNumberGenerator {
    private let key: SymmetricKey
    private var counter: UInt64 = 0
    private var block: ArraySlice<UInt8> = []

    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    package mutating func next() -> UInt64 {
        if block.isEmpty {
            block = Array(HMAC<SHA256>.authenticationCode(for: RowDigest.bytes(counter), using: key))[...]
            counter += 1
        }
        defer { block = block.dropFirst(8) }
        return block.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
