import ChildProcesses
import Contributor
import DAP
import FaultProxy
import Foundation
import Testing
import Wallet

extension EndToEnd {
    /// Files of which every row becomes a report: however the command ends, run again it sends what is missing, and every
    /// row counts once.
    @Suite struct RowUploads {
        private static let rows = 300

        private func write(_ values: some Sequence<Int>, _ name: String, _ nodes: TestNodes) throws -> String {
            let path = "\(nodes.folder.path)/\(name)"
            try ("v\n" + values.map { "\($0)\n" }.joined()).write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        private func contribute(
            _ file: String, _ nodes: TestNodes, _ task: TaskFile, _ options: String...
        ) async throws -> CommandResult {
            try await Cairn.run(
                ["contribute", "--task", nodes.taskPath(task.name), "--csv", file, "--column", "v"] + options,
                home: nodes.home)
        }

        /// Starts the command, waits for something, and ends it with a signal.
        private func contribute(
            _ file: String, _ nodes: TestNodes, _ task: TaskFile, until isReached: () throws -> Bool, signal: Int32
        ) async throws -> (ending: ProcessEnding, text: String) {
            let log = "\(nodes.folder.path)/\(UUID().uuidString).log"
            let process = try await ChildProcess.start(
                try Cairn.path(),
                ["contribute", "--task", nodes.taskPath(task.name), "--csv", file, "--column", "v"],
                environment: ["CAIRN_PASSPHRASE": TestWallet.passphrase, "CAIRN_HOME": nodes.home], output: .log(log))
            for _ in 0..<6_000 where try !isReached() && !process.hasEnded {
                try await Task.sleep(for: .milliseconds(10))
            }
            kill(process.processID, signal)
            let ending = try await process.wait()
            return (ending, try String(contentsOfFile: log, encoding: .utf8))
        }

        private func states(_ nodes: TestNodes, _ task: TaskFile) throws -> [ReportRecord.State] {
            try nodes.wallet().records(of: task.taskID).map(\.state)
        }

        private func ids(_ proxy: FaultProxy) throws -> Set<ReportID> {
            Set(try proxy.uploads.joined().map(\.metadata.reportID))
        }

        private func received(_ task: TaskFile) async throws -> Int {
            let status = try await TaskClient(task: task).status()
            return Int(status.received)
        }

        /// Returns when every report has its verdict: one that is in a job is withdrawn only when the job ends.
        private func verdicts(_ task: TaskFile) async throws {
            try await eventually("every report has its verdict") {
                try await TaskClient(task: task).status().pending == 0
            }
        }

        /// Killed before a request arrives, while its answer is on its way, in the second request, and at any time.
        @Test(arguments: [true, false])
        func aFileWhoseUploadIsKilledAgainAndAgainCountsOnce(committed: Bool) async throws {
            try await TestNodes.runSums("killed-\(committed)", committed: committed, mostReports: 1_000) {
                nodes, proxy, task in
                let file = try write(1...Self.rows, "rows.csv", nodes)
                let seen = { [proxy] in try !proxy.uploads.isEmpty }
                proxy.treatUploads(with: .delayed(.seconds(30)).unasked)
                let first = try await contribute(file, nodes, task, until: seen, signal: SIGKILL)
                #expect(first.ending == .killed(signal: SIGKILL))
                #expect(try states(nodes, task).count == 256, "file and rows are in the wallet before they leave")
                for upload in [1, 2] {
                    let gate = Gate()
                    proxy.behave()
                    proxy.treatUploads(.only(upload), with: .held(at: gate))
                    let killed = try await contribute(
                        file, nodes, task, until: { gate.isReached }, signal: SIGKILL)
                    #expect(killed.ending == .killed(signal: SIGKILL), "\(killed.text)")
                    gate.open()
                }
                proxy.behave()
                for delay in [700, 900] {
                    let start = ContinuousClock.now
                    _ = try await contribute(
                        file, nodes, task,
                        until: { ContinuousClock.now - start > .milliseconds(delay) }, signal: SIGKILL)
                }
                let last = try await contribute(file, nodes, task)
                #expect(last.status == 0, "\(last.errors)")
                #expect(try states(nodes, task).allSatisfy { $0 == .stored } && states(nodes, task).count == Self.rows)
                #expect(try ids(proxy).count == Self.rows, "no row was made into a second report")
                #expect(try await received(task) == Self.rows)
                let again = try await contribute(file, nodes, task)
                #expect(again.status == 0 && again.output.contains("all 300 rows"), "\(again.output)\(again.errors)")
                // A batch is handed out once it has the least number of reports, with those that are accepted by then.
                try await eventually("all rows are accepted") {
                    try await TaskClient(task: task).status().accepted == UInt64(Self.rows)
                }
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
                #expect(
                    outcome.count == Self.rows && outcome.value == .integer(UInt128(Self.rows * (Self.rows + 1) / 2)))
            }
        }

        @Test func whoInterruptsReadsHowFarItCame() async throws {
            try await TestNodes.runSums("signals", mostReports: 1_000) { nodes, proxy, task in
                let file = try write(1...Self.rows, "rows.csv", nodes)
                for (upload, signal) in [(1, SIGINT), (1, SIGTERM), (2, SIGHUP)] {
                    let gate = Gate()
                    proxy.behave()
                    proxy.treatUploads(.only(upload), with: .held(at: gate))
                    let (ending, text) = try await contribute(
                        file, nodes, task, until: { gate.isReached }, signal: signal)
                    gate.open()
                    #expect(ending == .exited(130), "\(text)")
                    #expect(text.contains("reports were answered"), "\(text)")
                    #expect(text.contains("run the same command again"), "\(text)")
                }
                proxy.behave()
                let last = try await contribute(file, nodes, task)
                #expect(last.status == 0 && last.errors.contains("256 of 300 rows were sent"), "\(last.errors)")
                #expect(try ids(proxy).count == Self.rows)
                #expect(try await received(task) == Self.rows)
            }
        }

        /// A node that is short of something for an hour: the rows wait for the next run, and are never 'rejected'.
        @Test(arguments: [500, 502, 503])
        func aServersFailureRejectsNothing(status: Int) async throws {
            try await TestNodes.runSums("failing-\(status)", mostReports: 1_000) { nodes, proxy, task in
                let file = try write([1, 2, 3], "rows.csv", nodes)
                proxy.treatUploads(with: .busy(status, retryAfter: "3600"))
                let first = try await contribute(file, nodes, task)
                #expect(first.status != 0 && first.errors.contains("run the same command again"), "\(first.errors)")
                #expect(try states(nodes, task).allSatisfy(\.isOpen))
                proxy.behave()
                #expect(try await contribute(file, nodes, task).status == 0)
                #expect(try states(nodes, task) == [.stored, .stored, .stored])
                #expect(try ids(proxy).count == 3)
                #expect(try await received(task) == 3)
            }
        }

        @Test func aFileIsSentAgainOnlyWhenItsOwnerSaysSo() async throws {
            try await TestNodes.runSums("files", mostReports: 1_000) { nodes, proxy, task in
                let file = try write([7, 7, 8], "rows.csv", nodes)
                let first = try await contribute(file, nodes, task)
                #expect(first.status == 0 && first.output.contains("3 of 3 reports stored"), "\(first.errors)")
                let same = try await contribute(file, nodes, task)
                #expect(same.status == 0 && same.output.contains("all 3 rows"), "\(same.output)")
                #expect(same.errors.contains("--again"), "\(same.errors)")
                let copy = try await contribute(try write([7, 7, 8], "copy.csv", nodes), nodes, task)
                #expect(copy.status == 1 && copy.errors.contains("rows.csv"), "\(copy.errors)")
                _ = try write([7, 9, 8], "rows.csv", nodes)
                let changed = try await contribute(file, nodes, task)
                #expect(changed.status == 1 && changed.errors.contains("row 2 (line 3)"), "\(changed.errors)")
                #expect(changed.errors.contains("--row 2"), "\(changed.errors)")
                #expect(try ids(proxy).count == 3, "nothing was sent")

                // As the message says.
                try await verdicts(task)
                let gone = try await withdraw(nodes, task, "--csv", "rows.csv", "--row", "2")
                #expect(gone.status == 0 && gone.output.contains("row 2  withdrawn"), "\(gone.output)\(gone.errors)")
                let corrected = try await contribute(file, nodes, task)
                #expect(corrected.output.contains("1 of 1 reports stored"), "\(corrected.output)\(corrected.errors)")
                // It grew.
                _ = try write([7, 9, 8, 1], "rows.csv", nodes)
                let grown = try await contribute(file, nodes, task)
                #expect(grown.output.contains("1 of 1 reports stored"), "\(grown.output)\(grown.errors)")
                #expect(grown.errors.contains("3 of 4 rows were sent"), "\(grown.errors)")
                // What its owner takes back stays out.
                try await verdicts(task)
                #expect(try await withdraw(nodes, task, "--row", "3..4").status == 0)
                let rest = try await contribute(file, nodes, task)
                #expect(rest.status == 0 && rest.errors.contains("2 rows that you took back"), "\(rest.errors)")
                let once = try await contribute(file, nodes, task, "--row", "4", "--again")
                #expect(once.output.contains("1 of 1 reports stored"), "\(once.output)\(once.errors)")
                try await listed(nodes, task)
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
                #expect(outcome.count == 3 && outcome.value == .integer(7 + 9 + 1))
            }
        }

        private func withdraw(_ nodes: TestNodes, _ task: TaskFile, _ options: String...) async throws -> CommandResult
        {
            try await Cairn.run(["withdraw", "--task", nodes.taskPath(task.name)] + options, home: nodes.home)
        }

        /// One line ties a row to its report.
        private func listed(_ nodes: TestNodes, _ task: TaskFile) async throws {
            let list = try await Cairn.succeed(
                "receipt", "list", "--task", nodes.taskPath(task.name), "--csv", "rows.csv", home: nodes.home)
            #expect(list.output.hasPrefix("6 reports: 3 stored, 3 withdrawn"), "\(list.output)")
            #expect(list.output.contains("rows.csv row 2 (line 3)"), "\(list.output)")
            let json = try await Cairn.succeed("receipt", "list", "--row", "4", "--json", home: nodes.home).json()
            let reports = try #require(json["reports"] as? [[String: Any]])
            #expect(reports.map { $0["state"] as? String } == ["withdrawn", "stored"])
            #expect(reports.allSatisfy { $0["row"] as? Int == 4 && $0["line"] as? Int == 5 })
        }

        /// A wallet that was put back from before the upload makes the same reports, and they count once.
        @Test(arguments: [true, false])
        func aRestoredWalletSendsNothingTwice(committed: Bool) async throws {
            try await TestNodes.runSums("restored-\(committed)", committed: committed, mostReports: 1_000) {
                nodes, proxy, task in
                let file = try write([7, 7, 8, 0], "rows.csv", nodes)
                let backup = "\(nodes.folder.path)/backup"
                try FileManager.default.copyItem(atPath: "\(nodes.home)/wallet", toPath: backup)
                #expect(try await contribute(file, nodes, task).status == 0)
                try FileManager.default.removeItem(atPath: "\(nodes.home)/wallet")
                try FileManager.default.moveItem(atPath: backup, toPath: "\(nodes.home)/wallet")
                let again = try await contribute(file, nodes, task)
                #expect(again.status == 0 && again.output.contains("4 of 4 reports stored"), "\(again.errors)")
                #expect(try ids(proxy).count == 4)
                #expect(try await received(task) == 4)
            }
        }

        /// The wallet is lost; its seed, the log and the file are there, and the file has grown and got a header.
        @Test func aWalletOutOfTheLogKnowsTheRowsAgain() async throws {
            try await TestNodes.runSums("recovered", mostReports: 1_000) { nodes, proxy, task in
                let file = "\(nodes.folder.path)/rows.csv"
                try "7\n7\n8\n".write(toFile: file, atomically: true, encoding: .utf8)
                let (path, home) = (nodes.taskPath(task.name), "\(nodes.folder.path)/device")
                try await Cairn.succeed(
                    "contribute", "--task", path, "--csv", file, "--column", "0", "--header", "no", home: nodes.home)
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
                #expect(outcome.count == 3 && outcome.value == .integer(22))

                let seed = "\(nodes.folder.path)/seed"
                try await Cairn.succeed("wallet", "seed", home: nodes.home).output
                    .write(toFile: seed, atomically: true, encoding: .utf8)
                try await Cairn.succeed("wallet", "recover", "--seed-file", seed, "--task", path, home: home)
                _ = try write([7, 7, 8, 5], "rows.csv", nodes)
                let grown = try await Cairn.succeed(
                    "contribute", "--task", path, "--csv", file, "--column", "v", home: home)
                #expect(grown.output.contains("1 of 1 reports stored"), "\(grown.output)\(grown.errors)")
                #expect(grown.errors.contains("3 of its rows are in the wallet out of the log"), "\(grown.errors)")
                #expect(try ids(proxy).count == 4)
                let shown = try await Cairn.succeed("wallet", "show", home: home)
                #expect(shown.output.contains("4 inputs saved"), "\(shown.output)")
            }
        }

        @Test func aHeaderThatWasAddedSendsNothingTwice() async throws {
            try await TestNodes.runSums("header", mostReports: 1_000) { nodes, proxy, task in
                let file = "\(nodes.folder.path)/rows.csv"
                try "7\n7\n8\n".write(toFile: file, atomically: true, encoding: .utf8)
                try await Cairn.succeed(
                    "contribute", "--task", nodes.taskPath(task.name), "--csv", file, "--column", "0", "--header", "no",
                    home: nodes.home)
                _ = try write([7, 7, 8], "rows.csv", nodes)
                let named = try await contribute(file, nodes, task)
                #expect(named.status == 1 && named.errors.contains("column #0"), "\(named.output)\(named.errors)")
                _ = try write([7, 7, 8, 1], "rows.csv", nodes)
                let grown = try await contribute(file, nodes, task)
                #expect(grown.status == 1 && grown.errors.contains("--row 4.."), "\(grown.output)\(grown.errors)")
                #expect(try ids(proxy).count == 3)
                #expect(try await contribute(file, nodes, task, "--row", "4..").status == 0)
                #expect(try ids(proxy).count == 4)
                // A value was mended as well.
                _ = try write([7, 6, 8, 1], "rows.csv", nodes)
                let mended = try await contribute(file, nodes, task)
                #expect(mended.status == 1 && mended.errors.contains("`--again --row 2 --row 4..`"), "\(mended.errors)")
                #expect(try ids(proxy).count == 4)
                #expect(try await withdraw(nodes, task, "--csv", file, "--row", "2").status == 0)
                let new = try await contribute(file, nodes, task, "--again", "--row", "2", "--row", "4..")
                #expect(new.output.contains("1 of 1 reports stored"), "\(new.output)\(new.errors)")
            }
        }

        /// All rows that are others now are named, so that the command has to be pasted once.
        @Test func insertedRowsAreTakenBackByOneCommand() async throws {
            try await TestNodes.runSums("inserted", mostReports: 1_000) { nodes, proxy, task in
                let file = try write([1, 2, 3, 4, 5, 6], "rows.csv", nodes)
                #expect(try await contribute(file, nodes, task).status == 0)
                _ = try write([9, 2, 8, 3, 4, 6, 6], "rows.csv", nodes)
                let changed = try await contribute(file, nodes, task)
                #expect(changed.errors.contains("--row 1 --row 3..5`"), "\(changed.errors)")
                #expect(
                    try await withdraw(nodes, task, "--csv", file, "--row", "1", "--row", "3..5").status == 0)
                let mended = try await contribute(file, nodes, task)
                #expect(mended.output.contains("5 of 5 reports stored"), "\(mended.output)\(mended.errors)")
                #expect(mended.errors.contains("4 rows with another value than before"), "\(mended.errors)")
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
                #expect(outcome.count == 7 && outcome.value == .integer(9 + 2 + 8 + 3 + 4 + 6 + 6))
            }
        }

        /// Two people, or a person and a timer, run the same command at once.
        @Test func theSameCommandTwiceAtOnceSendsEveryRowOnce() async throws {
            try await TestNodes.runSums("twice", mostReports: 1_000) { nodes, proxy, task in
                let file = try write(1...Self.rows, "rows.csv", nodes)
                async let other = contribute(file, nodes, task)
                let one = try await contribute(file, nodes, task)
                #expect(try await other.status == 0 && one.status == 0, "\(one.errors)")
                #expect(try ids(proxy).count == Self.rows)
                #expect(try states(nodes, task).allSatisfy { $0 == .stored })
                #expect(try await received(task) == Self.rows)
            }
        }

        /// What an aggregator refuses after the upload is in the history as soon as receipts are asked for.
        @Test func rejectionsReachTheWallet() async throws {
            try await TestNodes.runSums("rejected", mostReports: 1_000) { nodes, _, task in
                let wallet = try nodes.wallet()
                let client = try TaskClient(task: task)
                let good = try await client.prepare([.integer(40)], seed: wallet.seed)[0]
                let bad = good.withBrokenHelperCiphertext()
                try wallet.save([
                    .report(
                        ReportRecord(
                            taskID: task.taskID, reportID: bad.reportID, time: 0, state: .stored, opening: nil))
                ])
                _ = try await client.send([bad])
                for _ in 0..<3_000 where try await client.status().pending > 0 {
                    try await Task.sleep(for: .milliseconds(20))
                }
                let fetched = try await Cairn.run(
                    "receipt", "fetch", "--task", nodes.taskPath(task.name), "--wait", "30", home: nodes.home)
                #expect(fetched.errors.contains("rejected"), "\(fetched.output)\(fetched.errors)")
                let list = try await Cairn.succeed("receipt", "list", home: nodes.home)
                #expect(list.output.contains("rejected"), "\(list.output)")
                let shown = try await Cairn.succeed("wallet", "show", home: nodes.home)
                #expect(shown.output.contains("1 rejected"), "\(shown.output)")
            }
        }
    }
}
