import TransparencyLog

/// A transparency log on the web: C2SP tlog-tiles under a URL.
///
/// Nothing that it returns is trusted; its only own duty is to bound what a hostile server can make us hold.
package struct HTTPTileSource: TileSource {
    /// An answer that is not the file.
    package enum Fault: Sendable {
        /// It is no success.
        case refused(WebAnswer)
        /// There is no checkpoint: no log is there, or none that has begun.
        case noLog
        /// Something else in place of the log's file.
        case otherThing(words: String)
    }

    private let prefix: String
    private let send: @Sendable (WebRequest) async throws -> WebAnswer
    private let error: @Sendable (Fault, _ url: String, _ path: String) -> any Error

    /// - Parameters:
    ///   - prefix: the folder with `checkpoint` and `tile/`, with or without a slash at its end.
    ///   - send: sends a request, as patiently and in such words as the reader likes.
    ///   - error: what the reader throws at a fault. (Where the log has no such file, it is always
    ///     `TileSourceError.notFound`, on which readers rely.)
    package init(
        prefix: String, send: @escaping @Sendable (WebRequest) async throws -> WebAnswer,
        error: @escaping @Sendable (Fault, _ url: String, _ path: String) -> any Error
    ) {
        self.prefix = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        self.send = send
        self.error = error
    }

    package func tile(path: String) async throws -> [UInt8] {
        let url = "\(prefix)/\(path)"
        let answer = try await send(WebRequest(.GET, url, maximumAnswer: Self.limit(of: path)))
        switch answer.status {
        case 200: break
        case 404 where path == "checkpoint": throw error(.noLog, url, path)
        case 404, 410: throw TileSourceError.notFound(path: path)
        default: throw error(.refused(answer), url, path)
        }
        // A page that somebody in between serves for everything says nothing about the log.
        guard !answer.hasMediaType("text/html") else {
            throw error(.otherThing(words: "a web page in place of the log's file"), url, path)
        }
        guard path != "checkpoint" || !answer.body.isEmpty else {
            throw error(.otherThing(words: "an empty answer in place of the checkpoint"), url, path)
        }
        return answer.body
    }

    /// The longest file that a log may have at a path.
    private static func limit(of path: String) -> Int {
        if path == "checkpoint" { return SignedNote.maximumSize }
        return path.hasPrefix("blob/") ? longestBlob : EntryBundle.maximumSize
    }

    /// A blob holds one aggregate share, or a model.
    private static let longestBlob = 1 << 28
}
