import Bench
import Foundation

/// `cairn bench train` for people.
enum TrainingTable {
    private static let columns = [
        ("client", 10), ("commit", 10), ("leader", 10), ("helper", 10), ("link", 9), ("add", 9), ("audit", 9),
        ("bytes", 11), ("plain", 9),
    ]
    private static let labelWidth = 26

    static func header(_ settings: BenchSettings, normBound: Double) {
        let kernels = Kernels.active
        Console.print("kernels  \(kernels.isEmpty ? "none, Swift only" : kernels.joined(separator: ", "))")
        Console.print(
            "threads  1 of a contributor, \(settings.threads) of a node; rounds: \(settings.repeats), "
                + "norm at most \(normBound), --seed \(settings.seed)")
        Console.print("Microseconds per report, medians. client with commit; leader and helper with link.")
        Console.print("plain: contributor and server of a round without privacy.")
        Console.print()
        Console.print(line("dimension × contributors", columns.map(\.0)))
    }

    static func show(_ row: TrainingRow) {
        let times = [
            row.client, row.commit, row.leaderVerify, row.helperVerify, row.linkCheck, row.aggregate, row.audit,
        ].map { TableText.time($0.wall.median) }
        Console.print(
            line(
                "\(row.benchCase.dimension) × \(row.benchCase.contributors)",
                times + [String(row.uploadBytes), TableText.time(row.plainAverage)]))
        let precision = row.benchCase.precision
        Console.print(
            "  \(precision.isField128 ? "Field128" : "Field64"), \(precision.encoding.fractionalBits) fractional bits, "
                + "jobs of \(row.jobReports); peak memory so far \(row.peakMemoryBytes >> 20) MiB")
        let bytes = String(format: "%.2f", Double(row.uploadBytes) / Double(row.plainUploadBytes))
        Console.print(
            "  price of privacy: \(bytes) times the bytes; a contributor \(duration(row.client.wall.median)) instead of "
                + "\(duration(row.plainClient.wall.median)), both nodes \(duration(row.nodes)) instead of a server's "
                + duration(row.plainServer.wall.median))
    }

    private static func duration(_ microseconds: Double) -> String {
        microseconds < 1000
            ? "\(TableText.time(microseconds)) µs" : "\(TableText.time(microseconds / 1000)) ms"
    }

    private static func line(_ label: String, _ cells: [String]) -> String {
        TableText.padded(label, labelWidth) + zip(cells, columns).map { TableText.aligned($0, $1.1) }.joined()
    }
}
