import Crypto
import DAP
import Foundation
import Ledger
import LedgerFixtures
import TaskTypes
import Tasks
import TestSupport
import Testing
import TransparencyLog
import Wallet

extension EndToEnd {
    /// A contributor with five thousand reports: what it asks of its wallet is answered soon, and in numbers.
    @Suite struct ManyReports {
        private static let count = 5_000

        /// A log with one closed batch of reports of one seed. Their commitments are all the same two, which says
        /// nothing about credit of one a report, and is made in seconds.
        private func log() throws -> (log: LogFixture, reports: [ReportID]) {
            var log = try LogFixture(length: 1, maxBatchSize: 10_000)
            let first = try log.contribution([1])
            let contributions = try (0..<Self.count).map { number -> LogFixture.Contribution in
                let id = ReportID(unchecked: (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 4))) })
                let key = try ClaimKey.make(
                    seed: log.seed, taskID: log.task.taskID, reportID: id,
                    commitments: [first.entry.leaderCommitment, first.entry.helperCommitment])
                var contribution = first
                contribution.entry = ReportEntry(
                    taskID: log.task.taskID, batchID: log.batchID,
                    metadata: ReportMetadata(
                        reportID: id, time: first.entry.metadata.time, publicExtensions: [key.reportExtension]),
                    leaderCommitment: first.entry.leaderCommitment, helperCommitment: first.entry.helperCommitment)
                return contribution
            }
            log.logReports(contributions)
            try log.logClose(log.terms(over: contributions))
            try log.publish()
            return (log, contributions.map(\.entry.metadata.reportID))
        }

        /// A home with that seed and its history: every report of a row, stored, with receipt and promise.
        private func makeHome(_ log: LogFixture, _ reports: [ReportID], in folder: String) throws -> String {
            let home = "\(folder)/home"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            let key = try WalletKey(
                passphrase: try #require(Passphrase(TestWallet.passphrase)), salt: [UInt8](repeating: 1, count: 16),
                parameters: ScryptParameters(logN: 4, r: 8, p: 1))
            let wallet = try ContributorWallet(creating: "\(home)/wallet", key: key, seed: log.seed)
            let source = RowSource(
                key: RowSource.Key(log.task.taskID, SourceID([UInt8](repeating: 7, count: 16))), path: "/data/rows.csv",
                columns: "v", rows: UInt64(reports.count), contents: [UInt8](repeating: 8, count: 32))
            var records: [WalletRecord] = [.source(source)]
            for (index, id) in reports.enumerated() {
                let key = ReportKey(log.task.taskID, id)
                records += [
                    .report(
                        ReportRecord(
                            taskID: key.taskID, reportID: id, time: 1_740_000_000, state: .stored,
                            opening: ReportOpening(
                                values: [1], blinds: [[UInt8]](repeating: [UInt8](repeating: 1, count: 32), count: 2)))),
                    .row(
                        key,
                        ReportRow(
                            sourceID: source.key.sourceID, row: UInt64(index + 1), line: UInt64(index + 2),
                            generation: 0,
                            digest: [UInt8](repeating: 9, count: 32))),
                    .receipt(key, [UInt8](repeating: 65, count: 1_500)),
                    .promise(key, [UInt8](repeating: 66, count: 900)),
                ]
            }
            try wallet.save(records)
            return home
        }

        private func timed(_ arguments: [String], home: String) async throws -> (CommandResult, Duration) {
            let start = ContinuousClock.now
            let result = try await Cairn.run(arguments, home: home)
            return (result, ContinuousClock.now - start)
        }

        @Test func fiveThousandReportsAreAnsweredInNumbersAndNotInMinutes() async throws {
            let folder = try TemporaryFolder()
            let (log, reports) = try log()
            defer { try? FileManager.default.removeItem(atPath: log.directory) }
            let home = try makeHome(log, reports, in: folder.path)
            let task = "\(folder.path)/many.task"
            try Data(
                TaskFile(
                    name: "many", configuration: log.task.configuration, collectorHpkeConfig: log.collector.config,
                    logPolicy: log.policyText, logURL: "http://127.0.0.1:1/log"
                ).json()
            ).write(to: URL(fileURLWithPath: task))
            let credit = ["--task", task, "--log", log.directory]
            let claim = "\(folder.path)/claim"
            for (arguments, lines, words) in [
                (["wallet", "show"], 3, "5000 reports (5000 stored"),
                (["receipt", "list"], 2, "5000 reports: 5000 stored; 5000 receipts"),
                (["receipt", "list", "--row", "17"], 1, "rows.csv row 17 (line 18)"),
                (["credit", "show"] + credit, 2, "5000 reports  5000"),
                (
                    ["credit", "prove", "--at-least", "5000", "--audience", "bank.example", "--out", claim] + credit, 2,
                    "claim-2  credit is at least 2500, 2500 reports"
                ),
            ] {
                let (result, time) = try await timed(arguments, home: home)
                #expect(result.status == 0, "\(arguments): \(result.errors)")
                #expect(result.output.contains(words), "\(arguments): \(result.output.prefix(500))")
                #expect(
                    result.output.split(separator: "\n").count == lines, "\(arguments): \(result.output.prefix(500))")
                print("5,000 reports: cairn \(arguments[0]) \(arguments[1]) in \(time)")
                // A second on a quiet machine; the bound is for what takes minutes.
                #expect(time < .seconds(60), "\(arguments): \(time)")
            }
        }
    }
}
