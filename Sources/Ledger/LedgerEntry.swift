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

    /// The numbers on the line; the cases have the names that pages and people use.
    package enum EntryType: UInt16, Sendable, CaseIterable {
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

    /// What it says; nil for a type that this version does not know.
    package var body: (any EntryBody)? {
        switch self {
        case .task(let entry): entry
        case .round(let entry): entry
        case .report(let entry): entry
        case .rejected(let entry): entry
        case .withdrawal(let entry): entry
        case .close(let entry): entry
        case .batch(let entry): entry
        case .model(let entry): entry
        case .payout(let entry): entry
        case .reveal(let entry): entry
        case .unknown: nil
        }
    }

    /// The type's name in `Protocols/log-entries.md`; of an unknown type its number.
    package var name: String {
        if case .unknown(let type, _) = self { return "type \(type)" }
        return body.map { "\(type(of: $0).type)" } ?? ""
    }

    /// The leaf's bytes.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        if case .unknown(let type, let bytes) = self {
            writer.write(type)
            writer.write(bytes)
        } else if let body {
            writer.write(type(of: body).type.rawValue)
            body.encode(into: &writer)
        }
        return writer.bytes
    }
}
