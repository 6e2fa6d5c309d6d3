import Foundation
import Synchronization

/// Standard output for results, standard error for everything about them.
enum Console {
    /// Prints a result.
    static func print(_ text: String = "") {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// Prints a message, after clearing an unfinished progress bar.
    static func error(_ text: String) {
        write((isTerminal ? ProgressBar.clearLine : "") + text + "\n", to: STDERR_FILENO)
    }

    /// Whether a person watches standard error on a terminal that can redraw a line.
    static let isTerminal = TerminalKind.redraws(
        isTerminal: isatty(STDERR_FILENO) == 1, environment: ProcessInfo.processInfo.environment)

    /// Writes all bytes. A reader that has gone away (`cairn … | head`) is not an error worth a message.
    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let written = bytes[offset...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            offset += written
        }
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
        if isTerminal { Console.write(Self.clearLine, to: STDERR_FILENO) }
    }

    private func draw(done: Int) {
        if isTerminal {
            Console.write(Self.clearLine + Self.line(label: label, done: done, total: total), to: STDERR_FILENO)
        } else if plainLines, done > 0, ContinuousClock.now - start > .seconds(1) {
            Console.write("\(label): \(done) of \(total)\n", to: STDERR_FILENO)
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
        Console.write("\(ProgressBar.clearLine)\(label) \(["|", "/", "-", "\\"][turn % 4])", to: STDERR_FILENO)
    }

    func finish() {
        if Console.isTerminal { Console.write(ProgressBar.clearLine, to: STDERR_FILENO) }
    }
}
