import ArgumentParser
import Contributor
import Wallet

/// `cairn wallet export`: a backup.
struct WalletExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a backup of the wallet.",
        discussion: """
            The copy has the same contents, under the same passphrase or another one, and is as small as they allow. It is \
            a wallet itself: `cairn wallet import` reads it, and so does every command if it lies in a home. It has the \
            installed tasks too, and ends with a mark by which `import` notices a copy that was cut off.
            """)

    @Argument(help: "A new file.") var file: String
    @Flag(help: "Ask for another passphrase for the copy.") var newPassphrase = false
    @Option(help: "A file whose first line is another passphrase for the copy.") var newPassphraseFile: String?
    @OptionGroup var weak: WeakPassphraseOption

    func run() throws {
        guard !UserFile.isStream(file) else {
            throw CommandFailure.usage("a backup cannot be written to \(file)", advice: "Name a new file.")
        }
        let access = try WalletAccess.open()
        let isNew = newPassphrase || newPassphraseFile != nil
        let passphrase =
            isNew
            ? try WalletAccess.newPassphrase(file: newPassphraseFile, path: file, weak: weak.rule) : access.passphrase
        let contents = try access.wallet.export(
            to: file, key: try WalletKey.make(from: passphrase), tasks: access.home.taskFiles())
        BackupNote.leave(access.home)
        Console.print(
            "\(file)  \(contents.reports.count) reports, \(contents.receipts.count) receipts, "
                + "\(contents.promises.count) promises, \(contents.tasks.count) tasks")
    }
}

/// `cairn wallet passwd`: another passphrase.
struct WalletPasswdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passwd", abstract: "Change the passphrase.",
        discussion: "The wallet is written anew. Backups keep the passphrase that they were made with.")

    @Option(help: "A file whose first line is the new passphrase; you are asked by default.")
    var newPassphraseFile: String?
    @OptionGroup var weak: WeakPassphraseOption

    func run() throws {
        let access = try WalletAccess.open()
        let passphrase = try WalletAccess.newPassphrase(
            file: newPassphraseFile, path: access.wallet.path, weak: weak.rule)
        try access.wallet.change(to: try WalletKey.make(from: passphrase))
        Console.error("The passphrase of \(access.wallet.path) was changed.")
    }
}
