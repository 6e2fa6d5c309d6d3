import Encodings

/// The `message` parameter of DAP's one media type, `application/ppm-dap` (DAP-18 section 9.1).
public enum MediaType: String, Sendable, Hashable, CaseIterable {
    /// ``HpkeConfigList``
    case hpkeConfigList = "hpke-config-list"
    /// ``UploadRequest``
    case uploadReq = "upload-req"
    /// ``UploadErrors``
    case uploadErrors = "upload-errors"
    /// ``AggregationJobInitReq``
    case aggregationJobInitReq = "aggregation-job-init-req"
    /// ``AggregationJobResp``
    case aggregationJobResp = "aggregation-job-resp"
    /// ``AggregationJobContinueReq``
    case aggregationJobContinueReq = "aggregation-job-continue-req"
    /// ``AggregateShareReq``
    case aggregateShareReq = "aggregate-share-req"
    /// ``AggregateShare``
    case aggregateShare = "aggregate-share"
    /// ``CollectionJobReq``
    case collectionJobReq = "collection-job-req"
    /// ``CollectionJobResp``
    case collectionJobResp = "collection-job-resp"

    /// The value of `Content-Type`.
    public var headerValue: String { "\(Self.type);message=\(rawValue)" }

    /// Reads a `Content-Type`; nil where it is not one of DAP's. White space, letter case, quotes and further
    /// parameters do not matter (RFC 9110 section 8.3).
    public init?(header: String) {
        guard let message = Self.parameters(of: header)?["message"],
            let type = Self.allCases.first(where: { ProtocolText.same($0.rawValue, message) })
        else { return nil }
        self = type
    }

    /// The draft version that a peer says it speaks, if it does: `18`.
    public static func versionHint(header: String) -> String? { parameters(of: header)?["version"] }

    /// A `Content-Type` without its parameters, in lower case.
    package static func essence(of header: String) -> String {
        let end = header.utf8.firstIndex(of: UInt8(ascii: ";")) ?? header.endIndex
        return ProtocolText.lowercased(ProtocolText.trimmed(header[..<end]))
    }

    private static let type = "application/ppm-dap"

    private static func parameters(of header: String) -> [String: String]? {
        guard ProtocolText.same(essence(of: header), type) else { return nil }
        var parameters: [String: String] = [:]
        for part in ProtocolText.split(header, by: UInt8(ascii: ";")).dropFirst() {
            let part = ProtocolText.trimmed(part)
            guard !part.isEmpty else { continue }
            let halves = ProtocolText.split(part, by: UInt8(ascii: "="), atMost: 2)
            guard halves.count == 2 else { return nil }
            var value = halves[1].utf8
            let quote = UInt8(ascii: "\"")
            if value.count >= 2, value.first == quote, value.last == quote { value = value.dropFirst().dropLast() }
            // Two values for one parameter have no agreed meaning.
            let name = ProtocolText.lowercased(halves[0])
            guard parameters.updateValue(String(Substring(value)), forKey: name) == nil else { return nil }
        }
        return parameters
    }
}
