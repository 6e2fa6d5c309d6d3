// `$1` is a name to SQLite, and a name binds by where it stands first: `… $2 … $1 …` would swap the two. `?1` binds by its
// number, as `$1` does in PostgreSQL.

/// A statement's text as SQLite reads it.
enum SQLitePlaceholders {
    /// Writes `?n` for every `$n` outside of literals, quoted names and comments.
    static func rewriting(_ sql: String) -> String {
        let text = Array(sql.utf8)
        var rewritten: [UInt8] = []
        rewritten.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            if let end = endOfQuoted(text, at: index) {
                rewritten += text[index..<end]
                index = end
                continue
            }
            let isPlaceholder = byte == UInt8(ascii: "$") && index + 1 < text.count && isDigit(text[index + 1])
            rewritten.append(isPlaceholder ? UInt8(ascii: "?") : byte)
            index += 1
        }
        return String(decoding: rewritten, as: UTF8.self)
    }

    /// Where the literal, quoted name or comment that begins at `start` ends; nil where none begins. A doubled quote inside
    /// one looks like the end and another beginning, which comes to the same.
    private static func endOfQuoted(_ text: [UInt8], at start: Int) -> Int? {
        let next = start + 1 < text.count ? text[start + 1] : 0
        switch (text[start], next) {
        case (UInt8(ascii: "'"), _), (UInt8(ascii: "\""), _):
            return (text[(start + 1)...].firstIndex(of: text[start]) ?? text.count - 1) + 1
        case (UInt8(ascii: "-"), UInt8(ascii: "-")):
            return text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
        case (UInt8(ascii: "/"), UInt8(ascii: "*")):
            var index = start + 2
            while index + 1 < text.count {
                if text[index] == UInt8(ascii: "*"), text[index + 1] == UInt8(ascii: "/") { return index + 2 }
                index += 1
            }
            return text.count
        default:
            return nil
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
