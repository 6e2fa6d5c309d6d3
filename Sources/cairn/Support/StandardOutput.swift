import Contributor
import DurableFiles
import Foundation
import Synchronization

/// Standard output, of which every byte is accounted for.
///
/// `cairn wallet seed > seed.txt` on a full disk must not end as if it had done its work. So the first write that fails is
/// said at once, and whatever a command does afterwards, its process does not end with 0 (``finish()``). The command goes on
/// all the same: reports that were sent must still be settled when the list of them has nowhere to go.
final class StandardOutput: Sendable {
    static let shared = StandardOutput(descriptor: STDOUT_FILENO)

    private let descriptor: Int32
    /// The number of the first failure.
    private let failure = Mutex<Int32?>(nil)
    private let advice = Mutex("Run the command again.")

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Writes all of a text, unless something before it is missing already.
    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
        guard failure.withLock({ $0 == nil }) else { return }
        do throws(DurableFileError) {
            try DurableFile.writeAll(bytes, to: descriptor, path: "standard output")
        } catch {
            fail(error.errno)
        }
    }

    /// To be called when a command has done its work: some file systems tell only when a file is closed that they have not
    /// kept it.
    ///
    /// - Returns: the code that the process ends with, nil where all that was printed has arrived. A reader that has gone
    ///   away (`cairn receipt list | head`) has seen what it wanted: that is no success, and is not worth a word.
    func finish() -> Int32? {
        let copy = dup(descriptor)
        if copy >= 0, close(copy) != 0 { fail(errno) }
        return failure.withLock { $0 } == nil ? nil : ExitStatus.outputFailed.rawValue
    }

    /// What to do where the result is lost, of a command that must not simply be run again.
    func advise(_ text: String) { advice.withLock { $0 = text } }

    private func fail(_ code: Int32) {
        let isFirst = failure.withLock { failure in
            defer { failure = failure ?? code }
            return failure == nil
        }
        guard isFirst, code != EPIPE else { return }
        Console.error("cairn: \(Self.sentence(code)). What was printed is not complete. \(advice.withLock { $0 })")
    }

    static func sentence(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "the result cannot be written to standard output: the disk is full"
        case EBADF: "the result cannot be written: standard output is closed"
        case EFBIG: "the result cannot be written to standard output: the file would be larger than is allowed"
        default: "the result cannot be written to standard output: \(String(cString: strerror(code)).lowercased())"
        }
    }

    /// Keeps the numbers of the standard streams for them, in a process that was started without one of them (`>&-`).
    /// Otherwise the first file to be opened would get the number, and what is printed would go into it: into the wallet.
    static func holdStandardStreams() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 {
            // Of the wrong direction, so that reading and writing still fail.
            _ = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
