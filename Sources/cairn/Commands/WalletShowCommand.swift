import ArgumentParser
import Contributor
import DAP
import Wallet

/// `cairn wallet show`: what is in the wallet, without its secrets.
struct WalletShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what the wallet holds: tasks, reports, receipts.",
        discussion: "Neither the seed nor any input is printed.")

    struct Output: Encodable {
        struct Task: Encodable {
            let taskId: String
            /// Where the task is installed under one.
            let name: String?
            let reports: Int
            /// Of these: whose input is saved, so that credit of every kind can be claimed.
            let openings: Int
            let receipts: Int
            let promises: Int
            /// Nobody knows whether the leader has them.
            let sent: Int
            /// The leader said that it did not take them.
            let notTaken: Int
            let stored: Int
            let rejected: Int
            let withdrawn: Int
            let files: [File]
        }

        /// A file whose rows were sent.
        struct File: Encodable {
            let path: String
            let columns: String
            let rows: UInt64
            let reports: Int
            let stored: Int
        }

        let path: String
        let tasks: [Task]
        /// Bytes at the wallet's end that cannot be read, and parts of it that were there and are missing.
        let unreadBytes: UInt64
        let lostParts: UInt64
    }

    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let access = try WalletAccess.open()
        let contents = try access.wallet.contents()
        let names = Dictionary(
            access.home.tasks().compactMap { task in (try? task.result.get()).map { ($0.taskID, task.name) } },
            uniquingKeysWith: { first, _ in first })
        let rows = Self.tasks(contents).map { $1.output($0, name: names[$0]) }
            .sorted { ($0.name ?? "", $0.taskId) < ($1.name ?? "", $1.taskId) }
        if json {
            return try JSONOutput.print(
                Output(
                    path: access.wallet.path, tasks: rows, unreadBytes: access.wallet.end.unread,
                    lostParts: access.wallet.end.lostFrames))
        }
        Console.print(
            "\(access.wallet.path)  \(contents.reports.count) reports, \(contents.receipts.count) receipts, "
                + "\(contents.promises.count) promises")
        if rows.isEmpty { Console.print("no reports yet") }
        for row in rows {
            Console.print(
                "\(row.name ?? row.taskId)  \(row.reports) reports (\(row.stored) stored, \(row.sent) sent, "
                    + "\(row.notTaken) not taken, \(row.rejected) rejected, \(row.withdrawn) withdrawn), \(row.receipts) receipts, "
                    + "\(row.promises) promises, \(row.openings) inputs saved")
            for file in row.files {
                Console.print(
                    "  \(RowNames.file(file.path)), \(file.rows) rows, column \(RowNames.shown(file.columns)): "
                        + "\(file.reports) reports, \(file.stored) stored")
            }
        }
    }

    /// What there is of each task, counted in one pass over each kind of record.
    private static func tasks(_ contents: WalletContents) -> [TaskID: TaskCounts] {
        var tasks: [TaskID: TaskCounts] = [:]
        for (key, report) in contents.reports {
            tasks[key.taskID, default: TaskCounts()].states.add(
                report.state, hasReceipt: contents.receipts[key] != nil)
            if report.opening != nil { tasks[key.taskID]?.openings += 1 }
            guard let row = contents.rows[key] else { continue }
            tasks[key.taskID]?.files[row.sourceID, default: HistoryCounts()].add(report.state, hasReceipt: false)
        }
        for key in contents.receipts.keys { tasks[key.taskID, default: TaskCounts()].receipts += 1 }
        for key in contents.promises.keys { tasks[key.taskID]?.promises += 1 }
        for source in contents.sortedSources { tasks[source.key.taskID]?.sources.append(source) }
        return tasks
    }

    private struct TaskCounts {
        var states = HistoryCounts()
        var openings = 0
        var receipts = 0
        var promises = 0
        var files: [SourceID: HistoryCounts] = [:]
        var sources: [RowSource] = []

        func output(_ taskID: TaskID, name: String?) -> Output.Task {
            Output.Task(
                taskId: taskID.base64URL, name: name, reports: states.reports, openings: openings, receipts: receipts,
                promises: promises, sent: states.sent, notTaken: states.notTaken, stored: states.stored,
                rejected: states.rejected, withdrawn: states.withdrawn,
                files: sources.compactMap { source in
                    files[source.key.sourceID].map {
                        Output.File(
                            path: source.path, columns: source.columns, rows: source.rows, reports: $0.reports,
                            stored: $0.stored)
                    }
                })
        }
    }
}
