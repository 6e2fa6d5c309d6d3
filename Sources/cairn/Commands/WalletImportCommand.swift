import ArgumentParser
import Contributor
import Foundation
import Wallet

/// `cairn wallet import`: a backup comes home.
struct WalletImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Restore a backup, or add what it has to the wallet.",
        discussion: """
            Where there is no wallet, the backup becomes the wallet. Otherwise reports, receipts and promises of both are \
            united; both must have the same seed.
            """)

    struct Output: Encodable {
        let path: String
        /// Whether there was no wallet before.
        let isNew: Bool
        /// Reports, receipts and promises that the wallet did not have, or knew less about.
        let added: Int
    }

    @Argument(help: "The backup.") var file: String
    @Option(help: "A file whose first line is the backup's passphrase, where it is not the wallet's.")
    var backupPassphraseFile: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        guard FileManager.default.fileExists(atPath: file) else { throw WalletError.missing(path: file) }
        let home = ContributorHome.standard()
        let isNew = !FileManager.default.fileExists(atPath: home.walletPath)
        let access = isNew ? nil : try WalletAccess.open()
        let passphrase = try access?.passphrase ?? WalletAccess.ask(.create, path: home.walletPath)
        let backup = try WalletAccess.openBackup(file, passphraseFile: backupPassphraseFile, likely: passphrase)
        let added: Int
        if let access {
            added = try access.wallet.merge(backup)
        } else {
            let contents = try home.restoreWallet(from: backup, passphrase: passphrase).contents()
            added = contents.reports.count + contents.receipts.count + contents.promises.count
        }
        if json { return try JSONOutput.print(Output(path: home.walletPath, isNew: isNew, added: added)) }
        Console.print("\(home.walletPath)  \(isNew ? "restored" : "united with \(file)"), \(added) facts added")
    }
}
