import Contributor
import DAP
import Encodings
import Foundation
import Wallet

/// How files and rows are called, on the command line and in what people read.
enum RowNames {
    /// The path by which the wallet knows a file; empty for what comes through a pipe, which has no name.
    static func path(_ argument: String) -> String {
        // Below /dev lie pipes and terminals; but files in memory, too.
        guard argument != "-", !argument.hasPrefix("/dev/") || argument.hasPrefix("/dev/shm/") else { return "" }
        return URL(fileURLWithPath: argument).standardizedFileURL.path
    }

    /// A file in the wallet, for people.
    static func file(_ path: String) -> String {
        path.isEmpty ? "standard input" : shown((path as NSString).lastPathComponent)
    }

    /// A name as it is, unless a terminal would obey something in it.
    static func shown(_ name: String) -> String {
        let isPlain = name.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
        }
        return isPlain ? name : name.quotedForPeople
    }

    /// `row 3`, with its line where that is another number.
    static func row(_ number: Int, line: Int) -> String {
        line == number ? "row \(number)" : "row \(number) (line \(line))"
    }

    /// `rows 3 (line 4), 7 (line 8) and 20 more`
    static func rows(_ rows: [(number: Int, line: Int)], most: Int = 5) -> String {
        let names = rows.prefix(most).map { row($0.number, line: $0.line).dropFirst("row ".count) }
        let rest = rows.count > most ? " and \(rows.count - most) more" : ""
        return (rows.count == 1 ? "row " : "rows ") + names.joined(separator: ", ") + rest
    }

    /// The files of a task that an argument may mean: by path, or else by name; all of them where none is given.
    ///
    /// - Throws: where there is none.
    static func sources(_ argument: String?, in contents: WalletContents, task: TaskID?) throws -> [RowSource] {
        let all = contents.sortedSources.filter { task == nil || $0.key.taskID == task }
        guard !all.isEmpty else {
            throw CommandFailure(
                "no rows of a file were sent\(task == nil ? "" : " to the task") out of this wallet",
                advice: "What was sent otherwise: cairn receipt list")
        }
        guard let argument else { return all }
        let full = path(argument)
        let there = all.filter { $0.path == full }
        let found = there.isEmpty ? all.filter { ($0.path as NSString).lastPathComponent == argument } : there
        guard !found.isEmpty else {
            throw CommandFailure(
                "no rows of \(shown(argument)) were sent", advice: "Files that were: \(names(all)).")
        }
        return found
    }

    static func names(_ sources: [RowSource]) -> String {
        var seen: Set<String> = []
        let names = sources.map { file($0.path) }.filter { seen.insert($0).inserted }
        return names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}
