import ChildProcesses
import Contributor
import DAP
import FaultProxy
import Foundation
import Tasks
import Testing
import Wallet

extension EndToEnd {
    /// Uploads that somebody in between answers for the leader: the same report is sent again until the leader has said
    /// what becomes of it, in this run or in the next.
    @Suite struct UnansweredUploads {
        private func contribute(_ nodes: TestNodes, _ task: TaskFile, _ options: String...) async throws
            -> CommandResult
        {
            try await Cairn.run(["contribute", "--task", nodes.taskPath(task.name)] + options, home: nodes.home)
        }

        private func states(_ nodes: TestNodes, _ task: TaskFile) throws -> [ReportRecord.State] {
            try nodes.wallet().records(of: task.taskID).map(\.state)
        }

        private func ids(_ proxy: FaultProxy) throws -> Set<ReportID> {
            Set(try proxy.uploads.joined().map(\.metadata.reportID))
        }

        @Test(arguments: [(502, false), (502, true), (404, true), (429, false)])
        func theSameReportIsSentUntilTheLeaderAnswers(status: Int, storing: Bool) async throws {
            try await TestNodes.runSums("again-\(status)-\(storing)") { nodes, proxy, task in
                proxy.treatUploads(.first(3), with: storing ? .page(status) : .page(status).unasked)
                let result = try await contribute(nodes, task, "--value", "40")
                #expect(result.status == 0, "\(result.errors)")
                #expect(try proxy.uploads.count == 4 && ids(proxy).count == 1)
                #expect(try states(nodes, task) == [.stored])
                #expect(try nodes.wallet().contents().shares.isEmpty, "an answered report is not sent again")
                #expect(try await TaskClient(task: task).status().received == 1)
            }
        }

        @Test func whoIsAskedToWaitSaysForWhom() async throws {
            try await TestNodes.runSums("asked") { nodes, proxy, task in
                proxy.treatUploads(.first(1), with: .busy(503, retryAfter: "2").unasked)
                let start = ContinuousClock.now
                let result = try await contribute(nodes, task, "--value", "40")
                #expect(result.status == 0, "\(result.errors)")
                #expect(ContinuousClock.now - start >= .seconds(2), "Retry-After is respected")
                let line =
                    "waiting for \(nodes.leader.url)/tasks/\(task.taskID)/reports: HTTP 503; it asks to come back in 2 s"
                #expect(result.errors.contains(line), "\(result.errors)")
            }
        }

        /// A node that does not want to be asked for an hour: the wallet says that it did not take the report.
        @Test func whatWasNotTakenIsNotInDoubtAndGoesOnLater() async throws {
            try await TestNodes.runSums("busy") { nodes, proxy, task in
                proxy.treatUploads(with: .busy(503, retryAfter: "3600").unasked)
                let result = try await contribute(nodes, task, "--value", "40")
                #expect(result.status == 75 && result.errors.contains("--resume"), "\(result.errors)")
                #expect(try proxy.uploads.count == 1)
                #expect(try states(nodes, task) == [.notTaken("HTTP 503")])
                proxy.behave()
                let resumed = try await contribute(nodes, task, "--resume")
                #expect(resumed.status == 0 && resumed.output.contains("1 of 1 reports stored"), "\(resumed.errors)")
                #expect(try ids(proxy).count == 1)
                #expect(try states(nodes, task) == [.stored])
            }
        }

        /// The leader has it, and a proxy says that it has not: sent again it is counted once, and nothing is made anew
        /// unless its owner wants that.
        @Test(arguments: [true, false])
        func whatIsInDoubtIsSentAgainAsItWasAndCountedOnce(committed: Bool) async throws {
            try await TestNodes.runSums("doubt-\(committed)", committed: committed) { nodes, proxy, task in
                proxy.treatUploads(with: .page(502))
                let wallet = try nodes.wallet()
                let impatient = try TaskClient(task: task, transport: HTTPTransport(deadline: .seconds(1)))
                await #expect(throws: ContributorError.self) {
                    _ = try await impatient.upload([.integer(40)], wallet: wallet)
                }
                #expect(try states(nodes, task) == [.sent])
                proxy.behave()
                if !committed {
                    let stopped = try await contribute(nodes, task, "--value", "40")
                    #expect(stopped.status == 1 && stopped.errors.contains("--resume"), "\(stopped.errors)")
                }
                let resumed = try await contribute(nodes, task, "--resume")
                #expect(resumed.status == 0, "\(resumed.errors)")
                #expect(try ids(proxy).count == 1)
                #expect(try states(nodes, task) == [.stored])
                // Another one is an ordinary one now.
                let next = try await contribute(nodes, task, "--value", "2")
                #expect(next.status == 0, "\(next.errors)")
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
                #expect(outcome.count == 2 && outcome.value == .integer(42))
            }
        }

        @Test func whoWaitsForANodeThatIsDownIsTold() async throws {
            try await TestNodes.runSums("down") { nodes, _, task in
                await nodes.helper.kill()
                let log = nodes.folder.path + "/contribute.log"
                let process = try await ChildProcess.start(
                    try Cairn.path(), ["contribute", "--task", nodes.taskPath(task.name), "--value", "1"],
                    environment: ["CAIRN_PASSPHRASE": TestWallet.passphrase, "CAIRN_HOME": nodes.home],
                    output: .log(log))
                func told() throws -> String { try String(contentsOfFile: log, encoding: .utf8) }
                try await eventually("the contributor is told") {
                    try told().contains("waiting for \(nodes.helper.url)/hpke_config") || process.hasEnded
                }
                try await nodes.helper.start()
                let ending = try await process.wait()
                let text = try told()
                #expect(ending == .exited(0), "\(text)")
                #expect(text.contains("waiting for \(nodes.helper.url)/hpke_config"), "\(text)")
            }
        }

        /// Whoever ends the wait loses nothing, and reads how to go on.
        @Test func interruptedUploadsGoOnLater() async throws {
            try await TestNodes.runSums("interrupted") { nodes, proxy, task in
                proxy.treatUploads(with: .page(502))
                let log = nodes.folder.path + "/contribute.log"
                let process = try await ChildProcess.start(
                    try Cairn.path(), ["contribute", "--task", nodes.taskPath(task.name), "--value", "40"],
                    environment: ["CAIRN_PASSPHRASE": TestWallet.passphrase, "CAIRN_HOME": nodes.home],
                    output: .log(log))
                for _ in 0..<6_000 where try proxy.uploads.count < 2 { try await Task.sleep(for: .milliseconds(20)) }
                kill(process.processID, SIGINT)
                #expect(try await process.wait() == .exited(130))
                let text = try String(contentsOfFile: log, encoding: .utf8)
                #expect(text.contains("--resume"), "\(text)")
                #expect(try states(nodes, task) == [.sent])
                proxy.behave()
                let resumed = try await contribute(nodes, task, "--resume")
                #expect(try resumed.status == 0 && ids(proxy).count == 1, "\(resumed.errors)")
                #expect(try await TaskClient(task: task).status().received == 1)
            }
        }

        /// A program that was killed before it could keep its report: nobody is told to send again what is gone.
        @Test(arguments: [false, true])
        func whatAKilledProgramLeftIsNotSaidToBeSentAgain(committed: Bool) async throws {
            try await TestNodes.runSums("killed-\(committed)", committed: committed) { nodes, proxy, task in
                let record = ReportRecord(
                    taskID: task.taskID, reportID: .random(), time: 0, state: .sent, opening: nil)
                try nodes.wallet().save([.report(record)])
                let resumed = try await contribute(nodes, task, "--resume")
                #expect(resumed.status == 1 && resumed.output.isEmpty, "\(resumed.output)")
                #expect(resumed.errors.contains("1 earlier reports cannot be sent again"), "\(resumed.errors)")
                #expect(try ids(proxy).isEmpty)
                let next = try await contribute(nodes, task, "--value", "40")
                guard !committed else { return #expect(next.status == 0, "\(next.errors)") }
                #expect(next.status == 1 && next.errors.contains("--again"), "\(next.errors)")
                #expect(!next.errors.contains("--resume"), "\(next.errors)")
            }
        }

        /// A report of a program that was killed, while another upload out of the wallet runs: nobody knows yet whose it
        /// is, so it is waited for, and settled when the other one has ended.
        @Test func reportsThatAnotherUploadMayHaveSentAreWaitedFor() async throws {
            try await TestNodes.runSums("underway") { nodes, proxy, task in
                let wallet = try nodes.wallet()
                let client = try TaskClient(task: task)
                let other = try await client.prepare([.integer(40)], seed: wallet.seed)[0]
                let key = ReportKey(task.taskID, other.reportID)
                try wallet.save([
                    .report(
                        ReportRecord(
                            taskID: task.taskID, reportID: other.reportID, time: 0, state: .sent, opening: nil))
                ])
                let lock = open(nodes.home + "/uploads.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
                defer { close(lock) }
                try #require(lock >= 0 && flock(lock, LOCK_SH) == 0)
                do {
                    _ = try await client.upload([.integer(2)], wallet: wallet, patience: .milliseconds(300))
                    Issue.record("sent beside a report whose answer may still come")
                } catch ContributorError.unsettled(let reports) {
                    #expect(reports == [UnsettledReport(key.reportID, .underWay)])
                }
                #expect(try ids(proxy).isEmpty)
                async let outcomes = client.upload([.integer(2)], wallet: wallet)
                try await Task.sleep(for: .milliseconds(300))
                #expect(try ids(proxy).isEmpty)
                // The other upload hears its answer.
                _ = try await client.send([other])
                try wallet.save([.state(key, .stored)])
                #expect(try await outcomes.map(\.error) == [nil])
            }
        }
    }
}
