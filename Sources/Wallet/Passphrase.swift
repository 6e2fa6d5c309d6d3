import Crypto
import Foundation
import InputFiles

/// What opens a wallet: at least one character, as UTF-8 in Unicode's composed form (NFC), so that keyboards which
/// compose accents differently open the same wallet.
public struct Passphrase: Sendable {
    /// Kept in the one type that overwrites its memory when it goes away.
    private let secret: SymmetricKey

    /// - Returns: nil for an empty text.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        secret = SymmetricKey(data: Data(text.precomposedStringWithCanonicalMapping.utf8))
    }

    /// Fewest characters of a passphrase that a wallet is made with, and of these, fewest different ones.
    public static let fewestCharacters = 8
    /// Fewest different characters of such a passphrase.
    public static let fewestDifferent = 4

    /// Whether whoever has the file could try all passphrases of this kind: it has few characters, or the same ones again
    /// and again. Such a passphrase opens what was made with it, and is taken for something new only if its owner insists.
    public var isWeak: Bool {
        withBytes { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            return text.count < Self.fewestCharacters || Set(text).count < Self.fewestDifferent
        }
    }

    /// Whether both are the same, in time that depends on their lengths only.
    public static func == (left: Passphrase, right: Passphrase) -> Bool { left.secret == right.secret }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try secret.withUnsafeBytes(body)
    }

    /// The passphrase that the environment gives: the first line of the file `CAIRN_PASSPHRASE_FILE`, else
    /// `CAIRN_PASSPHRASE`; nil where both are unset or empty.
    ///
    /// - Throws: ``WalletError/passphraseFile(_:)`` where the file cannot be read, ``WalletError/file(path:reason:)`` where
    ///   it starts with an empty line.
    public static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(WalletError) -> Passphrase? {
        if let path = environment["CAIRN_PASSPHRASE_FILE"], !path.isEmpty { return try fromFile(path) }
        return environment["CAIRN_PASSPHRASE"].flatMap { Passphrase($0) }
    }

    /// The first line of a file, blanks included.
    public static func fromFile(_ path: String) throws(WalletError) -> Passphrase {
        let line: String
        do throws(InputFileError) { line = try InputFile.firstLine(path) } catch { throw .passphraseFile(error) }
        guard let passphrase = Passphrase(line) else {
            throw .file(path: path, reason: "its first line is empty, and should be a passphrase")
        }
        return passphrase
    }
}
