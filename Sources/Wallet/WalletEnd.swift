// How a wallet's file ends, and what that says about what is missing from it.
//
// A backup ends with a record that says so, hence one that was cut off anywhere is noticed. The file of a wallet in use
// grows at its end and has no such record. A part of a frame behind its last whole one is what a crash leaves, and also what
// a copy leaves that was cut off: both are said, with what was read. Whole frames that are missing from the end show only by
// the mark that a home keeps beside its wallet, see `WalletMark.swift`.

/// What is behind the last whole frame of a wallet, and what was there once.
public struct WalletEnd: Sendable, Equatable {
    /// Bytes that are no whole frame.
    public let unread: UInt64
    /// Frames that were here when this wallet was last written to, and are not any more; 0 where there is no sign of it.
    public let lostFrames: UInt64
    /// Whether the file ends as a backup does.
    public let isMarked: Bool

    package init(unread: UInt64, lostFrames: UInt64, isMarked: Bool) {
        (self.unread, self.lostFrames, self.isMarked) = (unread, lostFrames, isMarked)
    }

    /// Whether nothing is missing, as far as the file can tell.
    public var isClean: Bool { unread == 0 && lostFrames == 0 }
}

/// What can be read of a backup that does not end as one.
public struct UnfinishedBackup: Sendable, Equatable, CustomStringConvertible {
    /// The backup's file.
    public let path: String
    /// How many reports can be read.
    public let reports: Int
    /// How many receipts can be read.
    public let receipts: Int
    /// Bytes behind the last whole frame.
    public let unread: UInt64

    /// What was found in a file.
    public init(path: String, reports: Int, receipts: Int, unread: UInt64) {
        (self.path, self.reports, self.receipts, self.unread) = (path, reports, receipts, unread)
    }

    public var description: String {
        "\(path) does not end as a backup does: it was cut off, or it is a copy of a wallet in use, or of an older version. "
            + "\(reports) reports and \(receipts) receipts can be read"
            + (unread == 0 ? "" : ", and \(unread) bytes behind them cannot")
            + ". Use a whole backup (cairn wallet export FILE), or take what is there: --incomplete"
    }
}
