import Contributor
import TaskTypes
import Wallet

/// What `cairn contribute` sends.
enum Contribution: Sendable {
    /// What earlier uploads left.
    case unanswered
    /// With what a CSV file was taken for, where it was made of one.
    case value(MeasurementValue, CSVInput?)
    case rows(RowContribution)

    /// What a CSV file was taken for.
    var csv: CSVInput? {
        switch self {
        case .unanswered: nil
        case .value(_, let input): input
        case .rows(let rows): rows.input
        }
    }

    func send(
        _ client: TaskClient, _ wallet: ContributorWallet, again: Bool, isQuiet: Bool, _ tally: UploadTally
    ) async throws {
        let notice: @Sendable (String) -> Void = { Console.error("cairn: \($0)") }
        switch self {
        case .unanswered:
            try await client.resume(wallet: wallet, notice: notice) { tally.add($0) }
            Console.error(ContributeCommand.words(resumed: tally.current.answered))
        case .value(let value, _):
            try await client.upload(each: [value], wallet: wallet, again: again, notice: notice) { tally.add($0) }
        case .rows(let rows):
            var bar: ProgressBar?
            defer { bar?.finish() }
            try await client.upload(
                rows: rows.file, chosen: rows.chosen, wallet: wallet, again: again, notice: notice,
                planned: { plan in
                    tally.rows = plan
                    if !isQuiet { for line in rows.words(plan) { Console.error(line) } }
                    if plan.toSend > 1 { bar = ProgressBar("uploading", total: plan.toSend) }
                },
                answered: {
                    tally.add($0)
                    bar?.advance(by: $0.count)
                })
        }
    }
}
