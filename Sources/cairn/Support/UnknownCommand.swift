import ArgumentParser
import Encodings

/// A word where a subcommand is expected that names none, at whatever level, such as `contribut`, or `shw` behind
/// `cairn wallet`. The argument parser takes it for an argument too many, and suggests options only.
struct UnknownCommand: Error, CustomStringConvertible {
    /// The commands in front of the word.
    let path: [String]
    let word: String
    /// The name that comes nearest, if any is near.
    let suggestion: String?
    let all: [String]

    /// - Returns: nil where every word names a command, as far as commands have subcommands.
    init?(_ arguments: [String], of root: any ParsableCommand.Type) {
        var rest = arguments[...]
        var path = ["cairn"]
        if rest.first == "help" {
            rest = rest.dropFirst()
            path.append("help")
        }
        var command: any ParsableCommand.Type = root
        while let word = rest.popFirst(), !word.hasPrefix("-") {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty else { return nil }
            if let next = subcommands.first(where: { Self.names(of: $0).contains(word) }) {
                command = next
                path.append(word)
                continue
            }
            let names = subcommands.filter { $0.configuration.shouldDisplay }.flatMap(Self.names(of:))
            // `cairn wallet help show`, too, is the argument parser's.
            guard word != "help" else { return nil }
            self.path = path
            self.word = word
            suggestion = Self.nearest(to: word, among: names)
            all = names
            return
        }
        return nil
    }

    var description: String {
        let place = path.joined(separator: " ")
        let start = "'\(place)' has no command \(word.quotedForPeople)"
        if let suggestion {
            return "\(start). Did you mean: \(place) \(suggestion)"
        }
        return "\(start). There are: \(all.joined(separator: ", "))."
    }

    private static func names(of command: any ParsableCommand.Type) -> [String] {
        [command._commandName] + command.configuration.aliases
    }

    /// The name at the smallest distance, where that is less than half of the word, or the one that the word begins.
    static func nearest(to word: String, among names: [String]) -> String? {
        let word = word.lowercased()
        if word.count > 1, let longer = names.filter({ $0.hasPrefix(word) }).min(by: { $0.count < $1.count }) {
            return longer
        }
        let near = names.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
        guard let (name, distance) = near, distance <= max(1, min(word.count, name.count) / 3) else { return nil }
        return name
    }

    /// How many characters have to be put in, taken out, replaced or swapped with their neighbour (optimal string
    /// alignment).
    static func distance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first), Array(second))
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
