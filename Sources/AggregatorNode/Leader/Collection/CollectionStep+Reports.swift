import DAP
import Datastore
import Ledger
import Requests
import Tasks

// What a close and a comparison have in common: they name every report of a batch, and leave some out.

extension CollectionStep {
    /// Report ids are read and sent so many at a time.
    static let reportsPerPage = 4_096

    /// Reports are left out so many in a transaction.
    private static let leftOutAtOnce = 512

    /// How long a request that names so many reports is worth waiting for: the helper looks each of them up.
    static func patience(for reports: UInt64) -> Duration {
        .seconds(60 + Int(clamping: reports / 5_000))
    }

    /// What stands in front of a list of a batch's reports.
    func listHead(of count: UInt64, _ head: (UInt64) throws(CodecError) -> [UInt8]) throws(CollectionFailure) -> [UInt8]
    {
        do throws(CodecError) { return try head(count) } catch {
            throw .tooMany(count, maximum: TaskConfiguration.largestBatch)
        }
    }

    /// What a request that lists the reports of a batch ends in where nobody takes one of that length.
    func tooLong(
        _ request: ShareRequest, _ detail: String, seconds: Int?, in response: WebAnswer, held: UInt64
    ) -> CollectionFailure {
        .tooLong(
            request: request.name, detail: detail, retryAfter: seconds, attempts: response.attempts,
            helper: context.client(of: task).baseURL.string, held: held,
            mode: task.configuration.batchMode)
    }

    /// Reports that were left out of a batch.
    struct LeftOut: Sendable, Equatable {
        var all = 0
        /// Those of them that their contributors have withdrawn, under their signatures.
        var withdrawn = 0

        /// Whether nobody but contributors has taken anything out.
        var isWithdrawn: Bool { all == withdrawn }
    }

    /// Takes reports that the helper does not hold out of a sealed batch, and logs what became of them in tasks that log
    /// reports: the helper's signed word or the contributor's, else the leader's.
    ///
    /// A block at a time. Who is killed in between asks the helper again, and it names the rest.
    ///
    /// - Parameter ids: as the helper names them: what is no report of the batch is passed over.
    func leaveOut(_ ids: [ReportID], of scope: BatchScope, holding count: UInt64) async throws -> LeftOut {
        let rejections = Rejections(task: task, keys: context.keys)
        var left = LeftOut()
        var start = 0
        while start < ids.count {
            let block = ids[start..<min(start + Self.leftOutAtOnce, ids.count)]
            start += block.count
            let held = try await context.store.acceptedReports(
                among: Array(Set(block)).sorted(), task: task.id, scope: scope)
            guard !held.isEmpty else { continue }
            let words = try await HelperLastWords(context: context, task: task).certainWords(claimKeys(of: held))
            let ended = try held.map { report in
                guard let word = words[report.id] else { return try rejections.reject(report.id, .reportDropped) }
                return EndedReport(
                    reportID: report.id, error: .reportDropped, logEntry: word.logEntry,
                    isWithdrawn: word.isWithdrawn)
            }
            try await context.store.leaveOut(ended, lease, vdaf: task.vdaf)
            left.all += ended.count
            left.withdrawn += ended.count { $0.isWithdrawn }
        }
        if left.all > 0 {
            context.logger.warning(
                "the helper does not hold some reports; they are left out of the batch",
                metadata: [
                    "task": "\(task.id)", "dropped": "\(left.all)", "withdrawn": "\(left.withdrawn)", "of": "\(count)",
                ])
        }
        return left
    }

    private func claimKeys(of reports: [(id: ReportID, logEntry: [UInt8]?)]) -> [ReportID: [UInt8]] {
        var keys: [ReportID: [UInt8]] = [:]
        for report in reports {
            guard let bytes = report.logEntry, case .report(let entry)? = try? LedgerEntry(decoding: bytes) else {
                continue
            }
            keys[report.id] = entry.metadata.claimKey?.publicKey
        }
        return keys
    }
}
