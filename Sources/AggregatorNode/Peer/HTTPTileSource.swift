import AsyncHTTPClient
import DAP
import TransparencyLog
import Transport

/// A transparency log on the web: C2SP tlog-tiles under a URL.
///
/// Nothing that it returns is trusted; its only own duty is to bound what a hostile server can make us hold.
package struct HTTPTileSource: TileSource {
    private let baseURL: String
    private let http: HTTPClient

    /// - Parameter baseURL: the log's prefix, without a trailing slash.
    package init(baseURL: String, http: HTTPClient) {
        self.baseURL = baseURL
        self.http = http
    }

    /// A file of the log. Throws `TileSourceError.notFound` where the server has none.
    package func tile(path: String) async throws -> [UInt8] {
        let url = "\(baseURL)/\(path)"
        do throws(InsecureEndpoint) { try EndpointRule.check(url) } catch { throw PeerError.insecure(error) }
        let limit = path == "checkpoint" ? SignedNote.maximumSize : EntryBundle.maximumSize
        let answer: (head: HTTPClientResponse, body: [UInt8]?)
        do {
            answer = try await http.exchange(
                HTTPClientRequest(url: url), maxResponseBytes: limit, deadline: .seconds(30))
        } catch {
            throw PeerError.unreachable(url: url, reason: TransportFault(error).words)
        }
        switch answer.head.status.code {
        case 200: break
        case 404, 410: throw TileSourceError.notFound(path: path)
        case let status: throw PeerError.unreachable(url: url, reason: "status \(status)")
        }
        guard let body = answer.body else { throw PeerError.responseTooLarge(url: url, limit: limit) }
        return body
    }
}
