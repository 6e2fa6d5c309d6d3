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
        let tasks = Set(contents.reports.keys.map(\.taskID)).union(contents.receipts.keys.map(\.taskID))
        let rows = tasks.map { row($0, name: names[$0], contents) }
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
        }
    }

    private func row(_ taskID: TaskID, name: String?, _ contents: WalletContents) -> Output.Task {
        let reports = contents.history(of: taskID)
        func count(_ matches: (ReportRecord.State) -> Bool) -> Int { reports.count { matches($0.state) } }
        return Output.Task(
            taskId: taskID.base64URL, name: name, reports: reports.count,
            openings: reports.count { $0.opening != nil },
            receipts: contents.receipts.keys.count { $0.taskID == taskID },
            promises: contents.promises.keys.count { $0.taskID == taskID }, sent: count { $0 == .sent },
            notTaken: count { if case .notTaken = $0 { true } else { false } }, stored: count { $0 == .stored },
            rejected: count { if case .rejected = $0 { true } else { false } }, withdrawn: count { $0 == .withdrawn })
    }
}
