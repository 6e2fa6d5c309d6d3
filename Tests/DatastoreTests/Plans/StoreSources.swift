import Foundation

/// The statements in the sources of the stores, as far as their texts say: what stands in string literals.
///
/// Tests ask the databases questions of their own. This tells a statement of the stores from one of those.
struct StoreSources: Sendable {
    /// A literal: constant pieces, and between each two of them what is put in when it is used.
    struct Literal: Sendable {
        var pieces: [String]
        /// One less than pieces.
        var insertions: [String]
        let file: String

        /// Whether it is a whole statement.
        var isStatement: Bool {
            StoreSources.verbs.contains { pieces[0].hasPrefix($0 + " ") }
        }
    }

    static let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]

    let literals: [Literal]
    private let texts: [[String]]

    /// Those of the files under `Sources/Datastore`, the engines and the definitions of tables left out.
    static let all: StoreSources = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = package.appending(path: "Sources/Datastore")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var found: [Literal] = []
        for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
            guard !file.path.contains("/Engine/"), !file.path.contains("/Schema/"),
                let text = try? String(contentsOf: file, encoding: .utf8)
            else { continue }
            found += literals(in: Array(text), file: file.lastPathComponent)
        }
        return StoreSources(found)
    }()

    private init(_ literals: [Literal]) {
        self.literals = literals
        // What has too little text of its own would be found in anything.
        texts = literals.filter { $0.isStatement || $0.pieces.joined().count > 20 }.map(\.pieces)
    }

    /// Whether the stores have such a statement.
    func contains(_ sql: String) -> Bool {
        let sql = Self.onOneLine(sql)
        return texts.contains { pieces in
            guard sql.hasPrefix(pieces[0]), sql.hasSuffix(pieces[pieces.count - 1]) else { return false }
            var rest = sql.dropFirst(pieces[0].count)
            for piece in pieces.dropFirst() {
                guard let range = rest.range(of: piece) else { return false }
                rest = rest[range.upperBound...]
            }
            return pieces.count > 1 || rest.isEmpty
        }
    }

    static func onOneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    // MARK: Reading Swift

    private static func literals(in text: [Character], file: String) -> [Literal] {
        var found: [Literal] = []
        var index = 0
        func isAt(_ words: String) -> Bool {
            text[index...].starts(with: words)
        }
        while index < text.count {
            if isAt("//") {
                while index < text.count, text[index] != "\n" { index += 1 }
            } else if text[index] == "\"" {
                let quote = isAt("\"\"\"") ? "\"\"\"" : "\""
                index += quote.count
                var (pieces, insertions) = ([""], [String]())
                while index < text.count, !isAt(quote) {
                    guard isAt("\\") else {
                        pieces[pieces.count - 1].append(text[index])
                        index += 1
                        continue
                    }
                    guard isAt("\\(") else {
                        index += 2
                        continue
                    }
                    let start = index + 2
                    var depth = 0
                    repeat {
                        index += 1
                        if text[index] == "(" { depth += 1 }
                        if text[index] == ")" { depth -= 1 }
                    } while depth > 0
                    insertions.append(String(text[start..<index]))
                    pieces.append("")
                    index += 1
                }
                index += quote.count
                found.append(Literal(pieces: pieces.map(spaced), insertions: insertions, file: file).trimmed())
            } else {
                index += 1
            }
        }
        return found
    }

    /// Every run of spaces and line ends as one space, at the ends too.
    private static func spaced(_ text: String) -> String {
        let inner = onOneLine(text)
        guard !inner.isEmpty else { return text.isEmpty ? "" : " " }
        return (text.first?.isWhitespace == true ? " " : "") + inner + (text.last?.isWhitespace == true ? " " : "")
    }
}

extension StoreSources.Literal {
    /// Without spaces in front and behind.
    fileprivate func trimmed() -> Self {
        var copy = self
        if copy.pieces[0].hasPrefix(" ") { copy.pieces[0].removeFirst() }
        let last = copy.pieces.count - 1
        if copy.pieces[last].hasSuffix(" ") { copy.pieces[last].removeLast() }
        return copy
    }
}
