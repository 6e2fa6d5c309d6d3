import ArgumentParser

/// `cairn wallet`: the contributor's secrets, in one encrypted file.
struct WalletCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wallet",
        abstract: "Keep your secrets: show, back up, restore.",
        discussion: """
            $CAIRN_HOME/wallet (or ~/.cairn/wallet) holds the seed of your claim keys, your inputs and what opens your \
            commitments, receipts, promises and history, under a passphrase. The passphrase is the first line of the file \
            CAIRN_PASSPHRASE_FILE, else CAIRN_PASSPHRASE, else you are asked.

            Whoever loses the wallet and has the seed can still get back what the log knows: cairn wallet recover.
            """,
        subcommands: [
            WalletInitCommand.self, WalletShowCommand.self, WalletSeedCommand.self, WalletExportCommand.self,
            WalletImportCommand.self, WalletPasswdCommand.self, WalletRecoverCommand.self,
        ])
}
