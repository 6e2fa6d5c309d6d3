// What makes bytes a text: UTF-8, with or without a byte order mark, lines ended as on any platform, no NUL.
//
// Other encodings are named and refused. To guess between Latin-1 and its many kin would change somebody's names without a
// word, and UTF-16 that is read as UTF-8 fails in places that say nothing about the cause.

/// What makes bytes a text.
public enum InputText {
    /// Why bytes are not a text. Lines and columns count from 1; a column is a character of the line.
    public enum Problem: Error, Sendable, Equatable {
        /// Text in another encoding: its name for people, and for `iconv`.
        case encoding(String, iconv: String)
        /// A NUL character, at this place, counted from 1: not text at all.
        case nul(line: Int, column: Int)
        /// A byte that cannot stand there in UTF-8; line and column are counted from 1.
        case notUTF8(byte: UInt8, line: Int, column: Int)
    }

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// The text, with every line end (CR LF, LF, or CR alone) as one line feed, and without a byte order mark.
    package static func decode(_ bytes: [UInt8]) throws(Problem) -> String {
        if let problem = otherEncoding(bytes) { throw problem }
        let body = bytes.starts(with: mark) ? bytes[mark.count...] : bytes[...]
        if let nul = body.firstIndex(of: 0) {
            let (line, column) = place(of: nul, in: body)
            throw .nul(line: line, column: column)
        }
        let lines = body.contains(carriageReturn) ? unified(body)[...] : body
        if let text = String(validating: lines, as: UTF8.self) { return text }
        let wrong = firstInvalid(lines) ?? lines.startIndex
        let (line, column) = place(of: wrong, in: lines)
        throw .notUTF8(byte: lines[wrong], line: line, column: column)
    }

    /// The only line of a text, without white space at either end; nil where there is none, or more.
    package static func onlyLine(of text: String) -> String? {
        let line = trimmed(text[...])
        return line.isEmpty || line.contains("\n") ? nil : String(line)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return start.prefix(0) }
        return start[...last]
    }

    /// Marks of other encodings, and what UTF-16 without one looks like: every other byte of Latin text is zero.
    private static func otherEncoding(_ bytes: [UInt8]) -> Problem? {
        let marks: [([UInt8], String, String)] = [
            ([0xFF, 0xFE, 0, 0], "UTF-32 (little-endian)", "UTF-32LE"),
            ([0, 0, 0xFE, 0xFF], "UTF-32 (big-endian)", "UTF-32BE"),
            ([0xFF, 0xFE], "UTF-16 (little-endian)", "UTF-16LE"), ([0xFE, 0xFF], "UTF-16 (big-endian)", "UTF-16BE"),
        ]
        if let (_, name, iconv) = marks.first(where: { bytes.starts(with: $0.0) }) {
            // `iconv` drops the mark only where it may find out the byte order by it.
            return .encoding(name, iconv: String(iconv.dropLast(2)))
        }
        let head = bytes.prefix(64)
        guard head.count >= 4, head.count % 2 == 0 || head.count == 64 else { return nil }
        func isZero(_ rest: Int) -> Bool { head.indices.allSatisfy { $0 % 2 != rest || head[$0] == 0 } }
        func isASCII(_ rest: Int) -> Bool { head.indices.allSatisfy { $0 % 2 != rest || (9..<127).contains(head[$0]) } }
        if isZero(1), isASCII(0) { return .encoding("UTF-16 (little-endian)", iconv: "UTF-16LE") }
        if isZero(0), isASCII(1) { return .encoding("UTF-16 (big-endian)", iconv: "UTF-16BE") }
        return nil
    }

    private static func unified(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var isAfterReturn = false
        for byte in bytes {
            if byte == carriageReturn {
                result.append(lineFeed)
            } else if byte != lineFeed || !isAfterReturn {
                result.append(byte)
            }
            isAfterReturn = byte == carriageReturn
        }
        return result
    }

    /// Where the first byte stands that begins no character, or ends one too early.
    private static func firstInvalid(_ bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let length =
                switch bytes[index] {
                case 0..<0x80: 1
                case 0xC2..<0xE0: 2
                case 0xE0..<0xF0: 3
                case 0xF0..<0xF5: 4
                default: 0
                }
            let end = index + length
            guard length > 0, end <= bytes.endIndex, String(validating: bytes[index..<end], as: UTF8.self) != nil
            else { return index }
            index = end
        }
        return nil
    }

    private static func place(of index: Int, in bytes: ArraySlice<UInt8>) -> (line: Int, column: Int) {
        var line = 1
        var start = bytes.startIndex
        var isAfterReturn = false
        for position in bytes.startIndex..<index {
            let byte = bytes[position]
            if byte == carriageReturn || byte == lineFeed {
                if byte == carriageReturn || !isAfterReturn { line += 1 }
                start = position + 1
            }
            isAfterReturn = byte == carriageReturn
        }
        return (line, String(decoding: bytes[start..<index], as: UTF8.self).count + 1)
    }
}
