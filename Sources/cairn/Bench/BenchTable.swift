import Bench
import Foundation

/// `cairn bench vdaf` for people: a table that grows row by row.
enum BenchTable {
    private static let labelWidth = 26
    private static let columns = [
        ("shard", 13), ("leader", 13), ("helper", 13), ("both", 13), ("finish", 9), ("aggregate", 10),
        ("reports/s", 10), ("bytes", 9),
    ]

    static func header(_ settings: BenchSettings) {
        let kernels = Kernels.active
        Console.print("kernels  \(kernels.isEmpty ? "none, Swift only" : kernels.joined(separator: ", "))")
        Console.print("threads  \(settings.threads), \(settings.repeats) repetitions, --seed \(settings.seed)")
        Console.print("Microseconds per report: median, below it smallest–largest; reports/s as verified by both.")
        Console.print()
        Console.print(line("type", columns.map(\.0)))
    }

    static func show(_ row: BenchRow) {
        let verified = [row.shard, row.leaderVerify, row.helperVerify, row.bothVerify]
        let all = verified + [row.finish, row.aggregate]
        Console.print(
            line(
                label(row.benchCase),
                all.map { TableText.time($0.wall.median) } + [
                    String(format: "%.0f", row.verifiedPerSecond), String(row.uploadBytes),
                ]))
        Console.print(
            line(
                "  \(row.reports) reports",
                verified.map { "\(TableText.time($0.wall.smallest))–\(TableText.time($0.wall.largest))" }))
        if row.processorShare < 0.9 {
            let share = String(format: "%.0f", row.processorShare * 100)
            Console.print(line("  processor time", all.map { TableText.time($0.processor.median) }))
            Console.print("  other work on this machine: the threads ran for \(share)% of the time")
        }
    }

    static func show(_ roofline: Roofline) {
        Console.print()
        Console.print("Primitives on one thread, best of several runs: GB/s, of one stream and of four at once; ns")
        let names = ["absorb", "absorb ×4", "squeeze", "squeeze ×4", "accumulate", "multiply", "transform"]
        let widths = [9, 11, 9, 12, 12, 10, 11]
        Console.print(TableText.padded("", 40) + zip(names, widths).map { TableText.aligned($0, $1) }.joined())
        for rates in roofline.rates {
            let bytes = [rates.absorb, rates.absorbFour, rates.squeeze, rates.squeezeFour].map {
                String(format: "%.2f", $0 / 1e9)
            }
            let nanoseconds = [rates.accumulate, rates.multiply, rates.transformMultiply].map {
                String(format: "%.2f", $0)
            }
            let cells = zip(bytes + nanoseconds, widths).map { TableText.aligned($0, $1) }
            Console.print(TableText.padded(rates.primitives.rawValue, 40) + cells.joined())
        }
        Console.print()
        Console.print("Floor in microseconds per report as hashing + field arithmetic, and processor time over floor")
        Console.print(
            TableText.padded("", labelWidth) + ["shard", "leader", "helper"].map { TableText.aligned($0, 24) }.joined())
        for entry in roofline.entries {
            let cells = [entry.shard, entry.leaderVerify, entry.helperVerify].map {
                "\(TableText.time($0.hashing)) + \(TableText.time($0.field))"
                    + TableText.aligned("×" + String(format: "%.2f", $0.ratio), 7)
            }
            Console.print(
                TableText.padded(label(entry.row.benchCase), labelWidth)
                    + cells.map { TableText.aligned($0, 24) }.joined())
        }
    }

    /// `sumvec 16 × 1000 / 126`: bits, length, chunk length, as far as the type has them.
    private static func label(_ benchCase: BenchCase) -> String {
        let size = benchCase.length > 1 ? "\(benchCase.bits) × \(benchCase.length)" : "\(benchCase.bits)"
        let chunk = benchCase.chunkLength > 0 ? " / \(benchCase.chunkLength)" : ""
        return "\(benchCase.type.name) \(size)\(chunk)"
    }

    private static func line(_ label: String, _ cells: [String]) -> String {
        TableText.padded(label, labelWidth) + zip(cells, columns).map { TableText.aligned($0, $1.1) }.joined()
    }
}
