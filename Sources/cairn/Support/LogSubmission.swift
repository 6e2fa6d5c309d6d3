import Contributor
import Ledger
import Tasks
import TransparencyLog
import Transport

extension TaskFile {
    /// Has the leader log an entry, and waits until the published log has it: what reads the log next finds it there.
    func log(_ entry: LedgerEntry, blob: [UInt8]) async throws {
        guard let logURL else { throw CommandFailure("the task \(name) has no log") }
        let index = try await TaskClient(task: self, transport: .speaking).post(entry, blob: blob)
        let source = try LogLocation.source(logURL)
        let words = WaitingWords(for: "the log to show the entry") { Console.error("cairn: \($0)") }
        defer { withExtendedLifetime(words) {} }
        words.explain("the leader has taken it, and waits for its witnesses")
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(60) {
            if try await LogReader.fetchCheckpoint(from: source).checkpoint.size > index { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CommandFailure(
            "the leader took the entry, but has published no checkpoint with it for a minute",
            advice: "The command can be repeated; nothing is logged twice.")
    }
}
