import Contributor
import Foundation
import Testing
import Wallet

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
