import Contributor
import DAP
import TaskTypes

/// What became of the reports of one round, as the contributors know it. Pure.
struct SoakAccount: Sendable {
    /// The values of good reports that the leader has acknowledged.
    private(set) var values: [UInt64] = []
    /// Acknowledged reports that the helper cannot open, and has to refuse.
    private(set) var broken = 0

    mutating func acknowledged(_ value: UInt64) { values.append(value) }
    mutating func acknowledgedBroken() { broken += 1 }

    /// What is wrong with a collected batch; nil where every acknowledged report was counted once, or refused and logged.
    func fault(count: UInt64, value: AggregateValue, status: TaskStatus) -> String? {
        let expected = [ReportError.hpkeDecryptError.name: broken].filter { $0.value > 0 }
        var faults: [String] = []
        if count != UInt64(values.count) { faults.append("\(count) of \(values.count) acknowledged reports counted") }
        let sum = values.reduce(UInt128(0)) { $0 + UInt128($1) }
        if value != .integer(sum) { faults.append("sum \(value) instead of \(sum)") }
        if status.rejected != expected { faults.append("refused \(status.rejected) instead of \(expected)") }
        if status.pending != 0 { faults.append("\(status.pending) reports still wait") }
        if let open = status.batches.first(where: { $0.state != "collected" }) {
            faults.append("a batch is \(open.state)")
        }
        return faults.isEmpty ? nil : faults.joined(separator: ", ")
    }
}

/// What a soak has done so far.
struct SoakFigures: Sendable, CustomStringConvertible {
    var rounds = 0
    var uploads = 0
    var reports = 0
    var broken = 0
    var collects = 0
    var kills = 0
    var stops = 0
    var losses: [String] = []

    var description: String {
        """
        \(rounds) tasks, \(uploads) uploads of \(reports) reports and \(broken) broken ones, \(collects) collections, \
        \(kills) SIGKILL, \(stops) SIGSTOP, \(losses.count) losses
        """
    }
}
