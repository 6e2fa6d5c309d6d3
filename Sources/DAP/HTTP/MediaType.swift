/// The `message` parameter of DAP's one media type, `application/ppm-dap` (DAP-18 section 9.1).
public enum MediaType: String, Sendable, Hashable, CaseIterable {
    case hpkeConfigList = "hpke-config-list"
    case uploadReq = "upload-req"
    case uploadErrors = "upload-errors"
    case aggregationJobInitReq = "aggregation-job-init-req"
    case aggregationJobResp = "aggregation-job-resp"
    case aggregationJobContinueReq = "aggregation-job-continue-req"
    case aggregateShareReq = "aggregate-share-req"
    case aggregateShare = "aggregate-share"
    case collectionJobReq = "collection-job-req"
    case collectionJobResp = "collection-job-resp"

    /// The value of `Content-Type`.
    public var headerValue: String { "\(Self.type);message=\(rawValue)" }

    /// Reads a `Content-Type`; nil where it is not one of DAP's. White space, letter case, quotes and further
    /// parameters do not matter (RFC 9110 section 8.3).
    public init?(header: String) {
        guard let message = Self.parameters(of: header)?["message"], let type = MediaType(rawValue: message) else {
            return nil
        }
        self = type
    }

    /// The draft version that a peer says it speaks, if it does: `18`.
    public static func versionHint(header: String) -> String? { parameters(of: header)?["version"] }

    private static let type = "application/ppm-dap"

    private static func parameters(of header: String) -> [String: String]? {
        let parts = header.split(separator: ";", omittingEmptySubsequences: false).map { trim($0) }
        guard parts.first?.lowercased() == type else { return nil }
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() where !part.isEmpty {
            guard let equals = part.firstIndex(of: "=") else { return nil }
            var value = part[part.index(after: equals)...]
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            // Two values for one parameter have no agreed meaning.
            guard parameters.updateValue(String(value), forKey: part[..<equals].lowercased()) == nil else { return nil }
        }
        return parameters
    }

    private static func trim(_ text: Substring) -> Substring {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        let start = text.drop(while: isSpace)
        return start.prefix(start.count - start.reversed().prefix(while: isSpace).count)
    }
}
