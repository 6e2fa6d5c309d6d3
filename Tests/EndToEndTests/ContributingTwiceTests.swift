import Contributor
import FaultProxy
import Foundation
import Ledger
import Tasks
import Testing
import Wallet

extension EndToEnd {
    /// A leader that keeps a report and says that it did not, so that the contributor sends its value again: the batch
    /// has the value once, or the person has said that it shall be in it twice.
    @Suite struct ContributingTwice {
        private static let value = 40

        private func contribute(
            _ nodes: TestNodes, _ task: TaskFile, value: Int = Self.value, _ options: String..., home: String? = nil
        ) async throws -> CommandResult {
            try await Cairn.run(
                ["contribute", "--task", nodes.taskPath(task.name), "--value", "\(value)"] + options,
                home: home ?? nodes.home)
        }

        /// Somebody else contributes 1 so often that the batch is large enough, and the batch is collected.
        private func collect(_ nodes: TestNodes, _ task: TaskFile, others: Int = 2) async throws -> CollectionOutcome {
            let other = nodes.folder.path + "/other"
            try TestWallet.create(in: other)
            for _ in 0..<others {
                let result = try await contribute(nodes, task, value: 1, home: other)
                try #require(result.status == 0, "\(result.errors)")
            }
            let client = try TaskClient(task: task)
            for _ in 0..<1_500 {
                let status = try await client.status()
                if status.pending == 0, status.accepted >= others { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            return try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
        }

        private func states(_ nodes: TestNodes, _ task: TaskFile) throws -> [ReportRecord.State] {
            try nodes.wallet().records(of: task.taskID).map(\.state)
        }

        /// The report of the first answer and the one that is sent again are one report, and both nodes count it once.
        @Test func aReportIsEncryptedAgainAndNotMadeAgain() async throws {
            try await TestNodes.runSums("reseal") { nodes, proxy, task in
                proxy.treatUploads(.first(1), with: .refusingReports(.outdatedConfig))
                let result = try await contribute(nodes, task, "--json")
                #expect(result.status == 0, "\(result.errors)")
                let reports = try #require(try result.json()["reports"] as? [[String: Any]])
                #expect(
                    reports.map { $0["promised"] as? Bool } == [true], "the second answer promises what the first took")
                let sent = try proxy.uploads.map { $0[0] }
                try #require(sent.count == 2)
                #expect(sent[0].metadata == sent[1].metadata && sent[0].publicShare == sent[1].publicShare)
                #expect(sent[0].leaderEncryptedInputShare != sent[1].leaderEncryptedInputShare)
                #expect(try states(nodes, task) == [.stored])
                proxy.behave()
                let outcome = try await collect(nodes, task)
                #expect(outcome.count == 3 && outcome.value == .integer(42))
            }
        }

        @Test func aLeaderThatAsksForEverGetsNoSecondReport() async throws {
            try await TestNodes.runSums("forever") { nodes, proxy, task in
                proxy.treatUploads(with: .refusingReports(.outdatedConfig))
                let first = try await contribute(nodes, task)
                #expect(first.status == 1 && first.errors.contains("outdated_config"), "\(first.errors)")
                #expect(try proxy.uploads.count == 2 && Set(proxy.uploads.joined().map(\.metadata.reportID)).count == 1)
                try await untilLogged(proxy, task)
                // However often the person, or a script, tries again: the log has the report, and nothing is sent.
                for _ in 0..<3 {
                    let again = try await contribute(nodes, task)
                    #expect(again.status == 1 && again.errors.contains("is in the log and counts"), "\(again.errors)")
                }
                #expect(try proxy.uploads.count == 2)
                #expect(try states(nodes, task) == [.stored])
                proxy.behave()
                let outcome = try await collect(nodes, task)
                #expect(outcome.count == 3 && outcome.value == .integer(42))
            }
        }

        /// Tried again at once, while the log does not show the report yet: every form of it is withdrawn before the next.
        @Test func theImpatientAreCountedOnce() async throws {
            try await TestNodes.runSums("impatient") { nodes, proxy, task in
                proxy.treatUploads(with: .refusingReports(.outdatedConfig))
                for _ in 0..<3 { #expect(try await contribute(nodes, task).status == 1) }
                proxy.behave()
                let last = try await contribute(nodes, task)
                let counted = try states(nodes, task).count { $0 == .stored }
                #expect(counted == 1, "\(last.errors)")
                let outcome = try await collect(nodes, task)
                #expect(outcome.count == 3 && outcome.value == .integer(42))
            }
        }

        @Test func aReportThatIsStoredUnderARefusalIsFoundInTheLog() async throws {
            try await TestNodes.runSums("refused") { nodes, proxy, task in
                proxy.treatUploads(with: .refusingReports(.reportDropped))
                #expect(try await contribute(nodes, task).status == 1)
                #expect(try states(nodes, task) == [.rejected("report_dropped")])
                proxy.behave()
                try await untilLogged(proxy, task)
                let stopped = try await contribute(nodes, task)
                #expect(stopped.status == 1 && stopped.errors.contains("--again"), "\(stopped.errors)")
                // The person may well want to contribute twice, and says so.
                let again = try await contribute(nodes, task, value: 5, "--again")
                #expect(again.status == 0, "\(again.errors)")
                // Once said, it is said: the next value is an ordinary one.
                let next = try await contribute(nodes, task, value: 5)
                #expect(next.status == 0, "\(next.errors)")
                let outcome = try await collect(nodes, task)
                #expect(outcome.count == 5 && outcome.value == .integer(52))
            }
        }

        /// Nobody knows where the report is: it is withdrawn, and the log shows that, before the value is sent again.
        @Test func whatTheLogDoesNotHaveIsWithdrawnFirst() async throws {
            try await TestNodes.runSums("dropped") { nodes, proxy, task in
                proxy.treatUploads(with: .refusingReports(.outdatedConfig).unasked)
                #expect(try await contribute(nodes, task).status == 1)
                proxy.behave()
                let again = try await contribute(nodes, task)
                #expect(again.status == 0, "\(again.errors)")
                #expect(again.errors.contains("withdrawn"), "\(again.errors)")
                let ids = try proxy.uploads.joined().map(\.metadata.reportID)
                #expect(Set(ids).count == 2)
                // The leader brings out what it had kept: it is kept out, at both nodes.
                let kept = try #require(proxy.uploads.first)
                let late = try await TaskClient(task: task).send(
                    kept.map { PreparedReport(report: $0, opening: nil, index: 0) })
                #expect(late.map(\.error) == [.reportDropped])
                let outcome = try await collect(nodes, task)
                #expect(outcome.count == 3 && outcome.value == .integer(42))
                #expect(try states(nodes, task).contains(.withdrawn))
                try await Cairn.succeed(
                    "audit", "--log", nodes.leader.logFolder, "--policy", nodes.policyPath(task.name))
            }
        }

        @Test func anUploadWithoutAnAnswerIsSettledBeforeTheNextOne() async throws {
            try await TestNodes.runSums("broken") { nodes, proxy, task in
                proxy.treatUploads(with: .torn)
                let client = try TaskClient(task: task, transport: HTTPTransport(deadline: .seconds(2)))
                let wallet = try nodes.wallet()
                await #expect(throws: ContributorError.self) {
                    _ = try await client.upload([.integer(UInt64(Self.value))], wallet: wallet)
                }
                #expect(try Set(proxy.uploads.joined().map(\.metadata.reportID)).count == 1)
                #expect(try states(nodes, task) == [.sent])
                proxy.behave()
                try await untilLogged(proxy, task)
                let count = try proxy.uploads.count
                let again = try await contribute(nodes, task)
                #expect(again.status == 1 && again.errors.contains("is in the log and counts"), "\(again.errors)")
                #expect(try proxy.uploads.count == count)
                let outcome = try await collect(nodes, task)
                #expect(outcome.count == 3 && outcome.value == .integer(42))
            }
        }

        /// A log that cannot be read settles nothing.
        @Test func withoutTheLogNothingIsSentAgain() async throws {
            try await TestNodes.runSums("unread") { nodes, proxy, task in
                // Somebody else's report brings the log its first checkpoint.
                let other = nodes.folder.path + "/first"
                try TestWallet.create(in: other)
                #expect(try await contribute(nodes, task, value: 1, home: other).status == 0)
                for _ in 0..<6_000 {
                    if FileManager.default.fileExists(atPath: "\(nodes.leader.logFolder)/checkpoint") { break }
                    try await Task.sleep(for: .milliseconds(20))
                }
                proxy.treatUploads(with: .refusingReports(.outdatedConfig).unasked)
                #expect(try await contribute(nodes, task).status == 1)
                proxy.behave()
                // Nobody cosigns any more: the leader takes the withdrawal, and no checkpoint with the quorum shows it.
                await nodes.helper.stop()
                let wallet = try nodes.wallet()
                let client = try TaskClient(task: task)
                let lock = ContinuousClock.now
                let doubtful = try #require(try wallet.records(of: task.taskID).first)
                #expect(doubtful.state == .rejected("outdated_config"))
                let sent = try proxy.uploads.count
                do {
                    _ = try await client.upload(
                        [.integer(1)], wallet: wallet, patience: .seconds(2))
                    Issue.record("sent")
                } catch ContributorError.unsettled(let reports) {
                    #expect(reports.map(\.reportID) == [doubtful.reportID])
                    guard case .notLogged? = reports.first?.reason else {
                        Issue.record("\(reports)")
                        return
                    }
                }
                #expect(ContinuousClock.now - lock < .seconds(60))
                #expect(try proxy.uploads.count == sent)
                try await nodes.helper.start()
                let again = try await contribute(nodes, task)
                #expect(again.status == 0, "\(again.errors)")
            }
        }

        @Test func tasksWithoutALogSayThatNothingCanBeProved() async throws {
            try await TestNodes.runSums("plain", committed: false) { nodes, proxy, task in
                proxy.treatUploads(with: .refusingReports(.reportDropped))
                #expect(try await contribute(nodes, task).status == 1)
                proxy.treatUploads(with: .refusingReports(.outdatedConfig))
                // An ordinary refusal is no reason to stop; one that made clients send again is.
                #expect(try await contribute(nodes, task).status == 1)
                proxy.behave()
                let stopped = try await contribute(nodes, task)
                #expect(stopped.status == 1 && stopped.errors.contains("no log of reports"), "\(stopped.errors)")
                #expect(try await contribute(nodes, task, "--again").status == 0)
                #expect(try await contribute(nodes, task).status == 0)
            }
        }

        /// Waits until the log shows the report of the first upload, as whoever tries again later finds it.
        private func untilLogged(_ proxy: FaultProxy, _ task: TaskFile) async throws {
            let id = try #require(proxy.uploads.first?.first?.metadata.reportID)
            guard case .available = try await TaskClient(task: task).awaitReceipt(of: id, deadline: .seconds(120))
            else {
                Issue.record("the report is not logged")
                return
            }
        }
    }
}
