import DAP
import Datastore
import DurableFiles
import Foundation
import Hummingbird
import Ledger
import NIOPosix
import NodeAPI
import TransparencyLog

/// Serves the leader's log as static files: C2SP tlog-tiles under `/log`, and the blobs beside the tiles. What is no file (yet)
/// of a blob, the database has.
package struct StaticLog: Sendable {
    private let directory: String
    private let blobs: BlobRoute

    /// Tiles, bundles and blobs never change once they exist.
    static let immutable = "public, max-age=31536000, immutable"

    /// - Parameters:
    ///   - directory: the folder that holds `checkpoint`, `tile/` and `blob/`.
    ///   - blobs: has the blobs that are no files.
    package init(directory: String, blobs: any BlobStore) {
        self.directory = directory
        self.blobs = BlobRoute(store: blobs)
    }

    package func addRoutes(to routes: inout RouteTable) {
        routes.add(API.logCheckpoint) { _, _ in
            try await file("checkpoint", type: "text/plain; charset=utf-8", caching: "no-cache")
        }
        routes.add(API.tile) { _, parameters in
            // Only the canonical path of a tile is a file name here, so nothing else of the disk can be reached.
            let path = "tile/" + parameters.parameters.getCatchAll().joined(separator: "/")
            guard (try? Tile(parsing: path)) != nil else {
                throw NodeError.http(404, "This is not the path of a tile.")
            }
            return try await file(path, type: "application/octet-stream", caching: Self.immutable)
        }
        routes.add(API.logBlob) { request, parameters in
            let name = try BlobRoute.name(parameters)
            let found = try await present("blob/\(name)", type: "application/octet-stream", caching: Self.immutable)
            if let found { return found }
            return try await blobs.answer(request, parameters)
        }
    }

    private func file(_ path: String, type: String, caching: String) async throws -> Response {
        guard let file = try await present(path, type: type, caching: caching) else {
            throw NodeError.http(404, "The log has no such file (yet).")
        }
        return file
    }

    private func present(_ path: String, type: String, caching: String) async throws -> Response? {
        let full = "\(directory)/\(path)"
        let file = try await NIOThreadPool.singleton.runIfActive { try FileSlices(path: full, upTo: Blob.maximumSize) }
        guard let file else { return nil }
        return Response(
            status: .ok, headers: [.contentType: type, .cacheControl: caching], body: file.responseBody)
    }
}
