import Crypto
import DAP
import Ledger

/// A claim of credit, in one file: everything that a verifier needs beside λ and a log policy.
///
///     opaque text<0..2^8-1>;                      /* UTF-8 */
///
///     struct {
///         opaque task_configuration<1..2^16-1>;
///         opaque close_proof<1..2^32-1>;          /* tlog-proof file whose extra is the close entry */
///         opaque lambda_digest<0..32>;            /* empty for unit credit */
///     } ClaimBatch;
///
///     struct {
///         uint16 batch;                           /* index into batches */
///         opaque report_entry<1..2^16-1>;
///         uint64 leaf_index;                      /* in the tree of the close */
///         opaque path<0..2^16-1>;                 /* sibling hashes, the leaf's first */
///         opaque note<0..2^16-1>;                 /* CreditNote; empty for unit credit */
///     } ClaimItem;
///
///     struct {
///         opaque magic[16] = "cairn claim v1\n\0";
///         text audience;                          /* who is to believe it */
///         text purpose;                           /* what for */
///         text recipient;                         /* to whom what it earns is due */
///         CreditStatement statement;
///         ClaimBatch batches<1..2^32-1>;
///         ClaimItem items<1..2^32-1>;
///         opaque total_proof<0..2^16-1>;          /* empty for unit credit */
///         opaque signatures[64 * number of items];
///     } CreditClaim;
///
/// `Protocols/credit.md` §4.
package struct CreditClaim: Sendable, Equatable {
    /// Whom a claim is meant for. A claim that is shown to anybody else proves nothing to them.
    package struct Context: Sendable, Hashable {
        package var audience: String
        package var purpose: String
        package var recipient: String

        package init(audience: String, purpose: String, recipient: String) {
            self.audience = audience
            self.purpose = purpose
            self.recipient = recipient
        }
    }

    package struct Batch: Sendable, Equatable {
        package var configuration: [UInt8]
        package var closeProof: [UInt8]
        package var weightsDigest: [UInt8]

        package init(configuration: [UInt8], closeProof: [UInt8], weightsDigest: [UInt8]) {
            self.configuration = configuration
            self.closeProof = closeProof
            self.weightsDigest = weightsDigest
        }
    }

    package struct Item: Sendable, Equatable {
        package var batch: UInt16
        package var entry: [UInt8]
        package var index: UInt64
        package var path: [[UInt8]]
        package var note: [UInt8]

        package init(batch: UInt16, entry: [UInt8], index: UInt64, path: [[UInt8]], note: [UInt8]) {
            self.batch = batch
            self.entry = entry
            self.index = index
            self.path = path
            self.note = note
        }
    }

    package var context: Context
    package var statement: CreditStatement
    package var batches: [Batch]
    package var items: [Item]
    package var totalProof: [UInt8]
    package var signatures: [[UInt8]]

    package init(
        context: Context, statement: CreditStatement, batches: [Batch], items: [Item], totalProof: [UInt8],
        signatures: [[UInt8]]
    ) {
        self.context = context
        self.statement = statement
        self.batches = batches
        self.items = items
        self.totalProof = totalProof
        self.signatures = signatures
    }

    static let magic = Array("cairn claim v1\n\0".utf8)
    /// The most receipts in one claim: 4,096.
    package static let mostItems = 4096
    /// The longest claim, in bytes: 64 MiB.
    package static let maximumSize = 64 << 20

    /// What the proof of the total is bound to: all that comes before it.
    package var contextDigest: [UInt8] {
        var writer = ByteWriter()
        writeContext(&writer)
        return Array(SHA256.hash(data: writer.bytes))
    }

    /// What every claim key signs: `"Cairn v1 credit claim" ‖ 0x00 ‖ SHA-256(all that comes before the signatures)`.
    package var signedBytes: [UInt8] {
        var writer = ByteWriter()
        writeContext(&writer)
        writer.opaque16(totalProof)
        return Array("Cairn v1 credit claim\0".utf8) + Array(SHA256.hash(data: writer.bytes))
    }

    /// SHA-256 of the whole claim.
    package var hash: [UInt8] { Array(SHA256.hash(data: encoded())) }

    private func writeContext(_ writer: inout ByteWriter) {
        writer.write(Self.magic)
        for text in [context.audience, context.purpose, context.recipient] { writer.opaque8(Array(text.utf8)) }
        statement.encode(into: &writer)
        writer.opaque32(encoded(batches))
        writer.opaque32(encoded(items))
    }

    private func encoded(_ parts: [some WireMessage]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(parts)
        return writer.bytes
    }
}

extension CreditClaim: WireMessage {
    package init(from reader: inout ByteReader) throws(CodecError) {
        guard try reader.bytes(Self.magic.count, "magic") == Self.magic else {
            throw .invalidValue(field: "magic", reason: "not a credit claim, or one of another version")
        }
        context = Context(
            audience: try Self.text(&reader, "audience"), purpose: try Self.text(&reader, "purpose"),
            recipient: try Self.text(&reader, "recipient"))
        statement = try CreditStatement(from: &reader)
        batches = try Self.list(&reader, "batches")
        items = try Self.list(&reader, "items")
        totalProof = try reader.opaque16("total_proof")
        var signatures: [[UInt8]] = []
        for _ in items { signatures.append(try reader.bytes(LedgerSignature.size, "signatures")) }
        self.signatures = signatures
    }

    package func encode(into writer: inout ByteWriter) {
        writeContext(&writer)
        writer.opaque16(totalProof)
        for signature in signatures { writer.write(signature) }
    }

    private static func text(_ reader: inout ByteReader, _ field: String) throws(CodecError) -> String {
        guard let text = String(validating: try reader.opaque8(field), as: UTF8.self) else {
            throw .invalidValue(field: field, reason: "not UTF-8")
        }
        return text
    }

    private static func list<Part: WireMessage>(
        _ reader: inout ByteReader, _ field: String
    ) throws(CodecError) -> [Part] {
        var inner = ByteReader(try reader.opaque32(field, allowEmpty: false))
        var parts: [Part] = []
        while inner.remaining > 0 {
            guard parts.count < mostItems else { throw .tooLong(field: field, maximum: mostItems) }
            parts.append(try Part(from: &inner))
        }
        return parts
    }
}

extension CreditClaim.Batch: WireMessage {
    package init(from reader: inout ByteReader) throws(CodecError) {
        configuration = try reader.opaque16("task_configuration", allowEmpty: false)
        closeProof = try reader.opaque32("close_proof", allowEmpty: false)
        weightsDigest = try reader.opaque8("lambda_digest")
        guard weightsDigest.isEmpty || weightsDigest.count == 32 else {
            throw .invalidValue(field: "lambda_digest", reason: "\(weightsDigest.count) bytes instead of 0 or 32")
        }
    }

    package func encode(into writer: inout ByteWriter) {
        writer.opaque16(configuration)
        writer.opaque32(closeProof)
        writer.opaque8(weightsDigest)
    }
}

extension CreditClaim.Item: WireMessage {
    package init(from reader: inout ByteReader) throws(CodecError) {
        batch = try reader.uint16("batch")
        entry = try reader.opaque16("report_entry", allowEmpty: false)
        index = try reader.uint64("leaf_index")
        var inner = ByteReader(try reader.opaque16("path"))
        var path: [[UInt8]] = []
        while inner.remaining > 0 { path.append(try inner.bytes(32, "path")) }
        self.path = path
        note = try reader.opaque16("note")
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(batch)
        writer.opaque16(entry)
        writer.write(index)
        writer.opaque16(path.flatMap { $0 })
        writer.opaque16(note)
    }
}
