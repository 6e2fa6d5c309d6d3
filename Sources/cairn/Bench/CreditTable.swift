import Bench
import Foundation

/// `cairn bench credit` for people.
enum CreditTable {
    private static let columns = [("spearman", 10), ("on test", 10), ("weakest's median rank", 24)]
    private static let labelWidth = 30

    static func header(_ settings: TrialSettings, _ trial: CreditTrial) {
        Console.print(
            "\(settings.contributors) contributors, \(settings.rounds) rounds, \(trial.rowCounts), --seed \(settings.seed)"
        )
        Console.print("Updates are clipped to ±\(settings.bound) in every coordinate.")
        Console.print("Rank correlation of credit with exact per-round Shapley values; rank 1 earns most.")
        Console.print()
        Console.print(line("scenario, policy", columns.map(\.0)))
    }

    static func show(_ result: TrialResult) {
        for row in result.rows {
            Console.print(
                line(
                    "\(row.scenario.rawValue), \(row.policy)",
                    [
                        String(format: "%.3f", row.spearman), String(format: "%.3f", row.spearmanOnTest),
                        String(format: "%.1f", row.weakestMedianRank)
                            + (row.weakestAreBelowMedian ? ", all below" : ", not all below"),
                    ]))
        }
        Console.print(String(format: "  accuracy on test rows: %.1f%%", 100 * result.accuracy))
    }

    static func show(_ cost: ClaimCost, _ settings: BenchSettings) {
        let kernels = Kernels.active
        Console.print()
        Console.print("kernels  \(kernels.isEmpty ? "none, Swift only" : kernels.joined(separator: ", "))")
        Console.print("Medians of \(settings.repeats) repetitions; one thread, but for audits all.")
        Console.print(
            "claim, \(cost.bits) bits × \(cost.dimension): prove \(duration(cost.prove)), verify "
                + "\(duration(cost.verify)), \(cost.bytes) bytes")
        Console.print(
            "\(cost.claims) claims together: \(duration(cost.verifyBatch)), "
                + "\(TableText.time(cost.verifyBatchPerClaim)) µs each")
    }

    static func show(_ cost: AuditCost) {
        Console.print(
            "audit of \(cost.reports) reports × \(cost.dimension): \(duration(cost.audit)); a receipt: "
                + "\(duration(cost.receiptVerify)), \(cost.receiptBytes) bytes")
    }

    private static func duration(_ cost: PhaseCost) -> String {
        let microseconds = cost.wall.median
        return microseconds < 1e6
            ? "\(TableText.time(microseconds / 1e3)) ms" : String(format: "%.2f s", microseconds / 1e6)
    }

    private static func line(_ label: String, _ cells: [String]) -> String {
        TableText.padded(label, labelWidth) + zip(cells, columns).map { TableText.aligned($0, $1.1) }.joined()
    }
}
