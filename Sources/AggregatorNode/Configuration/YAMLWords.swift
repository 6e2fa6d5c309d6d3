/// What a person reads of a mistake in YAML: what was typed, and not which rule of the grammar met it.
enum YAMLWords {
    /// - Parameters:
    ///   - problem: as the parser says it.
    ///   - line: where it noticed, from 1.
    static func text(_ problem: String, line: Int, of text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.indices.contains(line - 1) ? lines[line - 1] : ""
        if shown.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
            return "the line begins with a tab: indent with spaces"
        }
        return known.first { problem.contains($0.problem) }?.words ?? problem
    }

    /// Parts of what the parser says, and what people call it.
    private static let known: [(problem: String, words: String)] = [
        (
            problem: "mapping values are not allowed",
            words: "a ':' where no value can begin: is a space missing behind "
                + "a ':' in this line or the one before it? A text with ': ' in it needs quotes"
        ),
        (
            "could not find expected ':'",
            "a line before this one is not of the form 'key: value': is a space missing "
                + "behind its ':'?"
        ),
        ("cannot start any token", "a value begins with a character that none can begin with: put it in quotes"),
        ("unexpected end of stream", "the file ends inside a quoted text, a list or a section in brackets"),
        ("another document", "the file holds more than one document, with '---' between them"),
        ("nesting level", "sections or lists lie too deep in each other"),
    ]
}
