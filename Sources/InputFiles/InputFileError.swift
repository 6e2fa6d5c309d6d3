import Encodings
import Foundation

/// Why a file that a person named cannot be used: what is wrong, and what to do about it.
public struct InputFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with a file.
    public enum Problem: Sendable, Equatable {
        /// An empty path.
        case noName
        /// There is nothing at the path.
        case missing
        /// There is a folder at the path.
        case folder
        /// This user may not read it.
        case notPermitted
        /// It is longer than so many bytes.
        case tooLong(limit: Int)
        /// It is not text in UTF-8.
        case notText(InputText.Problem)
        /// A key or token that is not on one line by itself.
        case notOneLine
        /// The standard input was named twice.
        case readTwice
        /// The standard input is closed.
        case closed
        /// The system's words for anything else.
        case other(String)
    }

    /// As the person wrote it.
    public let path: String
    /// What is wrong with it.
    public let problem: Problem

    package init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    /// What the system refused.
    package init(_ path: String, system code: Int32) {
        self.path = path
        problem =
            switch code {
            case ENOENT, ENOTDIR: .missing
            case EISDIR: .folder
            case EACCES, EPERM: .notPermitted
            case EBADF: .closed
            default: .other(String(cString: strerror(code)).lowercased())
            }
    }

    /// What the file is called in a sentence.
    private var name: String { path == InputFile.standardInput ? "the standard input" : path }

    /// The problem as a sentence without its full stop.
    public var sentence: String {
        switch problem {
        case .noName: "the name of the file is empty"
        case .missing: "there is no file \(path)"
        case .folder: "\(name) is a folder"
        case .notPermitted: "\(name) may not be read by this user"
        case .tooLong(let limit): "\(name) has more than \(Self.size(limit)), which is the most that is read here"
        case .notText(.encoding(let encoding, _)): "\(name) is \(encoding) text, and UTF-8 is read here"
        case .notText(.nul(let line, let column)):
            "\(name) is not text: a NUL byte in line \(line), column \(column)"
        case .notText(.notUTF8(let byte, let line, let column)):
            "\(name) is not UTF-8 text: byte 0x\(Hex.encode([byte]).uppercased()) in line \(line), column \(column)"
        case .notOneLine: "\(name) does not hold exactly one line of text"
        case .readTwice: "the standard input is named twice (-), and can be read once"
        case .closed: "\(name) cannot be read: it is closed"
        case .other(let reason): "\(name) cannot be read: \(reason)"
        }
    }

    /// What to do, as full sentences.
    public var advice: String {
        switch problem {
        case .noName, .missing: "Check the path."
        case .folder: "Name a file in it."
        case .notPermitted: "Check its permissions, and those of its folder."
        case .tooLong: "Check that it is the file you mean."
        case .notText(.encoding(_, let iconv)):
            "Save it as UTF-8, or convert it: iconv -f \(iconv) -t UTF-8 OLD > NEW"
        case .notText(.nul): "Check that it is the file you mean."
        case .notText(.notUTF8):
            "Save it as UTF-8, or convert it, if it is Latin-1 for instance: iconv -f ISO-8859-1 -t UTF-8 OLD > NEW"
        case .notOneLine: "Check that it is the file you mean."
        case .readTwice: "Put one of the two in a file."
        case .closed, .other: ""
        }
    }

    public var description: String { advice.isEmpty ? sentence : "\(sentence). \(advice)" }

    private static func size(_ bytes: Int) -> String {
        for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        where bytes >= unit && bytes % unit == 0 {
            return "\(bytes / unit) \(name)"
        }
        return "\(bytes) bytes"
    }
}
