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
    @Suite struct RowUploads: RowUploading {
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
