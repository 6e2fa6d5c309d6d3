import Hummingbird

extension Helper {
    /// `GET /cairn/blobs/{blob}`: what the helper's statements name by its hash, for the leader's log and for everybody.
    func getBlob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let name = parameters.parameters.get("blob") ?? ""
        guard let blob = context.blobs.get(name) else { throw NodeError.http(404, "There is no blob of that name.") }
        var response = Response.bytes(blob, type: "application/octet-stream")
        response.headers[.cacheControl] = StaticLog.immutable
        return response
    }
}
