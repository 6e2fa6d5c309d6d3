import DAP

/// What became of a withdrawal; both aggregators answer with one.
package enum WithdrawalOutcome: Sendable, Equatable {
    /// The report counts for nothing any more. Also where it had been withdrawn before.
    case withdrawn
    /// It will count for nothing as soon as the aggregation job that it is in ends, or where it has not come yet, as
    /// soon as it comes.
    case pending
    /// No such report is here.
    case unknown
    /// The report's claim key is another one.
    case wrongKey
    /// The report's batch is closing or closed.
    case tooLate
    /// The report's batch is closing, and nobody has been asked to close it: the log lets words about it wait until this time,
    /// in POSIX seconds. Where it is not closed in the end, the report can be withdrawn.
    case closing(until: UInt64)
    /// The report was rejected before.
    case rejected(ReportError)
    /// There is no room for another withdrawal of a report that is not here.
    case full
}

/// A helper's last word on a report that it does not stand by.
package enum HelperLastWord: Sendable, Equatable {
    case rejected(ReportError)
    /// The encoded `withdrawal` entry.
    case withdrawn(entry: [UInt8])
}
