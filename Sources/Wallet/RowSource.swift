import DAP
import Encodings

/// Names a file of rows among those whose rows were sent to a task: 16 bytes, which follow from the wallet's seed, the
/// task and what the file held when it was first sent.
package struct SourceID: Hashable, Sendable {
    package static let size = 16
    package let bytes: [UInt8]

    /// - Precondition: 16 bytes.
    package init(_ bytes: [UInt8]) {
        precondition(bytes.count == Self.size, "a source's id has 16 bytes")
        self.bytes = bytes
    }

    /// In hexadecimal.
    package var name: String { Hex.encode(bytes) }
}

/// A file whose rows were sent to a task, so that the same command sends each of them once.
///
///     struct {
///         TaskID task_id;
///         opaque source_id[16];
///         opaque path<0..2^16-1>;      /* UTF-8 */
///         opaque columns<0..2^16-1>;   /* UTF-8 */
///         uint64 rows;
///         opaque contents[32];
///     } RowSource;
///
/// Nothing of it ever leaves the wallet: a node sees report ids, which tell nothing about files.
package struct RowSource: Sendable, Equatable {
    package struct Key: Hashable, Sendable {
        package let taskID: TaskID
        package let sourceID: SourceID

        package init(_ taskID: TaskID, _ sourceID: SourceID) {
            self.taskID = taskID
            self.sourceID = sourceID
        }
    }

    package let key: Key
    /// Where the file was the last time it was sent.
    package let path: String
    /// Which of its columns, in words.
    package let columns: String
    /// How many rows it had the last time.
    package let rows: UInt64
    /// A hash of all rows' values, the last time.
    package let contents: [UInt8]

    /// - Precondition: 32 bytes of contents.
    package init(key: Key, path: String, columns: String, rows: UInt64, contents: [UInt8]) {
        precondition(contents.count == 32, "contents are a hash of 32 bytes")
        self.key = key
        self.path = path
        self.columns = columns
        self.rows = rows
        self.contents = contents
    }
}

extension RowSource: WireMessage {
    package init(from reader: inout ByteReader) throws(CodecError) {
        let task = try TaskID(from: &reader)
        key = Key(task, SourceID(try reader.bytes(SourceID.size, "source_id")))
        path = try Self.text(&reader, "path")
        columns = try Self.text(&reader, "columns")
        rows = try reader.uint64("rows")
        contents = try reader.bytes(32, "contents")
    }

    package func encode(into writer: inout ByteWriter) {
        key.taskID.encode(into: &writer)
        writer.write(key.sourceID.bytes)
        writer.opaque16(Array(path.utf8))
        writer.opaque16(Array(columns.utf8))
        writer.write(rows)
        writer.write(contents)
    }

    private static func text(_ reader: inout ByteReader, _ field: String) throws(CodecError) -> String {
        guard let text = String(validating: try reader.opaque16(field), as: UTF8.self) else {
            throw .invalidValue(field: field, reason: "it is not UTF-8")
        }
        return text
    }
}

/// Which row of a file a report was made of.
///
///     struct {
///         opaque source_id[16];
///         uint64 row;              /* of the data, from 1 */
///         uint64 line;             /* of the file, from 1 */
///         uint32 generation;       /* how many reports were made of this row before */
///         opaque digest[32];       /* of the row's values */
///     } ReportRow;
package struct ReportRow: Sendable, Equatable {
    package let sourceID: SourceID
    /// Of the data, from 1: a header is none.
    package let row: UInt64
    /// Of the file, from 1.
    package let line: UInt64
    /// How many reports were made of this row before.
    package let generation: UInt32
    /// Of the row's values, 32 bytes.
    package let digest: [UInt8]

    /// - Precondition: a digest of 32 bytes.
    package init(sourceID: SourceID, row: UInt64, line: UInt64, generation: UInt32, digest: [UInt8]) {
        precondition(digest.count == 32, "a digest has 32 bytes")
        self.sourceID = sourceID
        self.row = row
        self.line = line
        self.generation = generation
        self.digest = digest
    }
}

extension ReportRow: WireMessage {
    package init(from reader: inout ByteReader) throws(CodecError) {
        sourceID = SourceID(try reader.bytes(SourceID.size, "source_id"))
        row = try reader.uint64("row")
        line = try reader.uint64("line")
        generation = try reader.uint32("generation")
        digest = try reader.bytes(32, "digest")
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(sourceID.bytes)
        writer.write(row)
        writer.write(line)
        writer.write(generation)
        writer.write(digest)
    }
}
