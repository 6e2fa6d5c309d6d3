import DAP
import Encodings
import Hummingbird
import NodeAPI

// Bodies, as the resource that they are for has them: their types, and how long they may be (``NodeAPI/BodyRule``).

/// DAP's media types; Hummingbird has a general type of the same name.
package typealias MediaType = DAP.MediaType
/// Names of HTTP fields; Hummingbird does not export the module that declares them under its own name.
package typealias HeaderName = HTTPFields.Element.Name
package typealias BodyLimit = NodeAPI.BodyLimit

extension Resource {
    /// The longest body of a request, in bytes.
    ///
    /// - Parameter task: the one that the path names; needed where the bound follows from it.
    func limit(_ task: NodeTask? = nil) -> Int {
        switch request {
        case .nothing: 0
        case .one(_, .bytes(let count), _): count
        case .one(_, .task(let bound), _): task?.limit(bound) ?? 0
        }
    }
}

extension Request {
    /// The whole body of a request for a resource.
    ///
    /// - Throws: 415 where its type is not the resource's, 413 where it is too long.
    package func bytes<each ID: PathText>(
        of endpoint: Endpoint<repeat each ID>, _ task: NodeTask? = nil
    ) async throws -> [UInt8] {
        try requireType(of: endpoint, task)
        return try await bytes(upTo: endpoint.resource.limit(task))
    }

    /// Decodes a DAP message from the body of a request for a resource.
    package func message<Message: WireMessage, each ID: PathText>(
        _ type: Message.Type, of endpoint: Endpoint<repeat each ID>, _ task: NodeTask?
    ) async throws -> (message: Message, body: [UInt8]) {
        let body = try await bytes(of: endpoint, task)
        do throws(CodecError) {
            return (try Message(decoding: body), body)
        } catch {
            throw NodeError(error, in: String(describing: Message.self), taskID: task?.id)
        }
    }

    /// Refuses a body of a type that the resource does not take (415), where it looks at types.
    package func requireType<each ID: PathText>(
        of endpoint: Endpoint<repeat each ID>, _ task: NodeTask? = nil
    ) throws(NodeError) {
        guard case .one(of: let types, upTo: _, isChecked: true) = endpoint.resource.request else { return }
        guard types.contains(where: isOfType) else {
            let names = types.map(\.header).joined(separator: " or ")
            throw .http(415, "This resource takes \(names).", taskID: task?.id)
        }
    }

    /// Whether the body is of this type. DAP's types have parameters, whose form may differ.
    func isOfType(_ type: ContentType) -> Bool {
        guard let header = headers[.contentType] else { return false }
        if ProtocolText.same(header, type.header) { return true }
        guard case .dap(let message) = type else { return false }
        return MediaType(header: header) == message
    }
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
}

extension NodeRequestContext {
    /// The task id in the path (`{task}`).
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
