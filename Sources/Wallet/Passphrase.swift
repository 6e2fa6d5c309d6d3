import Crypto
import Foundation

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

    /// Whether both are the same, in time that depends on their lengths only.
    public static func == (left: Passphrase, right: Passphrase) -> Bool { left.secret == right.secret }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try secret.withUnsafeBytes(body)
    }

    /// The passphrase that the environment gives: the first line of the file `CAIRN_PASSPHRASE_FILE`, else
    /// `CAIRN_PASSPHRASE`; nil where both are unset or empty.
    ///
    /// - Throws: ``WalletError/file(path:reason:)`` where the file cannot be read or starts with an empty line.
    public static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(WalletError) -> Passphrase? {
        if let path = environment["CAIRN_PASSPHRASE_FILE"], !path.isEmpty { return try fromFile(path) }
        return environment["CAIRN_PASSPHRASE"].flatMap { Passphrase($0) }
    }

    /// The first line of a file.
    public static func fromFile(_ path: String) throws(WalletError) -> Passphrase {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            throw .file(
                path: path,
                reason: isFolder.boolValue
                    ? "it is a folder, and the passphrase is the first line of a file"
                    : isThere ? error.localizedDescription : "there is no such file with a passphrase")
        }
        let line = data.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard let text = String(validating: line, as: UTF8.self), let passphrase = Passphrase(text) else {
            throw .file(path: path, reason: "its first line is not a passphrase: empty, or not UTF-8")
        }
        return passphrase
    }
}
