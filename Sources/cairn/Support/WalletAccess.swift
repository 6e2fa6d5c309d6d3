import Contributor
import Wallet

/// The wallet of the contributor who runs a command, and what opened it.
struct WalletAccess {
    let home: ContributorHome
    let wallet: ContributorWallet
    let passphrase: Passphrase

    /// Opens the wallet of `$CAIRN_HOME`.
    ///
    /// - Parameters:
    ///   - creating: whether one is made where there is none.
    ///   - detail: `.states` for uploads only, which need little memory then.
    ///   - weak: whether a new wallet's passphrase may be one that can be guessed.
    static func open(
        creating: Bool = false, keeping detail: WalletContents.Detail = .everything,
        weak: WeakPassphrase = .refused(advice: WeakPassphrase.initAdvice)
    ) throws -> WalletAccess {
        let home = try ContributorHome.standard()
        var used: Passphrase?
        let wallet = try home.openWallet(creating: creating, keeping: detail) { use in
            let passphrase = try ask(use, path: home.walletPath, weak: weak)
            used = passphrase
            return passphrase
        }
        guard let used else { throw CommandFailure("the wallet was opened without a passphrase") }
        for line in WalletNotes.lines(wallet.end, path: wallet.path, newest: try wallet.records().last?.time) {
            Console.error("cairn: \(line)")
        }
        return WalletAccess(home: home, wallet: wallet, passphrase: used)
    }

    /// The passphrase of the environment, or else of the person at the terminal.
    static func ask(
        _ use: ContributorHome.PassphraseUse, path: String, weak: WeakPassphrase
    ) throws -> Passphrase {
        let given = try Passphrase.fromEnvironment()
        switch use {
        case .open: return try given ?? prompt("passphrase of \(path): ", twice: false)
        case .create: return try weak.checked(try given ?? prompt("new passphrase for \(path): ", twice: true))
        }
    }

    /// A passphrase for a copy, or another one for the wallet.
    ///
    /// - Parameter file: whose first line it is; asked for on the terminal if nil.
    static func newPassphrase(file: String?, path: String, weak: WeakPassphrase) throws -> Passphrase {
        if let file { return try weak.checked(try Passphrase.fromFile(file)) }
        return try weak.checked(
            try prompt("new passphrase for \(path): ", twice: true, option: "--new-passphrase-file FILE"))
    }

    /// The passphrase of a backup: that of its file, or the wallet's own if it fits, or asked for.
    ///
    /// - Parameter isIncompleteTaken: whether a backup is read that does not end as one.
    static func openBackup(
        _ path: String, passphraseFile: String?, likely: Passphrase, isIncompleteTaken: Bool
    ) throws -> ContributorWallet {
        func open(_ passphrase: Passphrase) throws(WalletError) -> ContributorWallet {
            try ContributorWallet(backup: path, isIncompleteTaken: isIncompleteTaken, passphrase: passphrase)
        }
        if let passphraseFile { return try open(try Passphrase.fromFile(passphraseFile)) }
        do throws(WalletError) {
            return try open(likely)
        } catch {
            guard error == .wrongPassphrase(path: path) else { throw error }
            return try open(
                try prompt("passphrase of \(path): ", twice: false, option: "--backup-passphrase-file FILE"))
        }
    }

    private static func prompt(
        _ question: String, twice: Bool, option: String = "CAIRN_PASSPHRASE_FILE or CAIRN_PASSPHRASE"
    ) throws -> Passphrase {
        guard let terminal = TerminalPrompt() else {
            throw WalletError.noPassphrase(
                "the wallet needs a passphrase, and there is no terminal to ask for it. Set \(option).")
        }
        defer { terminal.close() }
        guard let passphrase = Passphrase(try terminal.secret(question)) else {
            throw WalletError.noPassphrase("the passphrase must not be empty")
        }
        if twice {
            guard let again = Passphrase(try terminal.secret("once more: ")), again == passphrase else {
                throw WalletError.noPassphrase("the two passphrases differ. Nothing was changed.")
            }
        }
        return passphrase
    }
}
