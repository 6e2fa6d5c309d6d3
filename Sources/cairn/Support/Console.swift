import DurableFiles
import Encodings
import Foundation
import Synchronization

/// Standard output for results, standard error for everything about them.
///
/// All that is printed goes through here, so that two things hold for every command: no text by others gives orders to the
/// terminal, and output that was lost is a failure (``StandardOutput``).
enum Console {
    /// Prints a result.
    static func print(_ text: String = "") {
        StandardOutput.shared.write(text.safeForTerminals + "\n")
    }

    /// Prints a message, after clearing an unfinished progress bar.
    static func error(_ text: String) {
        draw((isTerminal ? ProgressBar.clearLine : ""), text + "\n")
    }

    /// Prints a message about what a command is doing: whom it waits for, for instance.
    static func notice(_ text: String) { error("cairn: \(text)") }

    /// Whether a person watches standard error on a terminal that can redraw a line.
    static let isTerminal = TerminalKind.redraws(
        isTerminal: isatty(STDERR_FILENO) == 1, environment: ProcessInfo.processInfo.environment)

    /// Writes on standard error, which is where nothing can be said if it fails.
    ///
    /// - Parameters:
    ///   - control: Orders of our own to the terminal.
    ///   - text: What may hold anything.
    static func draw(_ control: String, _ text: String = "", on descriptor: Int32 = STDERR_FILENO) {
        try? DurableFile.writeAll(Array((control + text.safeForTerminals).utf8), to: descriptor, path: "")
    }
}

/// Shows how far a long piece of work is: a bar that redraws itself on a terminal, otherwise a line every tenth once a
/// second has passed (or none, where other lines tell the same).
final class ProgressBar: Sendable {
    static let clearLine = "\r\u{1B}[2K"

    private struct State {
        var done = 0
        var lastTenth = 0
        var lastDrawn: ContinuousClock.Instant?
    }

    private let label: String
    private let total: Int
    private let isTerminal: Bool
    private let plainLines: Bool
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    /// - Parameter total: The number of steps; at least one is assumed.
    init(_ label: String, total: Int, isTerminal: Bool = Console.isTerminal, plainLines: Bool = true) {
        self.label = label
        self.plainLines = plainLines
        self.total = max(total, 1)
        self.isTerminal = isTerminal
        draw(done: 0)
    }

    /// Counts finished steps. May be called from several tasks at once.
    func advance(by steps: Int = 1) {
        update { $0 + steps }
    }

    /// Says how many steps are finished.
    func set(_ done: Int) {
        update { max($0, done) }
    }

    private func update(_ change: (Int) -> Int) {
        let toDraw: Int? = state.withLock { state in
            state.done = min(change(state.done), total)
            let now = ContinuousClock.now
            if isTerminal {
                if state.done < total, let last = state.lastDrawn, now - last < .milliseconds(50) { return nil }
                state.lastDrawn = now
                return state.done
            }
            let tenth = state.done * 10 / total
            guard tenth > state.lastTenth else { return nil }
            state.lastTenth = tenth
            return state.done
        }
        if let toDraw { draw(done: toDraw) }
    }

    /// Removes the bar from a terminal, so that a result can take its line.
    func finish() {
        if isTerminal { Console.draw(Self.clearLine) }
    }

    private func draw(done: Int) {
        if isTerminal {
            Console.draw(Self.clearLine, Self.line(label: label, done: done, total: total))
        } else if plainLines, done > 0, ContinuousClock.now - start > .seconds(1) {
            Console.draw("", "\(label): \(done) of \(total)\n")
        }
    }

    /// `label  [##########··········]  20/40`
    static func line(label: String, done: Int, total: Int, width: Int = 24) -> String {
        let filled = width * done / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return "\(label)  \(bar)  \(done)/\(total)"
    }
}

/// Shows on a terminal that something of unknown length goes on.
final class Spinner: Sendable {
    static let shared = Spinner()

    private let turns = Mutex(0)

    func turn(_ label: String) {
        guard Console.isTerminal else { return }
        let turn = turns.withLock { turns in
            turns += 1
            return turns
        }
        Console.draw(ProgressBar.clearLine, "\(label) \(["|", "/", "-", "\\"][turn % 4])")
    }

    func finish() {
        if Console.isTerminal { Console.draw(ProgressBar.clearLine) }
    }
}
