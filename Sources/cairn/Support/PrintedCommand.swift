import Encodings

/// A command of this program in a message, as a person may copy it into a shell.
///
/// The one place where such lines are put together: file names with spaces, quotes or a leading dash reach the program as
/// they are.
struct PrintedCommand: Sendable {
    private var words: [String]

    /// - Parameter words: subcommands, flags, and what else is no one's choice.
    init(_ words: String...) { self.words = ["cairn"] + words }

    /// Adds a file or folder.
    func word(path: String) -> PrintedCommand { adding([ShellWords.path(path)]) }

    /// Adds a flag, if `isGiven`.
    func flag(_ name: String, if isGiven: Bool = true) -> PrintedCommand { isGiven ? adding([name]) : self }

    /// Adds an option, unless it has no value. A value that begins with a dash would be taken for an option of its own.
    func option(_ name: String, _ value: String?) -> PrintedCommand {
        guard let value else { return self }
        return adding(value.hasPrefix("-") ? ["\(name)=\(value)"] : [name, value])
    }

    /// Adds an id as the last argument, which may begin with a dash.
    func adding(id: String) -> PrintedCommand { adding(id.hasPrefix("-") ? ["--", id] : [id]) }

    /// The line for a shell. Words in capitals stand for what the person has to fill in.
    var text: String { ShellWords.line(words) }

    private func adding(_ more: [String]) -> PrintedCommand {
        var longer = self
        longer.words += more
        return longer
    }
}
