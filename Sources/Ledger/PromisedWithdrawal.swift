import DAP
import TransparencyLog

/// A withdrawal of a report that a helper does not have yet, with the leader's promise that there is such a report.
///
///     struct {
///         opaque entry<1..2^16-1>;      /* a LedgerEntry, of type withdrawal */
///         opaque promise<1..2^32-1>;    /* the file of the leader's promise, receipts.md section 5 */
///     } PromisedWithdrawal;
///
/// Everybody can sign withdrawals of reports that never were, so a helper that kept them all could be made to keep
/// anything. The leader signs one promise for each report that it has taken, so with it a helper keeps no more than
/// there are reports.
package struct PromisedWithdrawal: WireMessage, Equatable {
    /// The encoded `LedgerEntry`.
    package var entry: [UInt8]
    /// The file of a `HeldPromise`.
    package var promise: [UInt8]

    /// Of a request's `Content-Type`.
    package static let mediaType = "application/vnd.cairn.promised-withdrawal"
    /// Longest accepted encoding, in bytes.
    package static let maximumSize = 2 + Int(UInt16.max) + 4 + HeldPromise.maximumSize

    package init(entry: [UInt8], promise: [UInt8]) {
        self.entry = entry
        self.promise = promise
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        entry = try reader.opaque16("entry", allowEmpty: false)
        promise = try reader.opaque32("promise", allowEmpty: false)
    }

    package func encode(into writer: inout ByteWriter) {
        writer.opaque16(entry)
        writer.opaque32(promise)
    }
}

extension HeldPromise {
    /// Why a promise does not speak for a withdrawal.
    package enum WithdrawalMismatch: Error, Equatable {
        /// It is about a report of another task.
        case task(TaskID)
        /// It is about another report of the task.
        case report(ReportID)
        /// Its report has another claim key.
        case claimKey
        /// The leader of the task has not signed it, or not like this.
        case promise(UploadPromise.Failure)
    }

    /// Checks that the leader of a task promised exactly the report that a withdrawal takes back.
    ///
    /// - Parameters:
    ///   - leaderKey: the leader's statement key, as the task names it.
    ///   - origin: the name of the task's log.
    package func vouches(
        for withdrawal: WithdrawalEntry, leaderKey: [UInt8], origin: String
    ) throws(WithdrawalMismatch) {
        // The file's own check has compared the entry's task with the note's.
        guard entry.taskID == withdrawal.taskID else { throw .task(entry.taskID) }
        guard entry.metadata.reportID == withdrawal.reportID else { throw .report(entry.metadata.reportID) }
        guard entry.verifiedClaimKey() == withdrawal.claimKey else { throw .claimKey }
        do throws(UploadPromise.Failure) {
            try promise.verify(leaderKey: leaderKey, origin: origin)
        } catch { throw .promise(error) }
    }
}

extension HeldPromise.WithdrawalMismatch: CustomStringConvertible {
    package var description: String {
        switch self {
        case .task(let id): "the promise is about task \(id.base64URL)"
        case .report(let id): "the promise is about report \(id.base64URL)"
        case .claimKey: "the promised report has another claim key than the withdrawal"
        case .promise(let failure): "\(failure)"
        }
    }
}
