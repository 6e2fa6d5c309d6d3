import Encodings
import NIOHTTP1
import TransparencyLog

/// Reads a log's checkpoint, tiles and blobs from its public URL.
public struct HTTPTileSource: TileSource {
    private let baseURL: String
    private let transport: HTTPTransport

    /// - Parameter baseURL: The folder with `checkpoint` and `tile/`, with or without a slash at its end.
    public init(baseURL: String, transport: HTTPTransport = HTTPTransport(deadline: .seconds(20))) {
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.transport = transport
    }

    /// - Throws: `TileSourceError.notFound` where the log has no such resource, else ``ContributorError``, also where
    ///   there is no log at all.
    public func tile(path: String) async throws -> [UInt8] {
        let url = "\(baseURL)/\(path)"
        let answer = try await transport.send(.init(.GET, url, maximumAnswer: Self.maximumAnswer))
        switch answer.status {
        case 200:
            // A page that somebody in between serves for everything says nothing about the log.
            guard !answer.hasMediaType("text/html") else {
                throw ContributorError.unexpectedAnswer(url: url, reason: "a web page in place of the log's file")
            }
            guard path != "checkpoint" || !answer.body.isEmpty else {
                throw ContributorError.unexpectedAnswer(url: url, reason: "an empty answer in place of the checkpoint")
            }
            return answer.body
        case 404 where path == "checkpoint":
            throw ContributorError.declined(
                url: url, reason: "HTTP 404: no log is there, or none that has begun. Check the log's URL")
        case 404, 410: throw TileSourceError.notFound(path: path)
        default: throw HTTPTransport.error(for: answer, url: url)
        }
    }

    /// A full bundle of 256 entries of 65,535 bytes is 16 MiB; blobs hold one aggregate share.
    private static let maximumAnswer = 1 << 28
}
