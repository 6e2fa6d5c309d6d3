import DAP
import Transport
import Wallet

// Many withdrawals, one after the other. (One: `TaskClient+Withdrawal.swift`; which comes next: `WithdrawalRounds.swift`.)

extension TaskClient {
    /// Takes reports back out of a wallet, and notes in it which are gone.
    ///
    /// - Parameters:
    ///   - patience: How long reports that the node holds are asked for again, once each has been asked for.
    ///   - answered: Told each answer; about a report that was held more than once, the last word counts.
    /// - Throws: `ContributorError` where the node does not answer; what was answered before stands in the wallet.
    package nonisolated func withdraw(
        _ reports: [ReportID], out wallet: ContributorWallet, atHelper: Bool, patience: Duration,
        answered: @Sendable (ReportID, WithdrawalAnswer) -> Void
    ) async throws {
        let promises = atHelper ? try wallet.contents().promises : [:]
        let start = ContinuousClock.now
        var rounds = WithdrawalRounds(reports, patience: patience)
        while true {
            let id: ReportID
            switch rounds.next(at: .now - start) {
            case .end: return
            case .wait(let pause):
                try await wait(pause, for: rounds.heldCount, atHelper: atHelper)
                continue
            case .ask(let next): id = next
            }
            let key = ReportKey(taskID, id)
            let answer = try await withdraw(
                id, seed: wallet.seed, atHelper: atHelper,
                promise: promises[key].map { String(decoding: $0, as: UTF8.self) }, waitsIfHeld: false)
            if answer == .withdrawn || answer == .pending { try wallet.markWithdrawn([key]) }
            answered(id, answer)
            if case .held(let seconds, _) = answer { rounds.hold(id, seconds: seconds, at: .now - start) }
        }
    }

    private nonisolated func wait(_ pause: Duration, for count: Int, atHelper: Bool) async throws {
        let url = atHelper ? file.configuration.helperURL : leaderURL
        let words = WaitingWords(for: url, notice: transport.notice)
        defer { withExtendedLifetime(words) {} }
        words.explain("it holds \(count) \(count == 1 ? "report" : "reports"), to be asked for again")
        try await Task.sleep(for: pause)
    }
}
