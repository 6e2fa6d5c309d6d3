import Contributor
import Wallet

/// The wallets of the demo's contributors, each in a home of its own.
///
/// They share one passphrase and one salt, and so one key, which is derived once: scrypt takes about half a second and
/// 128 MiB each time, by design. Real contributors share neither. Even under one key no two frames of the forty files have
/// the same key, since each frame has a random salt of its own.
struct DemoWallets {
    static let passphrase = "cairn demo"

    private let folder: String
    private let key: WalletKey

    init(folder: String) throws {
        guard let passphrase = Passphrase(Self.passphrase) else { throw CommandFailure("the demo has no passphrase") }
        self.folder = folder
        key = try WalletKey.make(from: passphrase)
    }

    func make(_ name: String) throws -> ContributorWallet {
        let home = ContributorHome(path: "\(folder)/contributors/\(name)")
        try UserFile.createFolder(home.path, permissions: 0o700)
        return try ContributorWallet(creating: home.walletPath, key: key)
    }
}
