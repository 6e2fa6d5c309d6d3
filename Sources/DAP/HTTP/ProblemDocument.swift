import Foundation

/// The body of an error answer: problem details (RFC 9457) with DAP's members (DAP-18 section 3.6).
public struct ProblemDocument: Error, Equatable, Sendable {
    /// The media type of problem documents (RFC 9457).
    public static let contentType = "application/problem+json"

    /// The `type` member as it is on the wire; `about:blank` where it is missing.
    public let typeURI: String
    /// The kind of problem, for a person.
    public let title: String?
    /// What happened this time, for a person.
    public let detail: String?
    /// The answer's HTTP status, as the document repeats it.
    public let status: Int?
    /// The task that it is about (`taskid`).
    public let taskID: TaskID?
    /// With `unsupportedExtension`: the code points that were not recognized.
    public let unsupportedExtensions: [UInt16]?

    /// The DAP error; nil for errors of other origin.
    public var type: DAPErrorType? { DAPErrorType(urn: typeURI) }

    /// One of DAP's errors, with the status that goes with it unless another is given.
    public init(
        _ type: DAPErrorType, detail: String? = nil, status: Int? = nil, taskID: TaskID? = nil,
        unsupportedExtensions: [UInt16]? = nil
    ) {
        self.typeURI = type.urn
        self.title = type.title
        self.detail = detail
        self.status = status ?? type.defaultStatus
        self.taskID = taskID
        self.unsupportedExtensions = unsupportedExtensions
    }

    /// An error outside DAP's list, such as a server's failure.
    public init(title: String, detail: String? = nil, status: Int, taskID: TaskID? = nil) {
        self.typeURI = "about:blank"
        self.title = title
        self.detail = detail
        self.status = status
        self.taskID = taskID
        self.unsupportedExtensions = nil
    }

    /// Reads a problem document. Members of another kind than RFC 9457 gives them are ignored, as it demands, so this
    /// fails only for text that is not a JSON object.
    public init(json: [UInt8]) throws(CodecError) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(json)), let members = object as? [String: Any]
        else { throw .invalidValue(field: "problem document", reason: "not a JSON object") }
        typeURI = members["type"] as? String ?? "about:blank"
        title = members["title"] as? String
        detail = members["detail"] as? String
        status = members["status"] as? Int
        taskID = (members["taskid"] as? String).flatMap(TaskID.init(base64URL:))
        unsupportedExtensions = (members["unsupported_extensions"] as? [Int])?.compactMap { UInt16(exactly: $0) }
    }

    /// The document's bytes; members that are nil are left out.
    public func json() -> [UInt8] {
        let members = Members(
            type: typeURI, title: title, detail: detail, status: status, taskID: taskID?.base64URL,
            unsupportedExtensions: unsupportedExtensions)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(members) else { return Array("{}".utf8) }
        return Array(data)
    }

    private struct Members: Encodable {
        let type: String
        let title: String?
        let detail: String?
        let status: Int?
        let taskID: String?
        let unsupportedExtensions: [UInt16]?

        enum CodingKeys: String, CodingKey {
            case type, title, detail, status
            case taskID = "taskid"
            case unsupportedExtensions = "unsupported_extensions"
        }
    }
}

extension ProblemDocument: CustomStringConvertible {
    public var description: String {
        let name = type?.rawValue ?? (typeURI == "about:blank" ? nil : typeURI)
        let status = self.status.map { "\($0)" }
        // Peers may send empty texts; what they say nothing with is left out.
        let text = [detail, title].compactMap(\.self).first { !$0.isEmpty }
        let parts = [status, name, text].compactMap(\.self).filter { !$0.isEmpty }
        return parts.isEmpty ? "error without description" : parts.joined(separator: ": ")
    }
}
