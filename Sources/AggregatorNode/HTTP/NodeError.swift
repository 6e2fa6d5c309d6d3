import DAP

/// A request that a node refuses, with everything that its problem document (RFC 9457) says.
///
/// Handlers throw it; the problem middleware turns it into the response. Details are for the operator at the other
/// end: they name what is wrong and never contain secrets, shares or tokens.
package struct NodeError: Error, Sendable, Equatable {
    /// HTTP status, 4xx or 5xx.
    package var status: Int
    /// DAP's error type; nil means `about:blank` (the status says it all).
    package var type: DAPErrorType?
    package var detail: String
    /// `taskid` member of the document, when the task is known.
    package var taskID: TaskID?
    /// `unsupported_extensions` member, for `unsupportedExtension` only.
    package var unsupportedExtensions: [UInt16]?
    /// Extra response headers, such as Retry-After.
    package var headers: [Header]

    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        status: Int, type: DAPErrorType?, detail: String, taskID: TaskID? = nil, unsupportedExtensions: [UInt16]? = nil,
        headers: [Header] = []
    ) {
        self.status = status
        self.type = type
        self.detail = detail
        self.taskID = taskID
        self.unsupportedExtensions = unsupportedExtensions
        self.headers = headers
    }

    /// An error of one of DAP's types, with that type's usual status.
    package static func dap(_ type: DAPErrorType, _ detail: String, taskID: TaskID? = nil) -> NodeError {
        NodeError(status: type.defaultStatus, type: type, detail: detail, taskID: taskID)
    }

    /// An error for which DAP has no type.
    package static func http(_ status: Int, _ detail: String, taskID: TaskID? = nil, headers: [Header] = [])
        -> NodeError
    {
        NodeError(status: status, type: nil, detail: detail, taskID: taskID, headers: headers)
    }

    /// The task is not one that this node has opted into.
    package static func unrecognizedTask(_ id: TaskID) -> NodeError {
        .dap(.unrecognizedTask, "This node does not serve task \(id.base64URL).", taskID: id)
    }

    /// An extension list with types that we do not know.
    package static func unsupportedExtensions(_ types: [UInt16], taskID: TaskID) -> NodeError {
        NodeError(
            status: DAPErrorType.unsupportedExtension.defaultStatus, type: .unsupportedExtension,
            detail: "Unknown extension types: \(types.map(String.init).joined(separator: ", ")).", taskID: taskID,
            unsupportedExtensions: types)
    }

    /// Work that this node cannot do right now; the caller may repeat the same request after `retryAfter` seconds.
    package static func unavailable(_ detail: String, retryAfter: Int, taskID: TaskID? = nil) -> NodeError {
        .http(503, detail, taskID: taskID, headers: [Header("Retry-After", String(retryAfter))])
    }

    /// Whether the node cannot do now what it says when to ask for again.
    package var isPutOff: Bool { status >= 500 && headers.contains { $0.name == "Retry-After" } }

    /// The same error about a known task.
    package func about(_ id: TaskID) -> NodeError {
        var copy = self
        copy.taskID = copy.taskID ?? id
        return copy
    }

    /// The document that the response carries.
    package var problem: ProblemDocument {
        guard let type else {
            return ProblemDocument(title: Self.reason(status), detail: detail, status: status, taskID: taskID)
        }
        return ProblemDocument(
            type, detail: detail, status: status, taskID: taskID, unsupportedExtensions: unsupportedExtensions)
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 429: "Too Many Requests"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 507: "Insufficient Storage"
        default: status < 500 ? "Request Refused" : "Internal Server Error"
        }
    }
}

extension NodeError {
    /// What a body that cannot be decoded means to its sender (DAP-18, Errors): broken extension lists have types of
    /// their own.
    package init(_ error: CodecError, in message: String, taskID: TaskID? = nil) {
        switch error {
        case .extensionOrder:
            self = .dap(.invalidExtension, "\(message): \(error)", taskID: taskID)
        default:
            self = .dap(.invalidMessage, "\(message): \(error)", taskID: taskID)
        }
    }
}
