import Contributor
import DAP
import Ledger
import SharedModel
import TaskTypes
import Tasks
import Wallet

/// Two contributors who cheat. Their reports go over HTTP like any other, signed and encrypted as they should be.
struct DishonestContributors: Sendable {
    let wallet: ContributorWallet
    let rows: Dataset

    /// A cheat's report on its way.
    struct Sent: Sendable {
        let attack: String
        let reportID: ReportID
        let size: Int
    }

    /// Sends an update of a thousand times the norm that is allowed, and one that is committed to as something else.
    func takePart(in file: TaskFile, trainer: LocalTrainer) async throws -> [Sent] {
        let client = try TaskClient(task: file)
        let update = try trainer.train(try await DemoContributor.model(of: file), on: rows)
        let bound = try UpdateBound(task: file)
        let honest = try bound.clip(update)
        let first = try ForgedReport.overBound(
            honest.map { 1000 * $0 }, task: client.task, reportID: .random())
        let second = try ForgedReport.committing(
            to: .real(honest.map { -$0 }), sending: .real(honest), task: client.task, reportID: .random())
        let norm = honest.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return [
            try await send(
                first,
                "a contributor multiplied its update by 1,000, to a norm of \(Int((1000 * norm).rounded())) where \(bound.norm) is "
                    + "allowed, with matching commitments", client),
            try await send(second, "a contributor committed to another update than it sent", client),
        ]
    }

    private func send(_ report: ShardedReport, _ attack: String, _ client: TaskClient) async throws -> Sent {
        let sealed = try client.seal(
            report, index: 0, seed: wallet.seed, time: currentTime(), configs: try await client.aggregatorConfigs())
        let outcome = try await client.send([sealed])[0]
        return Sent(attack: attack, reportID: outcome.reportID, size: outcome.size)
    }

    /// How each attempt ended: the leader must refuse a receipt and say why.
    func verdict(_ sent: Sent, file: TaskFile) async throws -> DemoReport.Attack {
        switch try await TaskClient(task: file).awaitReceipt(of: sent.reportID) {
        case .rejected(let reason):
            DemoReport.Attack(
                attack: sent.attack, caught: true, finding: "rejected (\(reason)); the sum is untouched")
        case .available: DemoReport.Attack(attack: sent.attack, caught: false, finding: "it got a receipt")
        case .pending, .unknown:
            DemoReport.Attack(attack: sent.attack, caught: false, finding: "the leader does not say what became of it")
        }
    }
}
