import Crypto
import DAP
import Datastore
import Encodings
import Hummingbird
import Logging
import NodeAPI
import TaskTypes
import Tasks

extension Leader {
    /// `POST /tasks/{task-id}/reports` (DAP-18, Upload Request).
    ///
    /// Every report stands for itself: the response names those that failed, in the order of the request, and says
    /// nothing of the others, which are on the disk when it leaves. One whose batch is about to be closed, and may yet be open
    /// again, lets the whole request wait (503). In tasks that log reports, a header promises that
    /// the log will say what became of these.
    @Sendable
    func upload(_ request: Request, _ requestContext: NodeRequestContext) async throws -> Response {
        let task = try await context.announcedTask(request, requestContext)
        try await context.standing(of: task).admit(task)
        try context.disk.require(request.length(upTo: task.limit(.upload)))
        let (message, _) = try await request.message(UploadRequest.self, of: API.upload, task)
        guard message.reports.count <= task.reportsPerUpload else {
            throw NodeError.http(
                413,
                "A request may hold \(task.reportsPerUpload) reports of this task; this one has "
                    + "\(message.reports.count).", taskID: task.id)
        }

        let inspection = UploadInspection(
            inspector: UploadInspector(task: task, key: context.keys.hpke), places: places)
        let now = context.now()
        if task.isCommitted {
            try await firstLook.wait()
            try await context.generation?.ready()
        }
        let promising = task.isCommitted ? try await logKeeper.clock.promisingTime(now) : now
        let inspected = try await inspection.inspect(message.reports, now: now, promising: promising)

        let sound = inspected.compactMap { try? $0.get() }
        let outcomes = try await context.store.storeReports(
            sound, task: task.id, bucketCapacity: task.bucketCapacity)
        if case .closing(let end)? = outcomes.first { throw Self.wait(until: end, now: context.now(), task) }
        let stored = outcomes.count { $0 == .stored }
        if stored > 0 { aggregation.reportsArrived(stored, of: task.id, from: sound.map(\.notBefore).max() ?? 0) }

        let failures = Self.failures(of: message.reports, inspected: inspected, stored: outcomes)
        var response = Response.empty(.ok)
        if !failures.isEmpty {
            response = .dap(.uploadErrors, UploadErrors(statuses: failures).encoded())
            note(failures, of: message.reports.count, task, requestContext.logger)
        }
        let failed = Set(failures.map(\.reportID))
        let taken = message.reports.filter { !failed.contains($0.metadata.reportID) }
        // Also for those that were stored before: perhaps nobody has been answered yet.
        if task.isCommitted { try await context.generation?.settleCounted() }
        if let header = try await promises.header(task, taken: taken, now: promising) {
            response.headers[header.name] = header.value
        }
        return response
    }

    private static func wait(until end: UInt64, now: UInt64, _ task: NodeTask) -> NodeError {
        .unavailable(
            "The batch of reports of this request is being closed, which takes until \(PeopleTime.text(end)) at least, when the "
                + "log has its reports. Nothing of the request was stored. If the batch is not closed then, it takes them.",
            retryAfter: WindowWait.seconds(until: end, now: now), taskID: task.id)
    }

    private func note(_ failures: [ReportUploadStatus], of uploaded: Int, _ task: NodeTask, _ logger: Logger) {
        logger.info(
            "reports refused",
            metadata: [
                "task": "\(task.id)", "uploaded": "\(uploaded)", "refused": "\(failures.count)",
                "first": "\(failures[0].error)",
            ])
    }

    /// What the response says: one status per failed report, in the order of the request.
    static func failures(
        of reports: [Report], inspected: [Result<NewReport, ReportError>], stored outcomes: [UploadOutcome]
    ) -> [ReportUploadStatus] {
        var remaining = outcomes[...]
        return zip(reports, inspected).compactMap { report, result in
            let error: ReportError? =
                switch result {
                case .failure(let error): error
                case .success: remaining.popFirst()?.error
                }
            return error.map { ReportUploadStatus(reportID: report.metadata.reportID, error: $0) }
        }
    }
}

extension UploadOutcome {
    /// Nil where the upload succeeded. To upload the same report twice is no failure: the client did not hear the
    /// answer.
    var error: ReportError? {
        switch self {
        case .stored, .duplicate: nil
        case .replayed: .reportReplayed
        case .batchCollected, .closing: .batchCollected
        case .full, .withdrawn: .reportDropped
        }
    }
}

extension NodeTask {
    /// How many reports one time bucket takes. In leader-selected mode a full batch is followed by another one.
    var bucketCapacity: UInt64? {
        configuration.batchMode == .timeInterval ? maxBatchSize : nil
    }
}

/// Checks an uploaded report as far as the leader can alone, and opens the leader's share (DAP-18, Leader Behavior).
struct UploadInspector: Sendable {
    private let task: NodeTask
    private let opener: ReportOpener

    init(task: NodeTask, key: HpkeKeyPair) {
        self.task = task
        opener = task.opener(.leader, keys: [key])
    }

    /// What is wrong with a report at first sight.
    func checkCheaply(_ report: Report, now: UInt64) -> ReportError? { opener.checkUploadCheaply(report, now: now) }

    /// - Parameters:
    ///   - now: POSIX seconds.
    ///   - promising: from when on the reports are promised.
    func inspect(_ reports: [Report], now: UInt64, promising: UInt64) -> [Result<NewReport, ReportError>] {
        zip(reports, opener.openUploads(reports, now: now)).map { report, opened in
            opened.map { newReport(report, opened: $0, now: now, promising: promising) }
        }
    }

    private func newReport(_ report: Report, opened: ReportToVerify, now: UInt64, promising: UInt64) -> NewReport {
        NewReport(
            reportID: report.metadata.reportID, time: report.metadata.time, fingerprint: fingerprint(report),
            payload: ReportPayload(
                metadata: report.metadata.encoded(), publicShare: report.publicShare, inputShare: opened.inputShare,
                helperShare: report.helperEncryptedInputShare.encoded()),
            deadline: Promises.deadline(task, now: promising),
            claimKey: task.isCommitted ? report.metadata.claimKey?.publicKey : nil,
            notBefore: task.drawsBatchesLater ? task.parameters?.logWindowEnd(of: now) ?? 0 : 0)
    }

    /// What makes two uploads the same report.
    ///
    /// In tasks that log reports it is what the entry is made of, which the claim key has signed: a client that was told
    /// to encrypt anew sends the same report in other ciphertexts, and has to get the promise about it, whichever form
    /// arrived first. Elsewhere nothing but the ciphertexts tells two reports apart.
    private func fingerprint(_ report: Report) -> [UInt8] {
        guard task.isCommitted else { return Array(SHA256.hash(data: report.encoded())) }
        var writer = ByteWriter()
        writer.opaque32(report.metadata.encoded())
        writer.opaque32(report.publicShare)
        return Array(SHA256.hash(data: writer.bytes))
    }
}
