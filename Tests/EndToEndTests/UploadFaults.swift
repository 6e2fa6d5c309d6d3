import DAP
import FaultProxy

// A dishonest leader, made of an honest one with a proxy in front: it keeps reports and says something else.

extension PathPattern {
    static let uploads: PathPattern = "tasks/*/reports"
}

extension FaultProxy {
    /// Does this to every upload, or to the first.
    func treatUploads(_ occurrence: FaultRule.Occurrence = .always, with fault: Fault) {
        follow(FaultRule("POST", .uploads, occurrence, fault))
    }

    /// The reports of every upload that came, in order.
    var uploads: [[Report]] {
        get throws { try exchanges("POST", .uploads).map { try UploadRequest(decoding: $0.request.body).reports } }
    }
}

extension Fault {
    /// Uploads are stored, and the answer names all their reports as failed.
    static func refusingReports(_ error: ReportError) -> Fault {
        var fault = Fault("refusing reports")
        fault.change = { request, _ in
            let statuses = try UploadRequest(decoding: request.body).reports.map {
                ReportUploadStatus(reportID: $0.metadata.reportID, error: error)
            }
            return ProxyAnswer(
                status: 200, headers: [("Content-Type", MediaType.uploadErrors.headerValue)],
                body: UploadErrors(statuses: statuses).encoded())
        }
        return fault
    }
}
