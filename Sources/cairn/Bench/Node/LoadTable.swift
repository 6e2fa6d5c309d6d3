import Bench
import Foundation

/// `cairn bench node` for people: a block of lines for each row, at most 79 columns wide.
enum LoadTable {
    private static let labelWidth = 28
    private static let columns = [("reports", 9), ("uploads/s", 11), ("accepted/s", 11), ("p50 ms", 9), ("p99 ms", 9)]

    static func header(storage: LocalStorage.Kind, connections: Int, perRequest: Int, seed: UInt64) {
        let kernels = Kernels.active.isEmpty ? ["none, Swift only"] : Kernels.active
        Console.print("kernels  \(kernels.joined(separator: "\n         "))")
        Console.print(
            "load     \(connections) connections, up to \(perRequest) reports a request, --seed \(seed)")
        Console.print("nodes    a leader and a helper on this machine, \(storage.rawValue)")
        Console.print()
        Console.print(line("type", columns.map(\.0)))
    }

    static func show(_ row: LoadRow) {
        let benchCase = row.benchCase
        Console.print(
            line(
                benchCase.title,
                [
                    "\(benchCase.reports)", rate(row.uploadsPerSecond), rate(row.aggregatedPerSecond),
                    TableText.time(row.p50), TableText.time(row.p99),
                ]))
        let database = row.databaseProcessor > 0 ? ", database \(TableText.time(row.databaseProcessor))" : ""
        Console.print(
            "  µs a report: leader \(TableText.time(row.leaderProcessor)), helper "
                + "\(TableText.time(row.helperProcessor))\(database); verification \(TableText.time(row.verification))")
        let written = row.leaderWritten + row.helperWritten + row.databaseWritten
        Console.print(
            "  kB a report: sent \(kilobytes(row.reportBytes, 1)), leader wrote "
                + "\(kilobytes(row.leaderWritten, benchCase.reports)), all \(kilobytes(written, benchCase.reports)), stored "
                + "\(kilobytes(row.leaderStored + row.helperStored, benchCase.reports))")
        let audited = row.auditSeconds.map { ", audited in \(seconds($0))" } ?? ""
        Console.print(
            "  collected in \(seconds(row.collectSeconds))\(audited); "
                + "the \(row.peakIsLeaders ? "leader" : "helper") took \(row.peakMemory >> 20) MiB")
        if row.repeatedRequests > 0 {
            Console.print("  \(row.repeatedRequests) requests had to be sent again")
        }
    }

    private static func rate(_ value: Double) -> String { String(format: "%.0f", value) }
    private static func seconds(_ value: Double) -> String { String(format: "%.2f s", value) }
    private static func kilobytes(_ bytes: Int, _ reports: Int) -> String {
        String(format: "%.1f", Double(bytes) / Double(reports) / 1000)
    }

    private static func line(_ label: String, _ cells: [String]) -> String {
        TableText.padded(label, labelWidth) + zip(cells, columns).map { TableText.aligned($0, $1.1) }.joined()
    }
}
