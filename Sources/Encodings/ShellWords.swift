/// Commands that a person may copy out of a message into a shell: every word reaches the program as it was meant.
package enum ShellWords {
    /// The line for a command, `cairn contribute --task 'my task'`.
    package static func line(_ words: [String]) -> String {
        words.map(quote).joined(separator: " ")
    }

    /// One word. Single quotes keep everything that shells would take apart or expand; a word with control characters is
    /// written with escapes (`$'…'`), so that it neither breaks the line nor reaches the terminal.
    package static func quote(_ word: String) -> String {
        if word.isEmpty { return "''" }
        if word.unicodeScalars.contains(where: isControl) { return escaped(word) }
        // A leading tilde would be expanded, and a word such as `A=b` in front would be taken for an assignment.
        if word.unicodeScalars.allSatisfy(isPlain), word.first != "~" { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    /// A file's name as an argument: one that begins with a dash would be taken for an option.
    package static func path(_ path: String) -> String { path.hasPrefix("-") ? "./" + path : path }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", ":", "@", "%", "+", ",", "~", "^": true
        case "=": true
        // Letters of other scripts mean nothing to a shell.
        default: scalar.value > 0x7f && scalar.properties.isAlphabetic
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        let category = scalar.properties.generalCategory
        return category == .control || category == .format || category == .lineSeparator
            || category == .paragraphSeparator
    }

    private static func escaped(_ word: String) -> String {
        var text = "$'"
        for scalar in word.unicodeScalars {
            switch scalar {
            case "\n": text += #"\n"#
            case "\t": text += #"\t"#
            case "'", "\\": text += "\\" + String(scalar)
            case _ where isControl(scalar):
                let digits = String(scalar.value, radix: 16)
                text += #"\U"# + String(repeating: "0", count: 8 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "'"
    }
}
