import DAP

/// One leaf of Cairn's transparency log: a type and a body that only that type can read.
///
///     struct {
///         uint16 entry_type;
///         opaque body[entry_length - 2];
///     } LedgerEntry;
///
/// The encoding is canonical: a decoder accepts exactly the bytes that the encoder makes, so an entry has one leaf hash.
/// Readers skip types that they do not know; that is how the log grows new kinds of entry.
/// Specified in `Protocols/log-entries.md`.
package enum LedgerEntry: Sendable, Equatable {
    case task(TaskEntry)
    case round(RoundEntry)
    case report(ReportEntry)
    case rejected(RejectedEntry)
    case withdrawal(WithdrawalEntry)
    case close(CloseEntry)
    case batch(BatchEntry)
    case model(ModelEntry)
    case payout(PayoutEntry)
    case reveal(RevealEntry)
    /// A type that this version does not know, kept byte for byte.
    case unknown(type: UInt16, body: [UInt8])

    /// The longest entry that a tile can carry (C2SP tlog-tiles).
    package static let maxSize = 65_535

    package enum EntryType: UInt16, Sendable {
        case task = 1
        case round = 2
        case report = 3
        case rejected = 4
        case withdrawal = 5
        case close = 6
        case batch = 7
        case model = 8
        case payout = 9
        case reveal = 11
    }

    /// Reads one entry; `bytes` must be the whole leaf.
    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        let type = try reader.uint16("entry_type")
        switch EntryType(rawValue: type) {
        case .task: self = .task(try TaskEntry(from: &reader))
        case .round: self = .round(try RoundEntry(from: &reader))
        case .report: self = .report(try ReportEntry(from: &reader))
        case .rejected: self = .rejected(try RejectedEntry(from: &reader))
        case .withdrawal: self = .withdrawal(try WithdrawalEntry(from: &reader))
        case .close: self = .close(try CloseEntry(from: &reader))
        case .batch: self = .batch(try BatchEntry(from: &reader))
        case .model: self = .model(try ModelEntry(from: &reader))
        case .payout: self = .payout(try PayoutEntry(from: &reader))
        case .reveal: self = .reveal(try RevealEntry(from: &reader))
        case nil: self = .unknown(type: type, body: try reader.bytes(reader.remaining, "body"))
        }
        try reader.finish()
    }

    /// The type's name in `Protocols/log-entries.md`; of an unknown type its number.
    package var name: String {
        switch self {
        case .task: "task"
        case .round: "round"
        case .report: "report"
        case .rejected: "rejected"
        case .withdrawal: "withdrawal"
        case .close: "close"
        case .batch: "batch"
        case .model: "model"
        case .payout: "payout"
        case .reveal: "reveal"
        case .unknown(let type, _): "type \(type)"
        }
    }

    /// The leaf's bytes.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .task(let entry): writer.entry(.task, entry)
        case .round(let entry): writer.entry(.round, entry)
        case .report(let entry): writer.entry(.report, entry)
        case .rejected(let entry): writer.entry(.rejected, entry)
        case .withdrawal(let entry): writer.entry(.withdrawal, entry)
        case .close(let entry): writer.entry(.close, entry)
        case .batch(let entry): writer.entry(.batch, entry)
        case .model(let entry): writer.entry(.model, entry)
        case .payout(let entry): writer.entry(.payout, entry)
        case .reveal(let entry): writer.entry(.reveal, entry)
        case .unknown(let type, let body):
            writer.write(type)
            writer.write(body)
        }
        return writer.bytes
    }
}

extension ByteWriter {
    fileprivate mutating func entry(_ type: LedgerEntry.EntryType, _ body: some WireMessage) {
        write(type.rawValue)
        body.encode(into: &self)
    }
}
