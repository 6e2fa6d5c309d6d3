import Foundation
import SharedModel

/// The demo's printed pages. With `--json` nothing is printed on the way.
struct DemoPages: Sendable {
    let isSilent: Bool

    func opening(_ plan: DemoPlan, nodes: LocalNodes, folder: String) {
        let run = plan.run
        let sizes = Set(run.slices.map(\.count)).sorted().map(String.init).joined(separator: " or ")
        show(
            """

            \(plan.contributors) contributors train a model together. Nobody sees anybody's data.

              data    \(plan.dataName): \(run.pooled.count) rows to train on, \(run.test.count) to test with
                      \(run.test.featureCount) features, \(run.test.classNames.count) classes
                      each contributor holds \(sizes) rows of its own
              model   \(run.initialModel.kind), \(run.bound.dimension) parameters
                      a contributor can change it by a Euclidean norm of at most \(run.bound.norm):
                      longer changes are scaled down, and whoever sends one all the same is rejected
              leader  \(nodes.leader.url)  process \(nodes.leader.processID ?? 0)
              helper  \(nodes.helper.url)  process \(nodes.helper.processID ?? 0)
              files   \(folder)

            In each round every contributor trains on its own rows, splits the change of the model into
            two random-looking shares, and encrypts one to each node. The nodes check together that its
            norm is within the bound, without seeing it, log a commitment to it, and publish the sum only.

              round  accepted  rejected    upload  per contributor  seconds  test accuracy
            """)
    }

    func round(_ round: DemoReport.Round, note: String?) {
        let columns = [
            pad("\(round.round)", 7), pad("\(round.accepted)", 10), pad("\(round.rejected)", 10),
            pad(decimal(Double(round.uploadBytes) / 1e6, 2) + " MB", 10),
            pad(decimal(Double(round.contributorBytes) / 1e3, 1) + " kB", 17), pad(decimal(round.seconds, 1), 9),
            pad(percent(round.testAccuracy), 15),
        ]
        show(columns.joined() + (note.map { "   \($0)" } ?? ""))
    }

    func accuracy(_ report: DemoReport) {
        show(
            """

            Accuracy on the \(report.data.testRows) test rows, after run \(report.runId)
              \(pad(percent(report.sharedAccuracy), 6))  the shared model
              \(pad(percent(report.pooledAccuracy), 6))  the same model, trained on all rows in one place
              \(pad(percent(report.majorityClassShare), 6))  always answering with the most frequent class
            """)
    }

    func checks(_ report: DemoReport, receiptLines: [String]) {
        let audit = report.audit
        let receipts = report.receipts
        show(
            """

            Checks, made after both nodes were shut down, with nothing but the public log
              \(mark(audit.verified))  audit: \(audit.batches) of \(report.rounds.count) published sums are the only ones \
            that the logged commitments allow
                 (\(audit.entries) log entries read, signatures of the log and of its witness verified)
              \(mark(receipts.verified == receipts.total))  receipts: \(receipts.verified) of \(receipts.total) verified \
            offline; the first one in detail:
            """)
        for line in receiptLines { show("       \(line)") }
        let credit = report.credit
        show(
            """
              \(mark(credit.verified == credit.claims))  credit: \(credit.verified) of \(credit.claims) claims verified. \
            Each contributor proved 'at least T' about the last round
                 (\(credit.thresholdBytes) bytes each), the first one its exact total over all rounds, \
            \(credit.exactTotal)
            """)
        show("\nAttacks")
        for attack in report.dishonestContributors
            + [report.falsifiedAggregate, report.forgedClaim].compactMap({ $0 })
        {
            show("  \(mark(attack.caught))  \(attack.attack)\n     → \(attack.finding)")
        }
    }

    func closing(_ report: DemoReport, keptFolder: String?, commands: [String]) {
        show(
            """

            Who knows what now
              each contributor   its own rows, and what opens its own commitments
              leader, helper     one share of every contribution: alone, uniformly random numbers
              everybody          the sums, the models, and a log in which every contribution is committed to
            """)
        if let keptFolder {
            show("\nKept in \(keptFolder). Try:")
            for command in commands { show("  \(command)") }
        }
        let verdict = report.succeeded ? "All checks passed" : "SOMETHING FAILED"
        show("\n\(verdict), \(decimal(report.seconds, 0)) seconds in total.")
    }

    private func show(_ text: String) {
        if !isSilent { Console.print(text) }
    }

    private func mark(_ passed: Bool) -> String { passed ? "✓" : "✗" }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    private func percent(_ share: Double) -> String { decimal(share * 100, 1) + "%" }

    private func decimal(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
