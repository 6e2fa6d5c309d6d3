import DAP
import InputFiles

/// Why a wallet cannot be used. One case per cause.
public enum WalletError: Error, Sendable, Equatable {
    /// There is no wallet at the path.
    case missing(path: String)
    /// Something is at the path already, and is not overwritten.
    case exists(path: String)
    /// A file cannot be read or written.
    case file(path: String, reason: String)
    /// The file does not start with the header of a wallet of this version.
    case notAWallet(path: String, reason: String)
    /// The header does not authenticate: the passphrase is another one, or the header was changed.
    case wrongPassphrase(path: String)
    /// A frame is not what was written. Frames count from 0.
    case damagedFrame(path: String, index: UInt64, reason: String)
    /// The file, or a record in it, is of a kind that a newer version of this program writes.
    case newerVersion(path: String)
    /// A backup does not end as one: it was cut off, or is a copy of something else.
    case unfinished(UnfinishedBackup)
    /// Another process has put another file in the wallet's place, with another passphrase for instance.
    case replaced(path: String)
    /// The two wallets do not have one seed, so the reports of one cannot be claimed with the other.
    case otherSeed(path: String)
    /// A passphrase is wanted and none was given; the text says how to give one.
    case noPassphrase(String)
    /// The file that holds the passphrase cannot be read, or is not text.
    case passphraseFile(InputFileError)
    /// A passphrase for something new is one that can be guessed; the text says how to insist.
    case weakPassphrase(String)
    /// The key derivation refused the header's parameters.
    case keyDerivation(String)
}

extension WalletError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let path):
            "there is no wallet at \(path). Make one: cairn wallet init. Or bring one back: cairn wallet import, recover."
        case .exists(let path): "\(path) exists already, and is not overwritten"
        case .file(let path, let reason): "\(path): \(reason)"
        case .notAWallet(let path, let reason): "\(path) is not a wallet that this program reads: \(reason)"
        case .wrongPassphrase(let path): "the passphrase does not open \(path)"
        case .damagedFrame(let path, let index, let reason):
            "\(path): frame \(index) is damaged (\(reason)). Move the file away, then bring back a backup (cairn wallet "
                + "import), or what the log knows from the seed (cairn wallet recover --seed-file)."
        case .newerVersion(let path):
            "\(path) was made by a newer version of this program, which knows records that this one does not. Use that "
                + "version; nothing is wrong with the file."
        case .unfinished(let backup): backup.description
        case .replaced(let path): "\(path) was replaced by another process. Run the command again."
        case .otherSeed(let path):
            "\(path) belongs to another seed: its reports cannot be claimed with this wallet. Use it as a wallet of its "
                + "own, in another CAIRN_HOME."
        case .noPassphrase(let advice): advice
        case .passphraseFile(let error): "the passphrase cannot be read: \(error)"
        case .weakPassphrase(let advice):
            "the passphrase is too short: whoever gets the file could try all like it. Take at least "
                + "\(Passphrase.fewestCharacters) characters, \(Passphrase.fewestDifferent) of them different; "
                + "several words are best. \(advice)"
        case .keyDerivation(let reason): "the wallet's key cannot be derived: \(reason)"
        }
    }
}
