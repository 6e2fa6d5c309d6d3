extension String {
    /// The text without anything that a terminal obeys instead of showing it. Line feeds and tabs stay.
    ///
    /// Whatever is printed may hold text by others: a cell of a file, a task's name, a node's answer. Control characters in
    /// it move the cursor, change the window's title or hide what came before; marks of direction let a line read
    /// differently from what it says. They are shown as `\u{1b}`.
    package var safeForTerminals: String {
        guard utf8.contains(where: { $0 >= 0x7F || $0 < 0x20 && $0 != 0x0A && $0 != 0x09 }) else { return self }
        var shown = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar.isObeyedByTerminals && scalar != "\n" && scalar != "\t" {
                shown.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }
}

extension Unicode.Scalar {
    /// Whether a terminal, or the layout of text, takes this for an order: control characters, the ends of lines and
    /// paragraphs, marks of direction, byte order marks. Joiners, which scripts and emoji need, are none.
    package var isObeyedByTerminals: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x206F, 0xFEFF, 0xFFF9...0xFFFB,
            0xE0000..<0xE1000:
            true
        default: false
        }
    }
}
