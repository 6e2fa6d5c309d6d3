import ArgumentParser
import Contributor
import Foundation
import Wallet

/// `cairn wallet init`: a new wallet with a new seed.
struct WalletInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a wallet.",
        discussion: """
            `cairn contribute` does this on first use. A home with plain files is moved into the new wallet. A passphrase has \
            at least \(Passphrase.fewestCharacters) characters, \(Passphrase.fewestDifferent) of them different.
            """)

    @OptionGroup var weak: WeakPassphraseOption

    func run() throws {
        let path = try ContributorHome.standard().walletPath
        guard !FileManager.default.fileExists(atPath: path) else { throw WalletError.exists(path: path) }
        let access = try WalletAccess.open(creating: true, weak: weak.rule)
        Console.print(access.wallet.path)
        Console.error("Back it up (cairn wallet export FILE), or keep its seed in a safe place (cairn wallet seed).")
    }
}

/// `cairn wallet seed`: the one secret that everything else can be recovered from, as far as the log knows it.
struct WalletSeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seed", abstract: "Print the seed, 64 hexadecimal digits.",
        discussion: "Whoever has it can claim and withdraw in your name. `cairn wallet recover` reads it from a file.")

    func run() throws {
        let access = try WalletAccess.open()
        Console.print(SeedFile.text(access.wallet.seed))
        // A seed that went nowhere is no backup.
        if StandardOutput.shared.finish() == nil { BackupNote.leave(access.home) }
    }
}
