import Crypto
import Datastore
import DurableFiles
import Encodings

/// The file beside a node's keys that has the newest mark that may have been shown to anybody.
///
/// ```
/// slot 0   128 bytes at 0       cairn-generation 1 NUMBER RUN CHECKSUM, blanks, a line feed
/// slot 1   128 bytes at 4096    the same
/// ```
///
/// NUMBER is decimal, RUN 32 hexadecimal digits or `-`, CHECKSUM the first 32 hexadecimal digits of the SHA-256 of what
/// stands before it and its blank. The slot with the greater number counts. A mark is written over the older slot in turn,
/// with one fdatasync, so a write that is cut off damages the slot that does not count any more, on a page of the disk that
/// the other one is not on; and its word has not left the node yet.
///
/// Before there were slots, the file was a number, and a person can still write one: `NUMBER` or `NUMBER RUN`.
package struct GenerationFile: Sendable {
    let path: String

    package init(path: String) { self.path = path }

    private static let magic = "cairn-generation 1"
    private static let slotSize = 128
    private static let pageSize = 4_096
    /// The longest file that a person or an older program has written.
    private static let textLimit = 64
    static let slots = 0..<2

    /// - Returns: nil where there is no file.
    package func read() throws -> GenerationMark? {
        guard let bytes = try DurableFile.read(path, upTo: 4 * Self.pageSize) else { return nil }
        let found = bytes.count <= Self.textLimit ? Self.plain(bytes) : Self.newest(in: bytes)
        guard let found else {
            throw GenerationError.unusable("\(path) does not hold a number: it is damaged, or another program's")
        }
        return found
    }

    /// Writes the whole file anew, both slots alike: at a start, and after a failure.
    package func replace(by mark: GenerationMark) throws(DurableFileError) {
        var bytes: [UInt8] = []
        for _ in Self.slots {
            bytes += Self.slot(mark)
            bytes += [UInt8](repeating: UInt8(ascii: " "), count: Self.pageSize - Self.slotSize)
        }
        try DurableFile.write(bytes, to: path, mode: 0o600)
    }

    /// Writes one slot.
    ///
    /// - Precondition: the other one holds the newest mark of the file.
    package func overwrite(slot: Int, by mark: GenerationMark) throws(DurableFileError) {
        try DurableFile.overwrite(Self.slot(mark), at: slot * Self.pageSize, of: path)
    }

    // MARK: Forms

    /// As a person writes it.
    static func text(_ mark: GenerationMark) -> String {
        mark.run.map { "\(mark.number) \($0.hex)" } ?? "\(mark.number)"
    }

    private static func slot(_ mark: GenerationMark) -> [UInt8] {
        let words = "\(magic) \(mark.number) \(mark.run?.hex ?? "-")"
        var bytes = Array("\(words) \(checksum(words))".utf8)
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: slotSize - 1 - bytes.count)
        return bytes + [UInt8(ascii: "\n")]
    }

    private static func checksum(_ words: String) -> String {
        String(Hex.encode(Array(SHA256.hash(data: Array(words.utf8)))).prefix(32))
    }

    private static func newest(in bytes: [UInt8]) -> GenerationMark? {
        slots.compactMap { slot in
            let start = slot * pageSize
            return bytes.count >= start + slotSize ? mark(inSlot: bytes[start..<start + slotSize]) : nil
        }.max { $0.number < $1.number }
    }

    private static func mark(inSlot bytes: ArraySlice<UInt8>) -> GenerationMark? {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: true)
        guard words.count >= 4, let number = UInt64(words[2]) else { return nil }
        let run = words[3] == "-" ? nil : GenerationRun(hex: String(words[3]))
        let mark = GenerationMark(number: number, run: run)
        // Whatever is not exactly what is written for a mark was cut off or changed.
        return slot(mark) == Array(bytes) ? mark : nil
    }

    private static func plain(_ bytes: [UInt8]) -> GenerationMark? {
        let words = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
        guard (1...2).contains(words.count), let number = UInt64(words[0]) else { return nil }
        guard words.count == 2 else { return GenerationMark(number: number, run: nil) }
        return GenerationRun(hex: String(words[1])).map { GenerationMark(number: number, run: $0) }
    }
}
