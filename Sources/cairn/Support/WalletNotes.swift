import ArgumentParser
import Wallet

/// What every command that reads a wallet says if its end is missing.
enum WalletNotes {
    /// - Parameter newest: the time of the newest report that was read, in POSIX seconds.
    static func lines(_ end: WalletEnd, path: String, newest: UInt64?) -> [String] {
        guard !end.isClean else { return [] }
        let since = newest.map { ", the newest report of \(TimeArgument.text($0))" }
        var lines: [String] = []
        if end.unread > 0 {
            lines.append(
                "the last \(end.unread) bytes of \(path) cannot be read: it was cut off, or something ended while it was "
                    + "written to. All before them was read\(since ?? "").")
        }
        if end.lostFrames > 0 {
            lines.append(
                "\(path) has lost its end: at least \(end.lostFrames) of the parts that were written to it are missing. It was "
                    + "cut off, or an older copy was put in its place. What is there was read\(since ?? "").")
        }
        return lines + [
            "Bring back what a backup has (cairn wallet import FILE), or what the log knows (cairn wallet recover --task NAME)."
        ]
    }
}

/// Whether a passphrase that can be guessed is taken for a new wallet or backup.
enum WeakPassphrase {
    case taken
    /// With what to do to insist.
    case refused(advice: String)

    static let initAdvice = "To insist, make the wallet with: cairn wallet init --weak-passphrase"

    func checked(_ passphrase: Passphrase) throws(WalletError) -> Passphrase {
        guard case .refused(let advice) = self, passphrase.isWeak else { return passphrase }
        throw .weakPassphrase(advice)
    }
}

/// `--weak-passphrase`, for commands that take a new one.
struct WeakPassphraseOption: ParsableArguments {
    @Flag(name: .customLong("weak-passphrase"), help: "Take a passphrase that is easily guessed.") var isTaken = false

    var rule: WeakPassphrase { isTaken ? .taken : .refused(advice: "To insist, give --weak-passphrase.") }
}
