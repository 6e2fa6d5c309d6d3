import Contributor
import DAP
import Ledger
import SharedModel
import Wallet

/// Two contributors who cheat. Their reports go over HTTP like any other, signed and encrypted as they should be.
struct DishonestContributors: Sendable {
    let wallet: ContributorWallet
    let settings: TrainingSettings
    let rows: Dataset

    /// A cheat's report on its way.
    struct Sent: Sendable {
        let attack: String
        let reportID: ReportID
        let size: Int
    }

    /// Sends a boosted update, and one that is committed to as something else.
    func takePart(in file: TaskFile, trainer: LocalTrainer) async throws -> [Sent] {
        let client = try TaskClient(task: file)
        let update = try trainer.train(try await DemoContributor.model(of: file), on: rows)
        let honest = try settings.encoding().encode(update)
        let boosted = honest.map { $0 * 1000 }
        let other = honest.map { settings.bits < 63 ? (UInt64(1) << UInt64(settings.bits)) - 1 - $0 : $0 }
        let first = try ForgedReport.outOfRange(boosted, task: client.task, reportID: .random())
        let second = try ForgedReport.committing(
            to: .vector(other), sending: .vector(honest), task: client.task, reportID: .random())
        return [
            try await send(first, "a contributor multiplied its update by 1,000, with matching commitments", client),
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
