import Crypto
import DAP

/// The first 83 bytes of a wallet.
///
///     struct {
///         opaque magic[16] = "cairn wallet v1\n";
///         opaque wallet_id[16];                  /* random: frames of two wallets never fit each other */
///         opaque salt[16];                       /* of scrypt */
///         uint8 log_n;                           /* scrypt's N = 2^log_n */
///         uint8 r;
///         uint8 p;
///         opaque tag[32];                        /* HMAC-SHA256 under the header key over all before it */
///     } WalletHeader;
///
/// The tag tells a wrong passphrase from a damaged wallet before anything else is read. The header's hash is part of
/// what every frame authenticates.
package struct WalletHeader: WireMessage, Equatable {
    package static let magic = Array("cairn wallet v1\n".utf8)
    package static let size = 83

    package let walletID: [UInt8]
    package let salt: [UInt8]
    package let parameters: ScryptParameters
    package let tag: [UInt8]

    package init(walletID: [UInt8] = SecureRandom.bytes(16), key: WalletKey) {
        self.walletID = walletID
        salt = key.salt
        parameters = key.parameters
        let fields = Self.fields(walletID: walletID, salt: key.salt, parameters: key.parameters)
        tag = Array(HMAC<SHA256>.authenticationCode(for: fields, using: key.headerKey))
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let magic = try reader.bytes(Self.magic.count, "magic")
        guard magic == Self.magic else {
            // A later version counts up before the line feed.
            if magic.dropLast(2) == Self.magic.dropLast(2), magic.last == Self.magic.last,
                let version = magic.dropLast().last, (UInt8(ascii: "2")...UInt8(ascii: "9")).contains(version)
            {
                throw .unsupported(field: "magic", value: UInt64(version))
            }
            throw .invalidValue(field: "magic", reason: "it does not start with 'cairn wallet v1'")
        }
        walletID = try reader.bytes(16, "wallet_id")
        salt = try reader.bytes(WalletKey.saltSize, "salt")
        parameters = ScryptParameters(
            logN: try reader.uint8("log_n"), r: try reader.uint8("r"), p: try reader.uint8("p"))
        guard parameters.isBearable else {
            throw .invalidValue(field: "log_n", reason: "scrypt with these parameters would cost more than 1 GiB")
        }
        tag = try reader.bytes(32, "tag")
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(Self.fields(walletID: walletID, salt: salt, parameters: parameters))
        writer.write(tag)
    }

    /// Whether `key` is the key that this header was made with.
    package func isAuthentic(under key: WalletKey) -> Bool {
        guard key.salt == salt, key.parameters == parameters else { return false }
        let fields = Self.fields(walletID: walletID, salt: salt, parameters: parameters)
        return HMAC<SHA256>.isValidAuthenticationCode(tag, authenticating: fields, using: key.headerKey)
    }

    /// SHA-256 of the header.
    var hash: [UInt8] { Array(SHA256.hash(data: encoded())) }

    private static func fields(walletID: [UInt8], salt: [UInt8], parameters: ScryptParameters) -> [UInt8] {
        magic + walletID + salt + [parameters.logN, parameters.r, parameters.p]
    }
}
