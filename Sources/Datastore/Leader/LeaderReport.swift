import DAP

/// A report that passed the checks of the upload.
package struct NewReport: Sendable, Equatable {
    package var reportID: ReportID
    /// In units of the task's time precision.
    package var time: UInt64
    /// By which a repeated upload is told from another report under the same id, 32 bytes.
    package var fingerprint: [UInt8]
    package var payload: ReportPayload
    /// POSIX seconds until which the log must say what became of the report; nil in tasks that log no reports.
    package var deadline: UInt64?
    /// Who may withdraw the report; nil in tasks that log no reports.
    package var claimKey: [UInt8]?
    /// POSIX seconds before which it is in no job, and then in any order: the batch that its job gives it must not tell the order of
    /// upload. 0 where it may be in one at once.
    package var notBefore: UInt64

    package init(
        reportID: ReportID, time: UInt64, fingerprint: [UInt8], payload: ReportPayload, deadline: UInt64? = nil,
        claimKey: [UInt8]? = nil, notBefore: UInt64 = 0
    ) {
        self.reportID = reportID
        self.time = time
        self.fingerprint = fingerprint
        self.payload = payload
        self.deadline = deadline
        self.claimKey = claimKey
        self.notBefore = notBefore
    }
}

/// What an aggregation job needs of a report. Deleted once the report is accepted or rejected.
package struct ReportPayload: Sendable, Equatable {
    /// Encoded `ReportMetadata`, verbatim.
    package var metadata: [UInt8]
    package var publicShare: [UInt8]
    /// The leader's input share, opened: it was sealed to a key that may be gone when the job is formed again.
    package var inputShare: [UInt8]
    /// The encoded `HpkeCiphertext` for the helper.
    package var helperShare: [UInt8]

    package init(metadata: [UInt8], publicShare: [UInt8], inputShare: [UInt8], helperShare: [UInt8]) {
        self.metadata = metadata
        self.publicShare = publicShare
        self.inputShare = inputShare
        self.helperShare = helperShare
    }

    package var size: Int { metadata.count + publicShare.count + inputShare.count + helperShare.count }
}

/// What became of one uploaded report.
package enum UploadOutcome: Sendable, Equatable {
    case stored
    /// The same report is there already.
    case duplicate
    /// Another report of this id is there.
    case replayed
    /// Its batch is closing or collected.
    case batchCollected
    /// The batch of it, or of another report of the request, is closing, and nobody has been asked to close it: the log lets words
    /// about it wait until this time, in POSIX seconds. Nothing of the request is stored. Where the batch is not closed in the
    /// end, it takes reports again.
    case closing(until: UInt64)
    /// Its time bucket holds the task's maximum batch size.
    case full
    /// Its contributor took it back before it came.
    case withdrawn
}

/// A report that waits for a job, or is in one.
package struct WaitingReport: Sendable, Equatable {
    /// Grows with every upload.
    package var sequence: Int64
    package var reportID: ReportID
    package var time: UInt64
    /// How many jobs with this report the helper refused as a whole.
    package var attempts: Int
    /// How many jobs of the task had been answered when that happened for the first time; nil: it never did.
    package var refusedAfter: UInt64?
    package var payload: ReportPayload

    package init(
        sequence: Int64, reportID: ReportID, time: UInt64, attempts: Int, refusedAfter: UInt64? = nil,
        payload: ReportPayload
    ) {
        self.sequence = sequence
        self.reportID = reportID
        self.time = time
        self.attempts = attempts
        self.refusedAfter = refusedAfter
        self.payload = payload
    }
}

/// A report that ends before its batch is collected, otherwise than by its job: rejected, or withdrawn at the helper.
package struct EndedReport: Sendable, Equatable {
    package var reportID: ReportID
    package var error: ReportError
    /// The `rejected` entry, in tasks that log reports; or the contributor's `withdrawal`, where the helper took it.
    package var logEntry: [UInt8]?
    package var isWithdrawn: Bool

    package init(reportID: ReportID, error: ReportError, logEntry: [UInt8]? = nil, isWithdrawn: Bool = false) {
        self.reportID = reportID
        self.error = error
        self.logEntry = logEntry
        self.isWithdrawn = isWithdrawn
    }

    /// What happens to one of a sealed batch. Without its entry nobody could tell that it was withdrawn.
    var leftOut: ReportEvent { isWithdrawn && logEntry != nil ? .followWithdrawal : .leaveOut(error) }
}

/// Where a report stands, for its contributor.
package enum ReportStanding: Sendable, Equatable {
    case unknown
    /// Waiting for aggregation.
    case pending
    /// Accepted; in tasks that log reports with the index of its entry.
    case accepted(logIndex: UInt64?)
    case rejected(ReportError)
    case withdrawn
}

/// Numbers of reports of a task.
package struct ReportCounts: Sendable, Equatable {
    package var received: UInt64 = 0
    package var aggregating: UInt64 = 0
    package var accepted: UInt64 = 0
    package var rejected: [ReportError: UInt64] = [:]
    package var withdrawn: UInt64 = 0

    package init() {}
}
