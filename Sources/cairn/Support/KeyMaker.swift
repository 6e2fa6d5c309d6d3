import AggregatorNode
import Crypto
import DAP
import Encodings
import Owner

/// The kinds of key that Cairn uses; file formats stand in ``KeyFiles``.
enum KeyKind: String, CaseIterable {
    case hpke, log, witness, token, psk, owner

    /// Whether the key carries a name that others see beside its signatures.
    var isNamed: Bool { self == .log || self == .witness }

    /// Whether others need a part of it.
    private var hasPublicPart: Bool { self != .token && self != .psk }

    /// Writes the secret file, and beside it `FILE.pub` with the public part.
    ///
    /// - Returns: The public part; nil for secrets that have none.
    @discardableResult
    func create(at path: String, name: String? = nil) throws -> String? {
        if hasPublicPart { try UserFile.requireFree([path, path + ".pub"]) }
        let publicPart = try makeSecret(at: path, name: name ?? "")
        if let publicPart {
            try UserFile.create(path + ".pub", publicPart + "\n", isSecret: false)
        }
        return publicPart
    }

    /// Who needs the files of a new key.
    func whereItGoes(_ path: String) -> String {
        let shown = ShellWords.quote(path)
        return switch self {
        case .hpke:
            "\(shown).pub goes into the task (cairn task create --collector-config); \(shown) stays with you"
        case .log:
            "name \(shown) as log_key_file in the section leader of the node's configuration; it stays there"
        case .witness:
            "name \(shown) as witness_key_file in the section helper of the node's configuration, or as --key of cairn witness run"
        case .token:
            "both parties name a copy of \(shown) in their configuration; nobody else may read it"
        case .psk:
            "both operators name a copy of \(shown) in psk_files of the other's entry in peers; nobody else may read it"
        case .owner:
            "it signs your tasks (cairn task create --owner-key); keep \(shown) and a copy to yourself"
        }
    }

    private func makeSecret(at path: String, name: String) throws -> String? {
        switch self {
        case .hpke:
            let config = try KeyFiles.makeHpkeKey(id: .random(in: .min ... .max), at: path)
            return Hex.encode(config.encoded())
        case .log:
            return try KeyFiles.makeLogKey(name: name, at: path).vkey
        case .witness:
            return try KeyFiles.makeWitnessKey(name: name, at: path).vkey
        case .token:
            try KeyFiles.makeToken(at: path)
            return nil
        case .psk:
            try KeyFiles.makePreSharedKey(at: path)
            return nil
        case .owner:
            let key = Curve25519.Signing.PrivateKey()
            try UserFile.create(path, OwnerKey.text(key), isSecret: true)
            return Hex.encode(Array(key.publicKey.rawRepresentation))
        }
    }
}

extension OwnerKey {
    /// Reads the file that `cairn keygen owner` wrote.
    static func read(_ path: String) throws -> Curve25519.Signing.PrivateKey {
        guard let key = key(line: try UserFile.readLine(path)) else {
            throw CommandFailure(
                "\(path) is not an owner key: 32 bytes in base64url expected",
                advice: "Make one: cairn keygen owner --out FILE")
        }
        return key
    }
}

extension CollectorKey {
    /// The private key file that `cairn keygen hpke` wrote.
    static func readPrivate(_ path: String) throws -> HpkeKeyPair {
        try KeyFiles.hpkeKey(at: path)
    }

    /// The `.pub` file of a key, or the private key file itself.
    static func readPublic(_ path: String) throws -> HpkeConfig {
        guard let config = publicPart(of: try UserFile.readText(path)) else {
            throw CommandFailure(
                "\(path) holds no HPKE configuration that Cairn supports",
                advice: "Make one: cairn keygen hpke --out FILE, and name FILE.pub here.")
        }
        return config
    }
}
