import Bench
import Contributor
import Transport

/// Waits until both nodes have accepted all reports of a load, by the leader's counters.
///
/// Asking costs the leader time that would be counted, and the more the more reports it has. So each question is followed by
/// a pause of ten times what the answer took, and at least 50 ms; that is how exact the moment is.
struct Acceptance: Sendable {
    let client: TaskClient
    let reports: Int
    /// How long the counters may stand still.
    let patience: Duration

    /// - Parameter progress: gets how many are accepted.
    /// - Throws: `BenchError.checkFailed` where a report is refused, `ContributorError.unfinished` where nothing moves.
    func wait(progress: (Int) -> Void) async throws {
        var accepted = -1
        var lastChange = ContinuousClock.now
        let words = WaitingWords(for: "both nodes", notice: { Console.error("cairn: \($0)") })
        defer { withExtendedLifetime(words) {} }
        while true {
            let asked = ContinuousClock.now
            let status = try await client.status()
            let answered = ContinuousClock.now
            guard status.rejectedTotal == 0 else {
                let reasons = status.rejected.filter { $0.value > 0 }.keys.sorted().joined(separator: ", ")
                throw BenchError.checkFailed(
                    "the nodes refused \(status.rejectedTotal) of \(reports) honest reports: \(reasons)")
            }
            if status.accepted != accepted {
                accepted = status.accepted
                lastChange = answered
                progress(accepted)
                words.explain("they have accepted \(accepted) of \(reports) reports")
            }
            if accepted >= reports { return }
            guard answered - lastChange < patience else {
                throw ContributorError.unfinished(
                    url: client.file.configuration.leaderURL,
                    reason: "\(accepted) of \(reports) reports are accepted, and none more in "
                        + "\(patience.components.seconds) s")
            }
            try await Task.sleep(for: max(.milliseconds(50), (answered - asked) * 10))
        }
    }
}
