import Foundation
import InputFiles
import Wallet

/// A contributor's own folder: `$CAIRN_HOME`, or `~/.cairn`.
///
///     wallet             everything secret, encrypted. Back it up: cairn wallet export
///     wallet.mark        how far the wallet had got, which shows when its end is missing
///     tasks/NAME.task    tasks that were installed under a name
///     hpke-seen.json     how new the HPKE configurations were that the nodes have shown, see SeenHpkeLists
///
/// Folders are `0700` and files `0600`.
public struct ContributorHome: Sendable {
    /// The folder.
    public let path: String

    /// Where the wallet is.
    public var walletPath: String { "\(path)/wallet" }

    private var markPath: String { "\(walletPath).mark" }

    /// The home that the environment names.
    ///
    /// - Throws: ``ContributorError/noHome`` where neither variable is set. The account's own folder is not taken instead:
    ///   whoever runs without `HOME` (a service, `env -i`) would get a wallet in a place that nobody looks into.
    public static func standard(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ContributorError) -> ContributorHome {
        if let path = environment["CAIRN_HOME"], !path.isEmpty {
            return ContributorHome(path: HomeFolder.expand(path, environment: environment))
        }
        guard let home = HomeFolder.path(environment) else { throw .noHome }
        return ContributorHome(path: home + "/.cairn")
    }

    /// The home in a folder, which need not be there yet.
    public init(path: String) {
        self.path = path
    }

    /// What a passphrase is wanted for.
    public enum PassphraseUse: Sendable {
        /// To open the wallet that is there.
        case open
        /// To make a new one, so that a typing mistake would shut its owner out.
        case create
    }

    /// Opens the wallet. Secrets of a home from before there were wallets are moved into it.
    ///
    /// - Parameters:
    ///   - passphrase: asked once.
    ///   - creating: whether a wallet is made where there is none.
    /// - Throws: `WalletError`, ``ContributorError/file(path:reason:)``, and what `passphrase` throws.
    public func openWallet(
        creating: Bool = false, passphrase: (PassphraseUse) throws -> Passphrase
    ) throws -> ContributorWallet {
        try openWallet(creating: creating, keeping: .everything, passphrase: passphrase)
    }

    /// - Parameter detail: `.states` for uploads only, which need little memory then.
    package func openWallet(
        creating: Bool, keeping detail: WalletContents.Detail, passphrase: (PassphraseUse) throws -> Passphrase
    ) throws -> ContributorWallet {
        let plain = PlainHome(path: path)
        let wallet: ContributorWallet
        if FileManager.default.fileExists(atPath: walletPath) {
            wallet = try ContributorWallet(
                opening: walletPath, passphrase: try passphrase(.open), keeping: plain.isThere ? .everything : detail,
                markPath: markPath)
            if plain.isThere { try wallet.merge(WalletContents(try plain.records()), from: "\(path)/seed") }
        } else if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: walletPath) {
            // A disk that is not there. A new wallet in its place would have another seed.
            throw ContributorError.file(
                path: walletPath,
                reason: "it is a link to \(target), where nothing is. Connect the disk that has it, or remove the link."
            )
        } else if creating || plain.isThere {
            let records = plain.isThere ? try plain.records() : nil
            wallet = try createWallet(records, passphrase: try passphrase(.create))
        } else {
            throw WalletError.missing(path: walletPath)
        }
        if plain.isThere { try plain.remove() }
        if detail == .states { wallet.forgetDetails() }
        return wallet
    }

    /// Two processes may start at once: one makes the wallet, and the other opens it.
    private func createWallet(_ records: [WalletRecord]?, passphrase: Passphrase) throws -> ContributorWallet {
        try HomeFile.createFolder(path)
        let key = try WalletKey.make(from: passphrase)
        let contents = records ?? [.newSeed()]
        do throws(WalletError) {
            return try ContributorWallet(creating: walletPath, key: key, records: contents, markPath: markPath)
        } catch {
            guard error == .exists(path: walletPath) else { throw error }
            let wallet = try ContributorWallet(
                opening: walletPath, passphrase: passphrase, keeping: .everything, markPath: markPath)
            if let records { try wallet.merge(WalletContents(records), from: "\(path)/seed") }
            return wallet
        }
    }

    /// Puts a wallet with everything that a backup has where none is.
    package func restoreWallet(from backup: ContributorWallet, passphrase: Passphrase) throws -> ContributorWallet {
        try HomeFile.createFolder(path)
        return try ContributorWallet(
            creating: walletPath, key: try WalletKey.make(from: passphrase),
            records: try backup.contents().records(), markPath: markPath)
    }

    /// Makes a wallet of this seed where none is.
    package func createWallet(seed: [UInt8], passphrase: Passphrase) throws -> ContributorWallet {
        try createWallet([.seed(seed)], passphrase: passphrase)
    }
}
