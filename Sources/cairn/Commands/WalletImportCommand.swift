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
            united; both must have the same seed. Tasks that were installed where the backup was made are installed here too. \
            A file that does not end as a backup does is refused: it was cut off, or is a copy of a wallet in use.
            """)

    struct Output: Encodable {
        let path: String
        /// Whether there was no wallet before.
        let isNew: Bool
        /// Reports, receipts and promises that the wallet did not have, or knew less about.
        let added: Int
        /// Reports and receipts that the wallet has now.
        let reports: Int
        let receipts: Int
        /// Names of tasks that were not installed before.
        let tasks: [String]
    }

    @Argument(help: "The backup.") var file: String
    @Option(help: "A file whose first line is the backup's passphrase, where it is not the wallet's.")
    var backupPassphraseFile: String?
    @Flag(help: "Take what can be read of a file that does not end as a backup does.") var incomplete = false
    @OptionGroup var weak: WeakPassphraseOption
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        guard FileManager.default.fileExists(atPath: file) else { throw WalletError.missing(path: file) }
        let home = try ContributorHome.standard()
        let isNew = !FileManager.default.fileExists(atPath: home.walletPath)
        let access = isNew ? nil : try WalletAccess.open()
        let passphrase = try access?.passphrase ?? WalletAccess.ask(.create, path: home.walletPath, weak: weak.rule)
        let backup = try WalletAccess.openBackup(
            file, passphraseFile: backupPassphraseFile, likely: passphrase, isIncompleteTaken: incomplete)
        let added: Int
        let wallet: ContributorWallet
        if let access {
            wallet = access.wallet
            added = try wallet.merge(backup)
            if !incomplete { try wallet.settleLoss() }
        } else {
            wallet = try home.restoreWallet(from: backup, passphrase: passphrase)
            let contents = try wallet.contents()
            added = contents.reports.count + contents.receipts.count + contents.promises.count
        }
        let tasks = try home.install(try backup.contents().tasks)
        for name in tasks.others {
            Console.error("cairn: another task is installed as \(name) here, and is left alone")
        }
        let contents = try wallet.contents()
        let (reports, receipts) = (contents.reports.count, contents.receipts.count)
        if json {
            return try JSONOutput.print(
                Output(
                    path: home.walletPath, isNew: isNew, added: added, reports: reports, receipts: receipts,
                    tasks: tasks.installed))
        }
        Console.print("\(home.walletPath)  \(isNew ? "restored" : "united with \(file)"), \(added) facts added")
        Console.print("it has \(reports) reports and \(receipts) receipts")
        if !tasks.installed.isEmpty { Console.print("installed the tasks \(tasks.installed.joined(separator: ", "))") }
    }
}
