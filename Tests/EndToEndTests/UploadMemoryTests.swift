import ChildProcesses
import Foundation
import Tasks
import Testing

extension EndToEnd {
    /// `contribute --csv` makes, sends and forgets reports a request at a time.
    @Suite struct UploadMemory {
        /// The largest resident size of a process so far, in kilobytes.
        private static func peak(of process: pid_t) -> Int? {
            guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
                let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
            else { return nil }
            return Int(line.filter(\.isNumber))
        }

        private func peak(rows: Int, _ task: TaskFile, _ nodes: TestNodes) async throws -> Int {
            let csv = "\(nodes.folder.path)/\(rows).csv"
            try ("v\n" + (0..<rows).map { "\($0 % 16)\n" }.joined()).write(
                toFile: csv, atomically: true, encoding: .utf8)
            let home = "\(nodes.folder.path)/home-\(rows)"
            try TestWallet.create(in: home)
            let process = try await ChildProcess.start(
                try Cairn.path(),
                ["contribute", "--task", nodes.taskPath(task.name), "--csv", csv, "--column", "v"],
                environment: ["CAIRN_PASSPHRASE": TestWallet.passphrase, "CAIRN_HOME": home],
                output: .log("\(nodes.folder.path)/\(rows).log"))
            var largest = 0
            while !process.hasEnded {
                if let now = Self.peak(of: process.processID) { largest = max(largest, now) }
                try await Task.sleep(for: .milliseconds(5))
            }
            let log = try String(contentsOfFile: "\(nodes.folder.path)/\(rows).log", encoding: .utf8)
            #expect(log.contains("\(rows) of \(rows) reports stored"), "\(log)")
            return largest
        }

        @Test func memoryDoesNotGrowWithTheRows() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "rows", "--vdaf", "histogram", "--length", "16", "--committed", "--batch-mode", "leader-selected",
                    "--min-batch-size", "2", "--max-batch-size", "10000")
                let few = try await peak(rows: 500, task, nodes)
                let many = try await peak(rows: 2_000, task, nodes)
                // A row's state in the history, and its value, stay: some hundred bytes. Whole reports are 25 kB.
                #expect(few > 10_000 && many - few < 4 * 1_500, "\(few) kB for 500 rows, \(many) kB for 2,000")
            }
        }
    }
}
