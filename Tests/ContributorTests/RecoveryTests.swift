import Contributor
import Foundation
import Ledger
import LedgerFixtures
import Tasks
import TestSupport
import Testing
import TransparencyLog
import Wallet

/// What comes back from the log and the seed alone.
@Suite struct RecoveryTests {
    private let folder = TemporaryFolder.notMadeYet()

    private func wallet(seed: [UInt8]) throws -> ContributorWallet {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let key = WalletKey(
            secret: [UInt8](repeating: 1, count: 32), salt: [UInt8](repeating: 2, count: 16), parameters: .standard)
        return try ContributorWallet(creating: "\(folder.path)/\(UUID().uuidString)", key: key, seed: seed)
    }

    private func file(_ log: LogFixture) throws -> TaskFile {
        try TaskFile(
            name: "recovered", configuration: log.task.configuration, collectorHpkeConfig: log.collector.config,
            logPolicy: log.policyText, logURL: nil)
    }

    @Test func historyAndReceiptsComeBack() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let closed = try (0..<3).map { try log.contribution([UInt64($0), 1, 2]) }
        let withdrawn = try log.contribution([9, 9, 9])
        log.logReports(closed + [withdrawn])
        try log.logWithdrawal(of: withdrawn)
        try log.logCollection(of: closed)
        try log.publish()

        let wallet = try wallet(seed: log.seed)
        let recovery = WalletRecovery(task: try file(log), source: log.source)
        let found = try await recovery.recover(into: wallet)
        #expect(found.reports == 4)
        let records = try wallet.records()
        #expect(
            Set(records.map(\.reportID)) == Set((closed + [withdrawn]).map(\.entry.metadata.reportID)))
        for record in records {
            let isWithdrawn = record.reportID == withdrawn.entry.metadata.reportID
            #expect(record.state == (isWithdrawn ? .withdrawn : .stored))
            #expect(record.opening == nil)
            #expect(record.time == 29_000_000 * 60)
            let receipt = try #require(try wallet.receipt(of: record.key))
            let report = Receipt.verify(file: Array(receipt.utf8), policy: log.policy)
            #expect(report.isValid)
            #expect(report.entry?.metadata.reportID == record.reportID)
        }
        #expect(try await recovery.recover(into: wallet) == (4, 0))
    }

    @Test func otherPeoplesReportsAreNotFound() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch(try (0..<2).map { try log.contribution([UInt64($0), 1, 2]) })
        try log.publish()
        let wallet = try wallet(seed: [UInt8](repeating: 3, count: 32))
        let found = try await WalletRecovery(task: try file(log), source: log.source).recover(into: wallet)
        #expect(found == (0, 0))
        #expect(try wallet.records().isEmpty)
    }

    /// What the wallet still has is kept: an opening is in no log.
    @Test func recoveryAddsToWhatIsThere() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let contributions = try (0..<2).map { try log.contribution([UInt64($0), 1, 2]) }
        try log.logHonestBatch(contributions)
        try log.publish()
        let wallet = try wallet(seed: log.seed)
        let known = ReportRecord(
            taskID: log.task.taskID, reportID: contributions[0].entry.metadata.reportID, time: 5, state: .sent,
            opening: contributions[0].opening)
        try wallet.save([.report(known)])
        #expect(try await WalletRecovery(task: try file(log), source: log.source).recover(into: wallet) == (2, 4))
        let record = try #require(try wallet.records().first { $0.reportID == known.reportID })
        #expect(record.opening == contributions[0].opening && record.state == .stored && record.time == 5)
    }

    @Test func logsThatThePolicyRefusesTeachNothing() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        try log.logHonestBatch(try (0..<2).map { try log.contribution([UInt64($0), 1, 2]) })
        try log.publish(cosigned: false)
        let wallet = try wallet(seed: log.seed)
        await #expect(throws: AuditError.self) {
            try await WalletRecovery(task: try file(log), source: log.source).recover(into: wallet)
        }
        #expect(try wallet.records().isEmpty)
    }
}

extension WalletRecovery {
    /// Finds and adds, as `cairn wallet recover` does.
    fileprivate func recover(into wallet: ContributorWallet) async throws -> (reports: Int, new: Int) {
        let found = try await find(seed: wallet.seed)
        return (found.reports, try add(found, to: wallet))
    }
}
