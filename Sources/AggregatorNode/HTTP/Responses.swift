import DAP
import Hummingbird

extension Response {
    /// A DAP message, or an empty success without a media type when `body` is empty.
    package static func dap(
        _ mediaType: MediaType, _ body: [UInt8], status: HTTPResponse.Status = .ok, location: String? = nil
    ) -> Response {
        var headers = HTTPFields()
        if !body.isEmpty { headers[.contentType] = mediaType.headerValue }
        if let location { headers[.location] = location }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// Bytes of a named type.
    package static func bytes(_ body: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// Success without content.
    package static func empty(_ status: HTTPResponse.Status = .noContent) -> Response { Response(status: status) }

    /// The problem document of a refused request.
    package static func problem(_ error: NodeError) -> Response {
        var headers: HTTPFields = [.contentType: ProblemDocument.contentType]
        for header in error.headers {
            if let name = HeaderName(header.name) { headers[name] = header.value }
        }
        return Response(
            status: .init(code: error.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: error.problem.json())))
    }
}
