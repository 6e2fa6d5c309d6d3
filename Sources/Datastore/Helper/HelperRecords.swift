// What the helper's store takes and gives; the operations are in HelperStore.swift.

import DAP
import Ledger
import Tasks

package enum HelperJob: Sendable, Equatable {
    /// The encoded `AggregationJobResp`.
    case finished(response: [UInt8])
    /// Its request is kept until somebody verifies it.
    case waiting(WaitingHelperJob)
    case deleted
}

/// What verification found about one report of a job, in the order of the request.
package struct HelperOutcome: Sendable {
    package enum Finding: Sendable {
        case rejected(ReportError)
        case verified(VerifiedReport)
    }

    package var reportID: ReportID
    package var finding: Finding

    package init(reportID: ReportID, finding: Finding) {
        self.reportID = reportID
        self.finding = finding
    }
}

package struct VerifiedReport: Sendable {
    /// In DAP units.
    package var time: UInt64
    /// Leader-selected mode only.
    package var batchID: BatchID?
    /// Leaf hash of the log entry that this report must get; nil in uncommitted tasks.
    package var leafHash: [UInt8]?
    /// Who may withdraw it; nil in uncommitted tasks.
    package var claimKey: [UInt8]?
    package var outputShare: [UInt8]
    /// The helper's, opened. Where it is smaller than the output share it is what is kept.
    package var inputShare: [UInt8]
    /// The helper's ping-pong message for the leader.
    package var outbound: [UInt8]

    package init(
        time: UInt64, batchID: BatchID?, leafHash: [UInt8]?, claimKey: [UInt8]?, outputShare: [UInt8],
        inputShare: [UInt8], outbound: [UInt8]
    ) {
        self.time = time
        self.batchID = batchID
        self.leafHash = leafHash
        self.claimKey = claimKey
        self.outputShare = outputShare
        self.inputShare = inputShare
        self.outbound = outbound
    }
}

/// Where withdrawals wait that come before their reports.
package struct EarlyRoom: Sendable {
    /// How many may wait, of all tasks together.
    package var limit: Int
    /// The log that counts for the tasks: what has ended there does not come any more, and nothing waits for it.
    package var origin: String
    /// Of one of several leaders: how many may wait in its tasks, which are these; nil where there is only one leader. Whoever
    /// fills its part keeps contributors of the others' tasks from nothing.
    package var part: Part?

    package struct Part: Sendable {
        package var limit: Int
        package var tasks: [TaskID]

        package init(limit: Int, tasks: [TaskID]) {
            self.limit = limit
            self.tasks = tasks
        }
    }

    package init(limit: Int, origin: String, part: Part? = nil) {
        self.limit = limit
        self.origin = origin
        self.part = part
    }
}

package struct HelperClose: Sendable, Equatable {
    package var selector: BatchSelector
    /// SHA-256 of the proposed report ids in log order: tells a retry from another proposal for the same buckets.
    package var leavesHash: [UInt8]
    package var root: [UInt8]
    package var count: UInt64
    /// The helper's signature over the close's terms.
    package var signature: [UInt8]

    package init(selector: BatchSelector, leavesHash: [UInt8], root: [UInt8], count: UInt64, signature: [UInt8]) {
        self.selector = selector
        self.leavesHash = leavesHash
        self.root = root
        self.count = count
        self.signature = signature
    }
}

/// A report that the helper stands by, as the log has it.
package struct ExaminedLeaf: Sendable, Equatable {
    /// Of its entry.
    package var index: UInt64
    package var hash: [UInt8]

    package init(index: UInt64, hash: [UInt8]) {
        self.index = index
        self.hash = hash
    }
}

/// How often reports have joined and left some buckets. Both numbers only grow, so as long as they are the same, the accepted
/// reports are the same.
package struct HelperStanding: Sendable, Equatable {
    package var joined: UInt64
    package var left: UInt64

    package init(joined: UInt64, left: UInt64) {
        self.joined = joined
        self.left = left
    }

    /// How many reports are accepted.
    package var accepted: UInt64 { joined - left }
}

package struct HelperSum: Sendable {
    /// The encoded aggregate share.
    package var aggregateShare: [UInt8]
    package var count: UInt64
    package var checksum: Checksum
    /// Of the buckets, in the same snapshot.
    package var standing: HelperStanding
}

package struct HelperCollection: Sendable, Equatable {
    /// The encoded `AggregateShare`; nil once the leader deleted it.
    package var response: [UInt8]?
    /// The encoded `Statement` of a committed batch.
    package var statement: [UInt8]?

    package init(response: [UInt8]?, statement: [UInt8]?) {
        self.response = response
        self.statement = statement
    }
}

package struct HelperCollectionCommit: Sendable {
    package var share: AggregateShareID
    /// The buckets whose reports were summed; of a committed task, a close's.
    package var selected: BatchScope
    /// The buckets that count as collected from now on: the query's.
    package var queried: BatchScope
    /// What the buckets stood at when they were summed.
    package var standing: HelperStanding
    package var answer: HelperCollection
    /// The aggregate share itself, where everybody may read it.
    package var published: NamedBlob?

    package init(
        share: AggregateShareID, selected: BatchScope, queried: BatchScope, standing: HelperStanding,
        answer: HelperCollection, published: NamedBlob? = nil
    ) {
        self.share = share
        self.selected = selected
        self.queried = queried
        self.standing = standing
        self.answer = answer
        self.published = published
    }
}

package enum HelperCollectionResult: Sendable, Equatable {
    case stored
    /// The same request was answered before; this is the answer to repeat.
    case present(HelperCollection)
    /// Another request collected one of the buckets.
    case overlap
    /// Reports joined or left the batch while it was summed: sum again.
    case changed
}

package struct HelperLogPosition: Sendable, Equatable {
    /// Entries read so far.
    package var size: UInt64
    /// The encoded compact range over them.
    package var range: [UInt8]

    package init(size: UInt64, range: [UInt8]) {
        self.size = size
        self.range = range
    }
}

/// The first entries of a log. An index is a place in one log, so whoever names one names its log.
package struct LogPrefix: Sendable, Equatable {
    /// The log's.
    package var origin: String
    /// How many entries.
    package var size: UInt64

    package init(origin: String, size: UInt64) {
        self.origin = origin
        self.size = size
    }
}

/// A log entry that concerns the helper.
package enum FollowedEntry: Sendable, Equatable {
    /// The entry of a committed task, with the keys that it names.
    case task(TaskID, index: UInt64, keys: StatementKeys)
    case report(
        TaskID, ReportID, index: UInt64, time: UInt64, batchID: BatchID?, leafHash: [UInt8], claimKey: [UInt8]?)
    /// With a valid signature of the aggregator that rejects.
    case rejected(TaskID, ReportID, index: UInt64)
    /// With a valid signature of the claim key that it names; it counts for a leaf with that claim key.
    case withdrawal(TaskID, ReportID, index: UInt64, claimKey: [UInt8])
    /// The whole entry, with both valid signatures and a selector of the task's mode.
    case close(TaskID, index: UInt64, scope: BatchScope, entry: [UInt8])
}

/// Something that the log has under this helper's own signature.
package enum HelperWord: Sendable, Hashable {
    case close(CloseEntry.Terms)
    case statement(TaskID, BatchScope)
    case rejected(TaskID, ReportID)
}

package struct LoggedTask: Sendable, Equatable {
    package var index: UInt64
    package var keys: StatementKeys
}

package struct LoggedClose: Sendable, Equatable {
    package var index: UInt64
    package var entry: [UInt8]
}
