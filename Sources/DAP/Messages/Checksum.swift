import Crypto

/// A batch's fingerprint, by which the aggregators notice that they aggregated different reports: the XOR of the
/// SHA-256 hashes of the report IDs (DAP-18 section 4.5.4.3).
///
/// It catches accidents, not attacks: whoever may choose report IDs can find sets with the same XOR.
public struct Checksum: Hashable, WireMessage {
    /// 32 bytes.
    public private(set) var bytes: [UInt8]

    /// The checksum of no reports.
    public init() { bytes = [UInt8](repeating: 0, count: 32) }

    /// Nil unless there are 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Adds a report, or takes it out again: XOR is its own inverse.
    public mutating func toggle(_ id: ReportID) {
        for (index, byte) in SHA256.hash(data: id.bytes).enumerated() { bytes[index] ^= byte }
    }

    /// Adds the reports of another bucket.
    public mutating func combine(_ other: Checksum) {
        for index in bytes.indices { bytes[index] ^= other.bytes[index] }
    }

    public init(from reader: inout ByteReader) throws(CodecError) {
        bytes = try reader.bytes(32, "checksum")
    }

    public func encode(into writer: inout ByteWriter) { writer.write(bytes) }
}
