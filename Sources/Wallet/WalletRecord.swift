import DAP
import Secrets
import TaskTypes
import Tasks

/// One fact in a wallet. A frame's contents are records, one after the other; later ones amend earlier ones.
///
///     enum { seed(1), report(2), state(3), receipt(4), promise(5), forgotten(6), doubt(7), shares(8), source(9),
///            row(10), end(16), task(17), (255) } RecordType;
///     struct {
///         RecordType type;
///         select (type) {
///             case seed:      opaque seed[32];
///             case report:    ReportKey key; uint64 time; ReportState state; Opening opening<0..1>;
///             case state:     ReportKey key; ReportState state;
///             case receipt:   ReportKey key; opaque tlog_proof<0..2^32-1>;
///             case promise:   ReportKey key; opaque promise<0..2^32-1>;
///             case forgotten: ReportKey key;
///             case doubt:     ReportKey key; Doubt doubt;
///             case shares:    ReportKey key; KeptShares shares;
///             case source:    RowSource source;
///             case row:       ReportKey key; ReportRow row;
///             case end:       uint64 frames;
///             case task:      opaque task_file<0..2^32-1>;
///         };
///     } WalletRecord;
///
/// with `ReportKey` = task id ‖ report id, and `Opening opening<0..1>` = one byte 0 or 1, and then that many.
package enum WalletRecord: Sendable, Equatable {
    /// From which all claim keys derive. The first record of every wallet, and never another one.
    case seed([UInt8])
    case report(ReportRecord)
    case state(ReportKey, ReportRecord.State)
    /// The text of a `.tlog-proof` file.
    case receipt(ReportKey, [UInt8])
    /// The text of the leader's promise.
    case promise(ReportKey, [UInt8])
    /// The report was never sent in this form. Older versions wrote it; nothing is forgotten any more.
    case forgotten(ReportKey)
    /// What has been found out about a report whose upload had a doubtful end.
    case doubt(ReportKey, ReportDoubt)
    /// What it takes to send an unanswered report again as it was.
    case shares(ReportKey, KeptShares)
    /// A file whose rows were sent.
    case source(RowSource)
    /// Which row of such a file the report was made of.
    case row(ReportKey, ReportRow)
    /// A backup ends here, after so many frames: where this is missing, something is cut off.
    case end(frames: UInt64)
    /// A task that was installed when a backup was made: the text of its file.
    case task([UInt8])

    package static func newSeed() -> WalletRecord { .seed(SecureRandom.bytes(ClaimKey.seedSize)) }
}

extension WalletRecord: WireMessage {
    private enum Kind: UInt8 {
        case seed = 1
        case report, state, receipt, promise, forgotten, doubt, shares, source, row
        case end = 16
        case task = 17
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let type = try reader.uint8("type")
        // A program that skipped what it does not know would lose it when it copies the wallet.
        guard let kind = Kind(rawValue: type) else { throw .unsupported(field: "type", value: UInt64(type)) }
        switch kind {
        case .seed: self = .seed(try reader.bytes(ClaimKey.seedSize, "seed"))
        case .end: self = .end(frames: try reader.uint64("frames"))
        case .task: self = .task(try reader.opaque32("task_file"))
        case .source: self = .source(try RowSource(from: &reader))
        default: try self.init(kind, from: &reader)
        }
    }

    /// A record about a report.
    private init(_ kind: Kind, from reader: inout ByteReader) throws(CodecError) {
        let key = ReportKey(try TaskID(from: &reader), try ReportID(from: &reader))
        switch kind {
        case .seed, .source, .end, .task, .forgotten: self = .forgotten(key)
        case .report:
            let time = try reader.uint64("time")
            let state = try ReportRecord.State(from: &reader)
            let count = try reader.uint8("opening")
            guard count <= 1 else { throw .invalidValue(field: "opening", reason: "0 or 1 expected") }
            self = .report(
                ReportRecord(
                    taskID: key.taskID, reportID: key.reportID, time: time, state: state,
                    opening: count == 1 ? try ReportOpening(from: &reader) : nil))
        case .state: self = .state(key, try ReportRecord.State(from: &reader))
        case .receipt: self = .receipt(key, try reader.opaque32("tlog_proof"))
        case .promise: self = .promise(key, try reader.opaque32("promise"))
        case .doubt:
            let doubt = try reader.uint8("doubt")
            guard let known = ReportDoubt(rawValue: doubt) else {
                throw .unsupported(field: "doubt", value: UInt64(doubt))
            }
            self = .doubt(key, known)
        case .shares: self = .shares(key, try KeptShares(from: &reader))
        case .row: self = .row(key, try ReportRow(from: &reader))
        }
    }

    package func encode(into writer: inout ByteWriter) {
        func start(_ kind: Kind, _ key: ReportKey) {
            writer.write(kind.rawValue)
            key.taskID.encode(into: &writer)
            key.reportID.encode(into: &writer)
        }
        switch self {
        case .seed(let seed):
            writer.write(Kind.seed.rawValue)
            writer.write(seed)
        case .report(let record):
            start(.report, record.key)
            writer.write(record.time)
            record.state.encode(into: &writer)
            writer.write(UInt8(record.opening == nil ? 0 : 1))
            record.opening?.encode(into: &writer)
        case .state(let key, let state):
            start(.state, key)
            state.encode(into: &writer)
        case .receipt(let key, let text):
            start(.receipt, key)
            writer.opaque32(text)
        case .promise(let key, let text):
            start(.promise, key)
            writer.opaque32(text)
        case .forgotten(let key): start(.forgotten, key)
        case .doubt(let key, let doubt):
            start(.doubt, key)
            writer.write(doubt.rawValue)
        case .shares(let key, let shares):
            start(.shares, key)
            shares.encode(into: &writer)
        case .source(let source):
            writer.write(Kind.source.rawValue)
            source.encode(into: &writer)
        case .row(let key, let row):
            start(.row, key)
            row.encode(into: &writer)
        case .end(let frames):
            writer.write(Kind.end.rawValue)
            writer.write(frames)
        case .task(let file):
            writer.write(Kind.task.rawValue)
            writer.opaque32(file)
        }
    }
}

/// `enum { sent(0), stored(1), rejected(2), withdrawn(3), not_taken(4), (255) } ReportState`; behind `rejected` and
/// `not_taken` stands the reason, UTF-8, `opaque reason<0..2^16-1>`.
extension ReportRecord.State: WireMessage {
    /// Reasons come from a node, and are cut to this many Unicode scalars.
    private static let longestReason = 250

    public init(from reader: inout ByteReader) throws(CodecError) {
        let state = try reader.uint8("state")
        switch state {
        case 0: self = .sent
        case 1: self = .stored
        case 2: self = .rejected(try Self.reason(from: &reader))
        case 3: self = .withdrawn
        case 4: self = .notTaken(try Self.reason(from: &reader))
        default: throw .unsupported(field: "state", value: UInt64(state))
        }
    }

    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .sent: writer.write(UInt8(0))
        case .stored: writer.write(UInt8(1))
        case .rejected(let reason): Self.write(2, reason, into: &writer)
        case .withdrawn: writer.write(UInt8(3))
        case .notTaken(let reason): Self.write(4, reason, into: &writer)
        }
    }

    private static func reason(from reader: inout ByteReader) throws(CodecError) -> String {
        guard let reason = String(validating: try reader.opaque16("reason"), as: UTF8.self) else {
            throw .invalidValue(field: "reason", reason: "it is not UTF-8")
        }
        guard reason.unicodeScalars.count <= longestReason else {
            throw .tooLong(field: "reason", maximum: longestReason)
        }
        return reason
    }

    private static func write(_ state: UInt8, _ reason: String, into writer: inout ByteWriter) {
        writer.write(state)
        writer.opaque16(Array(String(reason.unicodeScalars.prefix(longestReason)).utf8))
    }
}

/// What opens a report's commitments, small values in few bytes:
///
///     struct {
///         uint8 width;                     /* bytes of a value: 1 to 16, as few as hold the largest */
///         opaque values<0..2^32-1>;        /* width bytes each, little-endian */
///         opaque blinds[64];               /* r_0 ‖ r_1 */
///     } Opening;
extension ReportOpening: WireMessage {
    package init(from reader: inout ByteReader) throws(CodecError) {
        let width = Int(try reader.uint8("width"))
        guard (1...16).contains(width) else { throw .invalidValue(field: "width", reason: "1 to 16 expected") }
        let bytes = try reader.opaque32("values")
        guard bytes.count % width == 0 else {
            throw .invalidValue(field: "values", reason: "\(bytes.count) bytes are no whole number of values")
        }
        let values = stride(from: 0, to: bytes.count, by: width).map { start in
            bytes[start..<start + width].reversed().reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        }
        guard Self.width(of: values) == width else {
            throw .invalidValue(field: "width", reason: "fewer bytes hold all values")
        }
        self.init(
            values: values, blinds: [try reader.bytes(32, "blinds"), try reader.bytes(32, "blinds")])
    }

    /// - Precondition: there are two blinding factors of 32 bytes.
    package func encode(into writer: inout ByteWriter) {
        precondition(blinds.map(\.count) == [32, 32], "an opening has two blinding factors")
        let width = Self.width(of: values)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * width)
        for value in values {
            for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt128(8 * index))) }
        }
        writer.write(UInt8(width))
        writer.opaque32(bytes)
        Wipe.bytes(&bytes)
        for blind in blinds { writer.write(blind) }
    }

    private static func width(of values: [UInt128]) -> Int {
        let bits = 128 - values.reduce(0, |).leadingZeroBitCount
        return max(1, (bits + 7) / 8)
    }
}
