// What waits for its place in the log. Whoever causes an entry inserts it here, without a number, in the transaction of the change
// that it records; one process at a time gives out places (LogSequencing.swift). So no transaction waits for the head of the
// log, and what the log says of reports can be shuffled before it is said.

import Tasks

/// What an entry in the queue is. The numbers are in the database.
enum QueuedWord: Int64, StoredState {
    case task = 0
    case leaf = 1
    case rejected = 2
    case withdrawal = 3
    case close = 4
    case batch = 5
    /// Of a task's owner.
    case submission = 6
}

/// An entry that waits for its place.
struct QueuedEntry: Sendable {
    let word: QueuedWord
    /// The row that it is about, of which there is one such word: a report's, or a collection's. Nil where there is no row.
    var subject: Int64?
    /// Of a report: where it is added up. A close waits for the words of its batch.
    var bucket: Bucket?
    var wait = QueueWait.none
    let bytes: [UInt8]
}

/// How long an entry waits, and what it stands behind. Pure.
package struct QueueWait: Sendable, Equatable {
    /// POSIX seconds before which it gets no place; 0 where it waits for nothing.
    let notBefore: Int64
    /// 1 for what stands behind another word about the same report that may wait as well.
    let stage: Int64

    /// Nothing waits for longer than this from now on, in seconds: where something seems to, the clock was wrong then or is now.
    static let longest = UInt64(LogWindow.longest) + 7_200

    /// Whether what waits until `notBefore` is due. Both in POSIX seconds.
    package static func isDue(_ notBefore: UInt64, at time: UInt64) -> Bool {
        notBefore <= time || notBefore > time + min(longest, .max - time)
    }

    static let none = QueueWait(notBefore: 0, stage: 0)

    /// How long before a promise ends its word stands in the queue no longer: the tree with it has to be cosigned as well.
    static let margin: Int64 = 3_600

    /// - Parameters:
    ///   - end: of the window; nil: the log lets nothing wait.
    ///   - deadline: of the report's promise.
    ///   - former: until when another word about the report waits that this one has to stand behind; nil where there is none.
    init(until end: UInt64?, deadline: Int64? = nil, behind former: Int64? = nil) {
        guard let end else {
            self.init(notBefore: former ?? 0, stage: (former ?? 0) > 0 ? 1 : 0)
            return
        }
        // A promise is kept whatever the window. And a clock that was set back must not turn words round.
        let latest = deadline.map { max(0, $0 - Self.margin) } ?? .max
        self.init(notBefore: max(min(end.clampedToInt64, latest), former ?? 0), stage: former == nil ? 0 : 1)
    }

    private init(notBefore: Int64, stage: Int64) {
        self.notBefore = notBefore
        self.stage = stage
    }
}

/// Where those get their place among each other that wait until the same time: a number for each, from a generator that nobody can
/// predict. Tests bring their own.
package typealias LogShuffle = @Sendable () -> Int64

extension Session {
    /// Queues entries, in the caller's transaction. Those that wait for nothing get their places in this order.
    func queueLogEntries(_ entries: [QueuedEntry], of task: TaskKey) throws {
        let queued = try executeMany(
            """
            INSERT INTO log_queue (task, word, subject, bucket_kind, bucket_ref, not_before, stage, turn, bytes)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (task, word, subject) DO NOTHING
            """,
            entries.map { entry in
                [
                    task, entry.word.rawValue, entry.subject, entry.bucket?.kind, entry.bucket?.ref,
                    entry.wait.notBefore, entry.wait.stage, entry.wait.notBefore > 0 ? shuffle() : 0, entry.bytes.blob,
                ]
            })
        guard queued.allSatisfy({ $0 == 1 }) else {
            throw DatastoreError.conflict("the log has been told of this already")
        }
    }

    /// The leaf of a report that waits for its place, and until when.
    func queuedLeaf(of report: Int64, _ task: TaskKey) throws -> (bytes: [UInt8], notBefore: Int64)? {
        try first(
            """
            SELECT bytes, not_before FROM log_queue
            WHERE task = $1 AND word = \(QueuedWord.leaf.sql) AND subject = $2
            """, [task, report]
        ).map { (try $0.bytes("bytes"), try $0.integer("not_before")) }
    }
}
