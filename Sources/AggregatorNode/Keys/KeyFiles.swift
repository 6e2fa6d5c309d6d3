import DAP
import DurableFiles
import Encodings
import Foundation
import InputFiles
import TransparencyLog

/// The key files that operators make with `cairn keygen` and nodes read.
///
/// | kind | content, one line unless said otherwise |
/// | --- | --- |
/// | token | 32 random bytes in unpadded base64url; sent as it stands in `Authorization: Bearer` |
/// | psk | 32 random bytes in unpadded base64url: the two operators' pre-shared key |
/// | log | C2SP signed-note private key (`PRIVATE+KEY+name+…`) of type Ed25519; the name is the log's origin |
/// | witness | the same, of type cosignature/v1; the name is the witness's |
/// | password | what a database server asks for, made by its operator |
/// | hpke | an HPKE key pair in the DAP module's format (several lines) |
///
/// Files have mode 0600 and are synced before a function returns. Nothing overwrites a key.
package enum KeyFiles {
    /// Bytes of a token or pre-shared key.
    package static let secretSize = 32
    private static let sizeLimit = 16 << 10

    // MARK: Making

    package static func makeToken(at path: String) throws(KeyFileError) { try create(path, randomLine()) }

    package static func makePreSharedKey(at path: String) throws(KeyFileError) { try create(path, randomLine()) }

    /// Makes a log's signing key and returns its public key for policies.
    @discardableResult
    package static func makeLogKey(name: String, at path: String) throws(KeyFileError) -> NoteVerifier {
        let signer: NoteSigner
        do throws(NoteKeyError) { signer = try NoteSigner(name: name) } catch {
            throw .malformed(path: path, reason: "'\(name)' cannot name a key: \(error)")
        }
        try create(path, signer.skey)
        return signer.verifier
    }

    /// Makes a witness's cosigning key and returns its public key for policies.
    @discardableResult
    package static func makeWitnessKey(name: String, at path: String) throws(KeyFileError) -> NoteVerifier {
        let cosigner: Cosigner
        do throws(NoteKeyError) { cosigner = try Cosigner(name: name) } catch {
            throw .malformed(path: path, reason: "'\(name)' cannot name a key: \(error)")
        }
        try create(path, cosigner.skey)
        return cosigner.verifier
    }

    /// Makes an HPKE key pair and returns its public configuration.
    @discardableResult
    package static func makeHpkeKey(id: UInt8, at path: String) throws(KeyFileError) -> HpkeConfig {
        let pair = HpkeKeyPair.generate(id: id)
        try create(path, pair.keyFile)
        return pair.config
    }

    // MARK: Reading

    package static func token(at path: String) throws(KeyFileError) -> BearerToken {
        BearerToken(text: Base64.encodeURL(try secret(at: path, kind: "token")))
    }

    package static func preSharedKey(at path: String) throws(KeyFileError) -> [UInt8] {
        try secret(at: path, kind: "psk")
    }

    /// The password that a database server asks for: one line, as it stands.
    package static func password(at path: String) throws(KeyFileError) -> String {
        let text = try line(at: path, hint: "write the password of the database's user into it, for its owner only")
        guard !text.isEmpty else { throw .malformed(path: path, reason: "not one line with a password") }
        return text
    }

    package static func logKey(at path: String) throws(KeyFileError) -> NoteSigner {
        let text = try line(at: path, hint: making("log", named: true, at: path))
        do throws(NoteKeyError) { return try NoteSigner(skey: text) } catch {
            throw .malformed(path: path, reason: "not a log's signing key: \(error)")
        }
    }

    package static func witnessKey(at path: String) throws(KeyFileError) -> Cosigner {
        let text = try line(at: path, hint: making("witness", named: true, at: path))
        do throws(NoteKeyError) { return try Cosigner(skey: text) } catch {
            throw .malformed(path: path, reason: "not a witness's cosigning key: \(error)")
        }
    }

    package static func hpkeKey(at path: String) throws(KeyFileError) -> HpkeKeyPair {
        let text = try read(path, hint: making("hpke", at: path))
        do throws(HpkeError) { return try HpkeKeyPair(keyFile: text) } catch {
            throw .malformed(path: path, reason: "not an HPKE key pair: \(error)")
        }
    }

    /// A file of one base64url line with 32 secret bytes.
    static func secret(at path: String, kind: String) throws(KeyFileError) -> [UInt8] {
        let text = try line(at: path, hint: making(kind, at: path))
        guard let bytes = Base64.decodeURL(text), bytes.count == secretSize else {
            throw .malformed(path: path, reason: "not one line with \(secretSize) bytes in unpadded base64url")
        }
        return bytes
    }

    /// Writes a new key file. Of several processes that make the keys of a new node at once, one does, and all use them.
    static func create(_ path: String, _ text: String) throws(KeyFileError) {
        do throws(DurableFileError) {
            try DurableFile.create(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), at: path, mode: 0o600)
        } catch {
            throw error.errno == EEXIST ? .exists(path: path) : .file(error)
        }
    }

    static func randomLine() -> String {
        var generator = SystemRandomNumberGenerator()
        return Base64.encodeURL((0..<secretSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    private static func making(_ kind: String, named: Bool = false, at path: String) -> String {
        let name = named ? ["--name", "NAME"] : []
        return "make it with: \(ShellWords.line(["cairn", "keygen", kind] + name + ["--out", ShellWords.path(path)]))"
    }

    /// The only line of a file, without its line end.
    private static func line(at path: String, hint: String) throws(KeyFileError) -> String {
        let contents = try contents(path, hint: hint)
        do throws(InputFileError) { return try InputFile.line(of: contents, named: path) } catch { throw .input(error) }
    }

    private static func read(_ path: String, hint: String) throws(KeyFileError) -> String {
        let contents = try contents(path, hint: hint)
        do throws(InputFileError) { return try InputFile.text(of: contents.bytes, named: path) } catch {
            throw .input(error)
        }
    }

    private static func contents(_ path: String, hint: String) throws(KeyFileError) -> InputFile.Contents {
        let contents: InputFile.Contents
        do throws(InputFileError) { contents = try InputFile.contents(path, upTo: sizeLimit) } catch {
            throw error.problem == .missing ? .missing(path: path, hint: hint) : .input(error)
        }
        // Pipes have no mode that would say who reads them.
        if let mode = contents.mode, mode & 0o077 != 0 { throw .exposed(path: path, mode: mode) }
        return contents
    }
}
