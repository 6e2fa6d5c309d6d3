import DAP

/// What one Cairn node says of itself to the other (`Protocols/handshake.md`, section 2).
///
/// ```
/// struct {
///   uint16 version;
///   Role role;
///   opaque nonce[32];
///   uint64 clock;                        // POSIX seconds
///   uint64 revision;                     // grows with every change of its tasks
///   opaque software<0..2^8-1>;
///   opaque url<0..2^16-1>;               // its own public URL
///   opaque peer_url<0..2^16-1>;          // where it believes the reader to be
///   opaque statement_key[32];
///   opaque log_origin<0..2^16-1>;
///   opaque note_key<0..2^16-1>;          // leader: the log's key; helper: its witness key
/// } HandshakeIdentity;
/// ```
/// To a stranger a node leaves out what `GET /cairn/info` does not say: `clock` and `revision` are 0, `software` and
/// `peer_url` are empty.
package struct HandshakeIdentity: WireMessage, Equatable {
    /// The protocol that this code speaks. A newer one is answered in this.
    package static let currentVersion: UInt16 = 1
    package static let nonceSize = 32
    private static let keySize = 32

    package var version: UInt16
    package var role: Role
    /// From the system's generator, fresh for every message.
    package var nonce: [UInt8]
    package var clock: UInt64
    package var revision: UInt64
    package var software: String
    package var url: String
    package var peerURL: String
    package var statementKey: [UInt8]
    package var logOrigin: String
    package var noteKey: String

    package init(
        version: UInt16 = currentVersion, role: Role, nonce: [UInt8], clock: UInt64, revision: UInt64,
        software: String, url: String, peerURL: String, statementKey: [UInt8], logOrigin: String, noteKey: String
    ) {
        precondition(nonce.count == Self.nonceSize && statementKey.count == Self.keySize)
        self.version = version
        self.role = role
        self.nonce = nonce
        self.clock = clock
        self.revision = revision
        self.software = software
        self.url = url
        self.peerURL = peerURL
        self.statementKey = statementKey
        self.logOrigin = logOrigin
        self.noteKey = noteKey
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        version = try reader.uint16("version")
        guard version > 0 else { throw .invalidValue(field: "version", reason: "there is no version 0") }
        role = try Role(aggregatorFrom: &reader)
        nonce = try reader.bytes(Self.nonceSize, "nonce")
        clock = try reader.uint64("clock")
        revision = try reader.uint64("revision")
        software = try Self.text(try reader.opaque8("software"), "software")
        url = try Self.text(try reader.opaque16("url"), "url")
        peerURL = try Self.text(try reader.opaque16("peer_url"), "peer_url")
        statementKey = try reader.bytes(Self.keySize, "statement_key")
        logOrigin = try Self.text(try reader.opaque16("log_origin"), "log_origin")
        noteKey = try Self.text(try reader.opaque16("note_key"), "note_key")
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(version)
        writer.write(role.rawValue)
        writer.write(nonce)
        writer.write(clock)
        writer.write(revision)
        writer.opaque8(Array(software.utf8))
        writer.opaque16(Array(url.utf8))
        writer.opaque16(Array(peerURL.utf8))
        writer.write(statementKey)
        writer.opaque16(Array(logOrigin.utf8))
        writer.opaque16(Array(noteKey.utf8))
    }

    private static func text(_ bytes: [UInt8], _ field: String) throws(CodecError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalidValue(field: field, reason: "not UTF-8")
        }
        return text
    }
}
