import Foundation
import SharedModel

/// The demo's printed pages. With `--json` nothing is printed on the way.
struct DemoPages: Sendable {
    let isSilent: Bool

    func opening(_ plan: DemoPlan, nodes: LocalNodes, folder: String) {
        let settings = plan.settings.settings
        show("")
        show("\(plan.contributors) contributors train a model together. Nobody sees anybody's data.")
        show("")
        fact("data", "\(plan.dataName): \(plan.pooled.count) rows to train on, \(plan.test.count) to test with; "
            + "\(plan.test.featureCount) features, \(plan.test.classNames.count) classes")
        let sizes = plan.slices.map(\.count)
        let range = sizes.min() == sizes.max() ? "\(sizes.max() ?? 0)" : "\(sizes.min() ?? 0) or \(sizes.max() ?? 0)"
        fact("", "each contributor holds \(range) rows of its own")
        fact("model", "\(plan.initialModel.kind), \(plan.initialModel.parameters.count) parameters; changes are clipped to "
            + "±\(settings.bound) and sent as \(settings.bits)-bit integers")
        fact("leader", "\(nodes.leader.url)  process \(nodes.leader.processID.map { "\($0)" } ?? "?")")
        fact("helper", "\(nodes.helper.url)  process \(nodes.helper.processID.map { "\($0)" } ?? "?")")
        fact("files", folder)
        show("")
        show("In each round every contributor trains on its own rows, splits the change of the model into two random-looking")
        show("shares, and encrypts one to each node. The nodes check together that all values are in range, without seeing")
        show("them, log a commitment to each, and publish only the sum.")
        show("")
        show("  round  accepted  rejected    upload  seconds  test accuracy")
    }

    func round(_ round: DemoReport.Round, note: String?) {
        let columns = [
            pad("\(round.round)", 7), pad("\(round.accepted)", 10), pad("\(round.rejected)", 10),
            pad(megabytes(round.uploadBytes), 10), pad(decimal(round.seconds, 1), 9),
            pad(percent(round.testAccuracy), 15),
        ]
        show(columns.joined() + (note.map { "   \($0)" } ?? ""))
    }

    func accuracy(_ report: DemoReport) {
        show("")
        show("Accuracy on the \(report.data.testRows) test rows")
        show("  \(pad(percent(report.sharedAccuracy), 6))  the shared model")
        show("  \(pad(percent(report.pooledAccuracy), 6))  the same model, trained on all rows in one place")
        show("  \(pad(percent(report.majorityClassShare), 6))  always answering with the most frequent class")
    }

    func checks(_ report: DemoReport, receiptLines: [String]) {
        show("")
        show("Checks, made after both nodes were shut down, with nothing but the public log")
        mark(report.audit.verified)
        show("audit: \(report.audit.batches) of \(report.rounds.count) published sums are the only ones that the logged "
            + "commitments allow", continued: true)
        show("      (\(report.audit.entries) log entries read, signatures of the log and of its witness verified)")
        mark(report.receipts.verified == report.receipts.total)
        show("receipts: \(report.receipts.verified) of \(report.receipts.total) verified offline; the first one in detail:",
            continued: true)
        for line in receiptLines { show("        \(line)") }
        show("")
        show("Attacks")
        for attack in report.dishonestContributors + [report.falsifiedAggregate].compactMap({ $0 }) {
            mark(attack.caught)
            show(attack.attack, continued: true)
            show("      \(attack.finding)")
        }
    }

    func closing(_ report: DemoReport, keptFolder: String?, commands: [String]) {
        show("")
        show("Who knows what now")
        show("  each contributor   its own rows, and what opens its own commitments")
        show("  leader, helper     one share of every contribution: alone, uniformly random numbers")
        show("  everybody          the sums, the models, and a log in which every contribution is committed to")
        if let keptFolder {
            show("")
            show("Kept in \(keptFolder). Try:")
            for command in commands { show("  \(command)") }
        }
        show("")
        show("\(report.succeeded ? "All checks passed" : "SOMETHING FAILED"), \(decimal(report.seconds, 0)) seconds in total.")
    }

    private func show(_ line: String, continued: Bool = false) {
        if !isSilent { Console.print(line) }
    }

    private func mark(_ passed: Bool) {
        if !isSilent { Console.write(passed ? "  ✓  " : "  ✗  ", to: STDOUT_FILENO) }
    }

    private func fact(_ name: String, _ text: String) {
        show("  " + name.padding(toLength: 8, withPad: " ", startingAt: 0) + text)
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    private func megabytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1e6, 2) + " MB" }

    private func percent(_ share: Double) -> String { decimal(share * 100, 1) + "%" }

    private func decimal(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
