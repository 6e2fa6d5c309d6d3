import Bench
import Foundation

/// `cairn bench commit` for people.
enum CommitmentTable {
    private static let columns = [
        ("commit", 10), ("leader", 10), ("helper", 10), ("link", 12), ("%", 7), ("audit", 10), ("prove", 10),
        ("verify", 10), ("batched", 10), ("bytes", 7),
    ]
    private static let labelWidth = 26

    static func header(_ settings: BenchSettings) {
        let kernels = Kernels.active
        Console.print("kernels  \(kernels.isEmpty ? "none, Swift only" : kernels.joined(separator: ", "))")
        Console.print("threads  \(settings.threads), \(settings.repeats) repetitions, --seed \(settings.seed)")
        Console.print("Microseconds, medians. link in % of leader: what the link check adds to verification.")
        Console.print("commit, leader, helper, link, audit per report; prove, verify, batched per linear-form proof.")
        Console.print()
        Console.print(line("bits × dimension × reports", columns.map(\.0)))
    }

    static func show(_ row: CommitmentRow) {
        let times = [row.commit, row.leaderVerify, row.helperVerify, row.linkCheck].map {
            TableText.time($0.wall.median)
        }
        let proof = [row.audit, row.linear.prove, row.linear.verify, row.linear.verifyInBatch].map {
            TableText.time($0.wall.median)
        }
        let (link, verify) = (row.linkCheck.wall, row.leaderVerify.wall)
        Console.print(
            line(
                "\(row.benchCase.bits) × \(row.benchCase.dimension) × \(row.benchCase.jobReports)",
                times + [String(format: "%.1f", row.linkCheckPercent)] + proof + [String(row.linear.bytes)]))
        func range(_ spread: Spread) -> String {
            "\(TableText.time(spread.smallest)) to \(TableText.time(spread.largest))"
        }
        Console.print("  leader \(range(verify)), link \(range(link))")
    }

    static func show(_ row: RangeProofRow) {
        Console.print()
        Console.print(
            "Range proof of 64 bits: prove \(TableText.time(row.prove.wall.median)), verify "
                + "\(TableText.time(row.verify.wall.median)), in a batch \(TableText.time(row.verifyInBatch.wall.median)); "
                + "\(row.bytes) bytes")
    }

    static func multiplicationHeader() {
        Console.print()
        Console.print("Multi-scalar multiplication, microseconds per point, by bits of the scalars")
        Console.print(
            TableText.padded("points", 10)
                + MultiplicationRow.bitCounts.map { TableText.aligned(String($0), 8) }.joined())
    }

    static func show(_ rows: [MultiplicationRow]) {
        Console.print(
            TableText.padded(rows.first.map { String($0.points) } ?? "", 10)
                + rows.map { TableText.aligned(String(format: "%.3f", $0.cost.wall.median), 8) }.joined())
    }

    private static func line(_ label: String, _ cells: [String]) -> String {
        TableText.padded(label, labelWidth) + zip(cells, columns).map { TableText.aligned($0, $1.1) }.joined()
    }
}
