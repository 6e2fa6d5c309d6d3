import Foundation

/// Asks for a secret on the terminal, whatever standard input and output are, and shows nothing of what is typed.
struct TerminalPrompt {
    private let terminal: Int32

    /// Opens the terminal that the process belongs to.
    ///
    /// - Returns: nil where it belongs to none.
    init?() {
        terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
    }

    func close() { Foundation.close(terminal) }

    /// Asks once.
    ///
    /// The terminal sends single keys while this runs, Ctrl-C as one of them, so that it is always put back as it was.
    ///
    /// - Throws: `CancellationError` on Ctrl-C, and on the end of input.
    func secret(_ question: String) throws -> String {
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { throw CommandFailure("the terminal cannot be used") }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else { throw CommandFailure("the terminal cannot be used") }
        defer {
            tcsetattr(terminal, TCSAFLUSH, &before)
            Console.draw("", "\n", on: terminal)
        }
        Console.draw("", question, on: terminal)
        var typed: [UInt8] = []
        while true {
            var key: UInt8 = 0
            let count = read(terminal, &key, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { throw CancellationError() }
            switch key {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return String(decoding: typed, as: UTF8.self)
            case 3, 4: throw CancellationError()  // Ctrl-C, Ctrl-D
            case 21: typed = []  // Ctrl-U
            case 8, 127:  // Backspace: one character, which may be several bytes
                while let last = typed.popLast(), last & 0xC0 == 0x80 {}
            default: typed.append(key)
            }
        }
    }
}
