import DAP
import Encodings

/// What a successful answer to an upload says of the reports that the leader did not take (DAP-18 section 4.4.2). Pure.
///
/// A report that such an answer does not name counts as stored, and its shares are forgotten. So the answer has to be one
/// to this very upload: a page, or the answer to somebody else's, says nothing about any report.
package enum UploadFailures {
    /// The answer is not about this upload.
    package enum Odd: Error, Equatable, CustomStringConvertible {
        case otherType(String?)
        case damaged(CodecError)
        case foreign(ReportID)
        case twice(ReportID)

        package var description: String {
            switch self {
            case .otherType(let type):
                "its body is of type \(type?.quotedForPeople ?? "unknown"), not \(MediaType.uploadErrors.headerValue)"
            case .damaged(let error): error.description
            case .foreign(let id): "it names report \(id.base64URL), which is not in the upload"
            case .twice(let id): "it names report \(id.base64URL) twice"
            }
        }
    }

    /// - Parameters:
    ///   - type: the answer's `Content-Type`; an empty body needs none.
    ///   - reports: the ids of the upload.
    package static func read(
        _ body: [UInt8], type: String?, of reports: Set<ReportID>
    ) throws(Odd) -> [ReportUploadStatus] {
        guard !body.isEmpty else { return [] }
        guard type.flatMap(MediaType.init(header:)) == .uploadErrors else { throw .otherType(type) }
        let statuses: [ReportUploadStatus]
        do throws(CodecError) { statuses = try UploadErrors(decoding: body).statuses } catch { throw .damaged(error) }
        var seen: Set<ReportID> = []
        for id in statuses.map(\.reportID) {
            guard reports.contains(id) else { throw .foreign(id) }
            guard seen.insert(id).inserted else { throw .twice(id) }
        }
        return statuses
    }
}
