import DAP
import Datastore
import Hummingbird
import Ledger

// `POST /cairn/tasks/{task-id}/withdrawals`, at either node: a `withdrawal` entry, whose signature is the authorization.

/// A contributor's request to take a report back.
struct WithdrawalRequest {
    let withdrawal: WithdrawalEntry

    /// Reads the body, and checks that the key that it names has signed it.
    init(_ request: Request, _ task: NodeTask) async throws {
        guard task.isCommitted else {
            throw NodeError.http(404, "Reports of this task have no claim keys to withdraw them with.", taskID: task.id)
        }
        let body = try await request.bytes(upTo: BodyLimit.small)
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
    }

    /// 200 once the report counts for nothing; 202 where it will as soon as its aggregation job ends.
    static func response(_ outcome: WithdrawalOutcome, _ task: NodeTask) throws(NodeError) -> Response {
        switch outcome {
        case .withdrawn: .empty(.ok)
        case .pending: .empty(.accepted)
        case .unknown: throw .http(404, "This node has no report of this id.", taskID: task.id)
        case .wrongKey: throw .http(403, "The report's claim key is another one.", taskID: task.id)
        case .tooLate: throw .http(409, "The report's batch is closed; nothing leaves it any more.", taskID: task.id)
        case .refused(let error):
            throw .http(410, "The report was rejected: \(error.name).", taskID: task.id)
        }
    }
}
