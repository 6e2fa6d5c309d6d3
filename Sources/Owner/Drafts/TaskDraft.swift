import Contributor
import Crypto
import DAP
import Encodings
import Ledger
import TaskTypes
import Tasks
import TransparencyLog

/// What an author decides about a task; nodes add their keys to it, and the result is a task file.
///
/// A draft is a value: who makes a task sets what is to differ from the defaults, asks the nodes (``NodePair``), and
/// completes it. Nothing is sent to anybody but the question for their keys. (``TaskDraft/complete(_:)`` and what is checked
/// there: `TaskDraft+Complete.swift`.)
package struct TaskDraft: Sendable {
    package var name: String
    /// Tells two tasks with equal parameters apart; the name followed by random bytes unless it is set.
    package var taskInfo: [UInt8]
    package var leaderURL: String
    package var helperURL: String
    package var vdaf: VDAFConfiguration
    package var batchMode: BatchMode
    /// Seconds.
    package var timePrecision: UInt64
    package var minBatchSize: UInt64
    package var maxBatchSize: UInt64
    /// For how many seconds the log of a committed task lets words about reports wait: a unit of their times, if nil; 0: not at
    /// all.
    package var logWindow: UInt32?
    /// POSIX seconds: when reports may be made; always, if nil.
    package var seconds: Range<UInt64>?
    package var collectorConfig: HpkeConfig
    package var publish: PublishMode = .public
    package var credit = CreditPolicy(kind: .unit, bound: 0)
    /// Hash of λ, or commitment to it.
    package var lambdaHash: [UInt8]?
    /// Signs the task.
    package var owner: Curve25519.Signing.PrivateKey?
    package var modelHash: [UInt8]?
    package var termsHash: [UInt8]?
    /// Whether the author makes tasks that promise nothing, too.
    package var acceptsWeakPromises = false
    /// A log policy other than 'the leader's log, cosigned by the helper'.
    package var logPolicy: String?

    /// A draft with what every task needs.
    ///
    /// - Parameters:
    ///   - name: Of the task and its file (`TaskFile.isName`).
    ///   - timePrecision: Seconds in a unit of report times.
    ///   - maxBatchSize: Bounds the sums; plain tasks have no such limit, and ignore it.
    package init(
        name: String, leaderURL: String, helperURL: String, vdaf: VDAFConfiguration, batchMode: BatchMode,
        timePrecision: UInt64, minBatchSize: UInt64, maxBatchSize: UInt64, collectorConfig: HpkeConfig
    ) {
        self.name = name
        taskInfo = Self.uniqueInfo(name)
        self.leaderURL = leaderURL
        self.helperURL = helperURL
        self.vdaf = vdaf
        self.batchMode = batchMode
        self.timePrecision = timePrecision
        self.minBatchSize = minBatchSize
        self.maxBatchSize = maxBatchSize
        self.collectorConfig = collectorConfig
    }

    /// Lets reports be made from a moment on, for some time.
    ///
    /// - Parameter start: POSIX seconds.
    /// - Throws: `.endOfTime`.
    package mutating func setSeconds(from start: UInt64, lasting duration: UInt64) throws(TaskDraftError) {
        let (end, overflow) = start.addingReportingOverflow(duration)
        guard !overflow else { throw .endOfTime }
        seconds = start..<end
    }

    private static func uniqueInfo(_ name: String) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return Array(name.utf8.prefix(64)) + [UInt8(ascii: " ")]
            + (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
