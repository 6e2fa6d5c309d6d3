import DAP
import Encodings
import Hummingbird

/// DAP's media types; Hummingbird has a general type of the same name.
package typealias MediaType = DAP.MediaType
/// Names of HTTP fields; Hummingbird does not export the module that declares them under its own name.
package typealias HeaderName = HTTPFields.Element.Name

/// Upper bounds of bodies, in bytes, of requests and of what peers answer. A request's body is refused with 413 as soon
/// as it passes its bound; where the bound follows from the task, it is there (``NodeTask/uploadLimit``).
package enum BodyLimit {
    /// A job of reports, without the leader's input shares but with public shares and verifier shares.
    package static let aggregationJob = 64 << 20
    /// Requests of fixed fields and short lists.
    package static let small = 64 << 10
    /// Ids of reports about which the leader asks for the helper's word: those of a job, at most.
    package static let refusals = 1 << 20
    /// An owner's log entry and the blob that it names.
    package static let logEntry = 256 << 20
}

extension Request {
    /// The whole body, or 413 when it is longer than `limit` bytes. Nothing beyond the limit is kept in memory.
    package func bytes(upTo limit: Int) async throws -> [UInt8] {
        try requirePlainBody()
        if let announced = announcedLength, announced > limit { throw Self.tooLarge(limit) }
        var collected: [UInt8] = []
        for try await part in body {
            guard part.readableBytes <= limit - collected.count else { throw Self.tooLarge(limit) }
            collected.append(contentsOf: part.readableBytesView)
        }
        return collected
    }

    static func tooLarge(_ limit: Int) -> NodeError {
        .http(413, "The request body is longer than the \(limit) bytes allowed here.")
    }

    /// Decodes a DAP message from the body; checks its media type first (415).
    package func message<Message: WireMessage>(
        _ type: Message.Type, mediaType: MediaType, upTo limit: Int, taskID: TaskID
    ) async throws -> (message: Message, body: [UInt8]) {
        try requireMediaType(mediaType, taskID: taskID)
        let body = try await bytes(upTo: limit)
        do throws(CodecError) {
            return (try Message(decoding: body), body)
        } catch {
            throw NodeError(error, in: String(describing: Message.self), taskID: taskID)
        }
    }

    /// Refuses a body of another type than `expected` (415).
    package func requireMediaType(_ expected: MediaType, taskID: TaskID? = nil) throws(NodeError) {
        guard let header = headers[.contentType],
            ProtocolText.same(header, expected.headerValue) || MediaType(header: header) == expected
        else {
            throw .http(415, "This resource takes \(expected.headerValue).", taskID: taskID)
        }
    }
}

extension Request {
    /// Whether the body is of this type, which is none of DAP's and has no parameters.
    package func hasMediaType(_ type: String) -> Bool {
        headers[.contentType].map { ProtocolText.same($0, type) } ?? false
    }

    /// Refuses a body of another type than that (415).
    package func requireMediaType(_ type: String, taskID: TaskID? = nil) throws(NodeError) {
        guard hasMediaType(type) else { throw .http(415, "This resource takes \(type).", taskID: taskID) }
    }
}

extension NodeRequestContext {
    /// The task id in the path (`:task`).
    package func taskID() throws(NodeError) -> TaskID {
        guard let text = parameters.get("task"), let id = TaskID(base64URL: text) else {
            throw .dap(.invalidMessage, "The task id in the path is not 32 bytes in unpadded base64url.")
        }
        return id
    }

    /// A path parameter that must be one of our identifiers; `missing` is thrown when it cannot be one.
    package func identifier<ID: FixedBytes>(
        _ name: String, as type: ID.Type, orThrow missing: @autoclosure () -> NodeError
    ) throws(NodeError) -> ID {
        guard let text = parameters.get(name), let id = ID(base64URL: text) else { throw missing() }
        return id
    }
}
