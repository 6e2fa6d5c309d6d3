import Datastore
import Encodings
import Hummingbird
import Ledger
import NodeAPI

/// Answers with a blob, from the database: what entries and statements name by its hash, of a helper (`GET /cairn/blobs/{blob}`)
/// and of a leader (`GET /log/blob/{blob}`, ``StaticLog``). Blobs are public, and a name promises its bytes.
///
/// A part at a time leaves, as fast as the client takes it: a reader who takes nothing costs a part in memory, and no
/// connection of the database.
package struct BlobRoute: Sendable {
    let store: any BlobStore

    package init(store: any BlobStore) { self.store = store }

    @Sendable
    package func answer(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let hash = Hex.decode(try Self.name(parameters)) ?? []
        guard let first = try await store.blobPart(0, of: hash) else {
            throw NodeError.http(404, "There is no blob of that name (yet).")
        }
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: StaticLog.immutable],
            body: body(first, hash))
    }

    private func body(_ first: BlobPart, _ hash: [UInt8]) -> ResponseBody {
        guard first.bytes.count < first.size else { return ResponseBody(byteBuffer: ByteBuffer(bytes: first.bytes)) }
        return ResponseBody(contentLength: first.size) { [store] writer in
            try await writer.write(ByteBuffer(bytes: first.bytes))
            var (sent, number) = (first.bytes.count, 1)
            while sent < first.size {
                guard let next = try await store.blobPart(number, of: hash), sent + next.bytes.count <= first.size
                else { throw DatastoreError.corrupt("a part of a blob is missing") }
                sent += next.bytes.count
                number += 1
                try await writer.write(ByteBuffer(bytes: next.bytes))
            }
            try await writer.finish(nil)
        }
    }

    /// The name in the path: 64 lower-case hex digits, and nothing else ever reaches the file system.
    static func name(_ parameters: NodeRequestContext) throws(NodeError) -> String {
        guard let name = parameters.parameters.get("blob"), let hash = Hex.decode(name), hash.count == 32,
            Hex.encode(hash) == name
        else { throw .http(404, "A blob's name is 64 hex digits in lower case.") }
        return name
    }
}
