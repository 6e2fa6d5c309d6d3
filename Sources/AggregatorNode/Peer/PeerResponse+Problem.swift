import DAP

// What of an answer counts. Between the nodes stand proxies that answer in their own name: with any status, with pages
// for people, with nothing. Only what is marked as DAP's own is the other aggregator's word.

extension PeerResponse {
    /// The problem document of an error response, if it is one of DAP's: its media type and its error type say so.
    package var dapProblem: ProblemDocument? {
        guard !isSuccess, let type = header("Content-Type"), Self.essence(type) == ProblemDocument.contentType,
            let document = try? ProblemDocument(json: body), document.type != nil
        else { return nil }
        return document
    }

    /// The body of a success of exactly this media type.
    package func message(_ mediaType: MediaType) -> [UInt8]? {
        guard isSuccess, let type = header("Content-Type"), MediaType(header: type) == mediaType else { return nil }
        return body
    }

    /// A media type without its parameters.
    private static func essence(_ header: String) -> String {
        let end = header.firstIndex(of: ";") ?? header.endIndex
        return header[..<end].split(whereSeparator: { $0 == " " || $0 == "\t" }).joined().lowercased()
    }
}
