import DAP
import Ledger
import Requests
import Transport
import Wallet

// One request's reports, from the wallet to the leader and its answer back into the wallet.

extension TaskClient {
    /// Sends reports that are in the wallet as sent, again and again if need be, until the leader has said what becomes of
    /// each, and puts that into the wallet.
    ///
    /// Those that were encrypted to outdated keys are encrypted anew and sent once more.
    ///
    /// - Parameter isRepeated: the reports were sent before, in this form or another.
    /// - Throws: the last attempt's ``ContributorError``, or `CancellationError`. Unless the leader refused the reports,
    ///   the wallet then has what it takes to send them again.
    nonisolated func deliver(
        _ reports: [PreparedReport], wallet: ContributorWallet, isRepeated: Bool,
        notice: (@Sendable (String) -> Void)?
    ) async throws -> [UploadOutcome] {
        var outcomes = try await send(reports, wallet: wallet, isRepeated: isRepeated, notice: notice)
        let outdated = outcomes.indices.filter { outcomes[$0].error?.asksForOtherKeys == true }
        guard !outdated.isEmpty else { return outcomes }
        let configs = try await aggregatorConfigs(refresh: true)
        var places: [Int] = []
        var resealed: [PreparedReport] = []
        for place in outdated {
            guard let report = try sealAgain(reports[place], configs: configs) else { continue }
            places.append(place)
            resealed.append(report)
        }
        let second = try await send(resealed, wallet: wallet, isRepeated: true, notice: notice)
        for (place, outcome) in zip(places, second) { outcomes[place] = outcome }
        return outcomes
    }

    private nonisolated func send(
        _ reports: [PreparedReport], wallet: ContributorWallet, isRepeated: Bool,
        notice: (@Sendable (String) -> Void)?
    ) async throws -> [UploadOutcome] {
        let client = try HTTPTransport.client()
        let request = uploadRequest(reports)
        let words = WaitingWords(for: request.url, notice: notice ?? transport.notice)
        defer { withExtendedLifetime(words) {} }
        let start = ContinuousClock.now
        var pauses = RetryRule.Pauses(transport.rule)
        var record = RequestRecord(reports, task: taskID, wallet: wallet, isRepeated: isRepeated)
        while true {
            try record.sending()
            let result = await client.attempt(request, number: record.attempts, rule: transport.rule)
            let reading = read(result, to: request, of: reports, isRepeated: isRepeated || record.attempts > 1)
            switch reading.reply {
            case .answered:
                try wallet.save(reading.outcomes.flatMap(records))
                return reading.outcomes
            case .refused:
                let reason = reading.reason
                try wallet.save(reports.map { .state(ReportKey(taskID, $0.reportID), .rejected(reason)) })
                throw reading.failure
            case .notTaken, .unclear: try record.noWord(reading.reply, reason: reading.reason)
            }
            try Task.checkCancellation()
            // Whatever came was not the leader's word about the reports.
            let outcome: RetryRule.Outcome =
                switch result {
                case .success(let answer): .foreignAnswer(asked: answer.retryAfter.map { .seconds($0) })
                case .failure: WebClient.outcome(result, request)
                }
            guard let wait = pauses.wait(after: outcome, spent: ContinuousClock.now - start) else {
                throw reading.failure
            }
            words.explain(HTTPTransport.explanation(result))
            try await Task.sleep(for: wait)
        }
    }

    /// What an attempt to upload brought.
    private struct Reading {
        let reply: UploadReply
        var outcomes: [UploadOutcome] = []
        /// In few words, for the wallet; and for whoever gave up.
        var reason = ""
        var failure = ContributorError.unexpectedAnswer(url: "", reason: "")
    }

    private nonisolated func read(
        _ result: HTTPTransport.Attempt, to request: WebRequest, of reports: [PreparedReport],
        isRepeated: Bool
    ) -> Reading {
        let url = request.url
        switch result {
        case .failure(let failure):
            return Reading(
                reply: failure.mayHaveArrived ? .unclear : .notTaken, reason: "no answer",
                failure: HTTPTransport.error(failure, url: url))
        case .success(let answer):
            let problem = answer.problem
            let reply = UploadReply.judge(
                status: answer.status, problem: problem, asksToWait: answer.retryAfter != nil)
            guard reply == .answered else {
                return Reading(
                    reply: reply, reason: problem?.type?.rawValue ?? "HTTP \(answer.status)",
                    failure: HTTPTransport.error(for: answer, url: url))
            }
            do throws(ContributorError) {
                return Reading(reply: reply, outcomes: try outcomes(of: reports, answer, isRepeated: isRepeated))
            } catch {
                return Reading(reply: .unclear, reason: "an answer that is not DAP's", failure: error)
            }
        }
    }

    private nonisolated func records(of outcome: UploadOutcome) -> [WalletRecord] {
        let key = ReportKey(taskID, outcome.reportID)
        let state = WalletRecord.state(key, outcome.error.map { .rejected($0.name) } ?? .stored)
        guard case .held(let promise) = outcome.promise else { return [state] }
        return [state, .promise(key, Array(promise.utf8))]
    }
}
