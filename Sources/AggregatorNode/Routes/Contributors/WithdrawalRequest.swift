import DAP
import Datastore
import Encodings
import Hummingbird
import Ledger
import NodeAPI
import TransparencyLog

// `POST /cairn/tasks/{task-id}/withdrawals`, at either node: a `withdrawal` entry, whose signature is the authorization;
// or the entry and the leader's promise about the report, by which a helper knows that a report will come.

/// A contributor's request to take a report back.
struct WithdrawalRequest {
    let withdrawal: WithdrawalEntry
    /// The file of the promise that came with it; nothing about it has been checked.
    private let promise: [UInt8]?
    private let task: NodeTask

    /// Reads the body, and checks that the key that it names has signed it.
    init(_ request: Request, _ task: NodeTask) async throws {
        guard task.isCommitted else {
            throw NodeError.http(404, "Reports of this task have no claim keys to withdraw them with.", taskID: task.id)
        }
        var body = try await request.bytes(of: API.withdrawals, task)
        if request.isOfType(.promisedWithdrawal) {
            do throws(CodecError) {
                let promised = try PromisedWithdrawal(decoding: body)
                (body, promise) = (promised.entry, promised.promise)
            } catch { throw NodeError(error, in: "PromisedWithdrawal", taskID: task.id) }
        } else {
            promise = nil
        }
        let entry: LedgerEntry
        do throws(CodecError) { entry = try LedgerEntry(decoding: body) } catch {
            throw NodeError(error, in: "WithdrawalEntry", taskID: task.id)
        }
        guard case .withdrawal(let withdrawal) = entry, withdrawal.taskID == task.id else {
            throw NodeError.dap(.invalidMessage, "A withdrawal entry of this task is expected.", taskID: task.id)
        }
        guard withdrawal.isSigned else {
            throw NodeError.http(403, "The withdrawal is not signed by the claim key that it names.", taskID: task.id)
        }
        self.withdrawal = withdrawal
        self.task = task
    }

    /// Whether the task's leader has promised the report, as a promise that came along shows.
    ///
    /// - Returns: false where none came.
    /// - Throws: 400 where it is none, 403 where it is about something else or of somebody else.
    func isPromised() throws(NodeError) -> Bool {
        guard let promise else { return false }
        guard let leaderKey = task.parameters?.statementKeys?.leader, let log = task.parameters?.logKey,
            let origin = try? NoteVerifier(vkey: log).name
        else { return false }
        let held: HeldPromise
        do throws(UploadPromise.Failure) { held = try HeldPromise(parsing: promise) } catch {
            throw .dap(.invalidMessage, "The promise cannot be read: \(error).", taskID: task.id)
        }
        do throws(HeldPromise.WithdrawalMismatch) {
            try held.vouches(for: withdrawal, leaderKey: leaderKey, origin: origin)
        } catch {
            throw .http(403, "The leader's promise is not about this report: \(error).", taskID: task.id)
        }
        return true
    }

    /// 200 once the report counts for nothing; 202 where it will as soon as its aggregation job ends, or it comes.
    ///
    /// - Parameter now: POSIX seconds.
    static func response(
        _ outcome: WithdrawalOutcome, _ task: NodeTask, now: UInt64
    ) throws(NodeError) -> Response {
        switch outcome {
        case .withdrawn: .empty(.ok)
        case .pending: .empty(.accepted)
        case .unknown:
            throw .http(
                404,
                "This node has no report of this id. It keeps the withdrawal until the report comes if the leader's "
                    + "promise about the report is attached (\(PromisedWithdrawal.mediaType)).", taskID: task.id)
        case .wrongKey: throw .http(403, "The report's claim key is another one.", taskID: task.id)
        case .closing(let end):
            throw .unavailable(
                "The report's batch is being closed, which takes until \(PeopleTime.text(end)) at least, when the log has its "
                    + "reports. If it is not closed then, the report can be withdrawn.",
                retryAfter: WindowWait.seconds(until: end, now: now), taskID: task.id)
        case .tooLate: throw .http(409, "The report's batch is closed; nothing leaves it any more.", taskID: task.id)
        case .rejected(let error):
            throw .http(410, "The report was rejected: \(error.name).", taskID: task.id)
        case .full:
            throw .unavailable(
                "There is no room for another withdrawal of a report that is not here.", retryAfter: 3_600,
                taskID: task.id)
        }
    }
}
