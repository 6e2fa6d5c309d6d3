import DAP
import Encodings
import Ledger
import TransparencyLog

/// What the leader promised about an uploaded report.
public enum PromiseState: Sendable, Equatable {
    /// Nothing: the report was refused, or the task logs no reports.
    case none
    /// The promise holds. The text of its file, which convicts the leader if the log does not have the report in time.
    case held(String)
    /// The leader took the report without a promise, or with one that does not hold, for this reason.
    case missing(String)
}

extension TaskClient {
    /// Checks what an answer to an upload promises about the reports that it does not name as failed.
    nonisolated func promises(
        _ header: String?, for reports: [PreparedReport], failed: Set<ReportID>
    ) -> [ReportID: PromiseState] {
        let taken = reports.filter { !failed.contains($0.reportID) }
        guard task.isCommitted, !taken.isEmpty else { return [:] }
        let states: [PromiseState]
        do {
            states = try held(header, taken).map { .held(String(decoding: $0.serialized(), as: UTF8.self)) }
        } catch {
            states = taken.map { _ in .missing("\(error)") }
        }
        return Dictionary(uniqueKeysWithValues: zip(taken.map(\.reportID), states))
    }

    private nonisolated func held(_ header: String?, _ taken: [PreparedReport]) throws -> [HeldPromise] {
        guard let header, let bytes = Base64.decode(header) else {
            throw ContributorError.unexpectedAnswer(
                url: leaderURL, reason: "the leader took the reports and promises nothing")
        }
        guard let key = task.cairn?.statementKeys?.leader, let log = task.cairn?.logKey else {
            throw ContributorError.invalidTask("it names no statement keys or no log")
        }
        let promise = try UploadPromise(parsing: bytes)
        try promise.verify(leaderKey: key, origin: try NoteVerifier(vkey: log).name)
        let latest = UploadPromise.latestDeadline(
            uploadedAt: currentTime(), window: UInt64(task.cairn?.logWindow?.seconds ?? 0))
        guard promise.deadline <= latest else {
            throw ContributorError.unexpectedAnswer(
                url: leaderURL,
                reason:
                    "the leader promises the report for \(PeopleTime.text(promise.deadline)), which is later than "
                    + "\(PeopleTime.text(latest)): a promise that nobody will live to see broken")
        }
        return try promise.held(
            for: try taken.map { prepared in
                try ReportEntry(
                    taskID: taskID, metadata: prepared.report.metadata, publicShare: prepared.report.publicShare,
                    vdaf: vdaf)
            }, configuration: file.configuration.encoding)
    }
}
