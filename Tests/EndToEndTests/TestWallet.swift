import Contributor
import Foundation
import Testing
import Wallet

/// A folder that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "cairn-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Wallets of tests, under a passphrase that all commands get, and with a scrypt that costs nothing.
enum TestWallet {
    static let passphrase = "test passphrase"

    static func create(in home: String) throws {
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let key = try WalletKey(
            passphrase: try #require(Passphrase(passphrase)), salt: [UInt8](repeating: 1, count: 16),
            parameters: ScryptParameters(logN: 4, r: 8, p: 1))
        _ = try ContributorWallet(creating: "\(home)/wallet", key: key)
    }

    static func open(in home: String) throws -> ContributorWallet {
        try ContributorHome(path: home).openWallet { _ in try #require(Passphrase(passphrase)) }
    }
}
