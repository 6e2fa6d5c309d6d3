import DAP
import Encodings
import Foundation
import InputFiles
import TransparencyLog

/// Where a log is read: at a URL, or in a folder with its files.
package enum LogPlace: Sendable, Equatable {
    case url(String)
    case folder(String)

    /// Reads what a person gave.
    ///
    /// - Parameter isChecked: Whether a folder must look like a log's.
    /// - Throws: ``LogPlaceError`` for what looks like a URL and is none that can be used, and for what is no folder of a log.
    package init(_ text: String, isChecked: Bool = true) throws(LogPlaceError) {
        guard text.contains("://") else {
            self = .folder(try Self.folder(text, isChecked: isChecked))
            return
        }
        do throws(InsecureEndpoint) { try EndpointRule.check(text) } catch { throw .insecure(error) }
        guard !text.contains("?") else { throw .query(text) }
        self = .url(text)
    }

    /// What reads the log there.
    package func source(_ transport: HTTPTransport) -> any TileSource {
        switch self {
        case .url(let url): transport.log(at: url)
        case .folder(let path): DirectoryTileSource(directory: path)
        }
    }

    private static func folder(_ text: String, isChecked: Bool) throws(LogPlaceError) -> String {
        let path = HomeFolder.expand(text)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw .noFolder(text) }
        guard isFolder.boolValue else { throw .isFile(text) }
        guard !isChecked || FileManager.default.fileExists(atPath: "\(path)/checkpoint") else { throw .noLog(text) }
        return path
    }
}

/// Why a log cannot be read where somebody says that it is.
package enum LogPlaceError: Error, Sendable, Equatable {
    /// The text looks like a URL, and nothing may be sent there.
    case insecure(InsecureEndpoint)
    /// A URL with a part behind '?', where no path can be added.
    case query(String)
    /// Neither a URL nor a folder that is there.
    case noFolder(String)
    /// A file.
    case isFile(String)
    /// A folder without a checkpoint.
    case noLog(String)

    /// Whether the text by itself is at fault, whatever is on the disk later.
    package var isOfTheText: Bool {
        if case .noLog = self { false } else { true }
    }
}

extension LogPlaceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .insecure(let error): "the log's URL cannot be used: \(error)"
        case .query(let url): "the log's URL cannot be used: \(url) has a part behind '?'"
        case .noFolder(let text): "there is no folder \(text.quotedForPeople). \(Self.advice)"
        case .isFile(let text): "\(text) is a file, and no log. \(Self.advice)"
        case .noLog(let text): "\(text) holds no log: it has no file 'checkpoint'. \(Self.advice)"
        }
    }

    private static let advice =
        "Give the log's URL, such as https://leader.example.org/log/, or the folder with its "
        + "file 'checkpoint', such as data/log of the leader."
}
