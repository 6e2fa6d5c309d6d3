import DAP
import Foundation
import TestSupport
import Testing
import Wallet

/// Copies, and several users of one file.
@Suite struct SharedWalletTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Each opens the file for itself, as processes do: `flock` holds between descriptors.
    @Test func concurrentWritersLoseNothing() async throws {
        let key = try cheapKey()
        _ = try ContributorWallet(creating: folder.wallet, key: key)
        let path = folder.wallet
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let wallet = try ContributorWallet(opening: path, key: key)
                    for number in 0..<25 { try wallet.save([.report(sampleReport(UInt64(100 * writer + number)))]) }
                }
            }
            try await group.waitForAll()
        }
        let expected = (0..<4).flatMap { writer in (0..<25).map { sampleID(UInt64(100 * writer + $0)) } }
        let found = try ContributorWallet(opening: path, key: key).records()
        #expect(found.count == 100)
        #expect(Set(found.map(\.reportID)) == Set(expected))
    }

    @Test func oneSeesWhatAnotherAppends() throws {
        let key = try cheapKey()
        let first = try ContributorWallet(creating: folder.wallet, key: key)
        let second = try ContributorWallet(opening: folder.wallet, key: key)
        try second.save([.report(sampleReport(1))])
        #expect(try first.records().count == 1)
    }

    @Test func aNewPassphraseShutsOutTheOldOne() throws {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey())
        try wallet.save(sampleRecords)
        let other = try ContributorWallet(opening: folder.wallet, key: try cheapKey())
        let new = Passphrase("another")!
        try wallet.change(to: try cheapKey(new, salt: 8))
        try wallet.save([.report(sampleReport(9))])
        #expect(throws: WalletError.wrongPassphrase(path: folder.wallet)) {
            try ContributorWallet(opening: folder.wallet, passphrase: passphrase)
        }
        let opened = try ContributorWallet(opening: folder.wallet, passphrase: new)
        #expect(try opened.records().map(\.reportID) == [3, 1, 2, 5, 9].map(sampleID))
        #expect(try opened.receipt(of: sampleReport(1).key) == "a receipt")
        #expect(opened.seed == wallet.seed)
        // Whoever had the old file open must not write to where nobody reads.
        #expect(throws: WalletError.replaced(path: folder.wallet)) { try other.save([.report(sampleReport(5))]) }
        #expect(throws: WalletError.replaced(path: folder.wallet)) { try other.records() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["wallet"])
    }

    @Test func backupsHoldEverythingAndNothingForgotten() throws {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey())
        try wallet.save(sampleRecords)
        let backup = folder.path + "/backup"
        try wallet.export(to: backup, key: try cheapKey(salt: 9))
        let opened = try ContributorWallet(opening: backup, passphrase: passphrase)
        #expect(try opened.contents().records() == wallet.contents().records())
        #expect(opened.seed == wallet.seed)
        #expect(throws: WalletError.exists(path: backup)) { try wallet.export(to: backup, key: try cheapKey()) }
        // 'forgotten' and amended records are not copied.
        #expect(try bytes(of: backup).count < bytes(of: folder.wallet).count)
    }

    /// Reports of one time and one id in several tasks: copies of a wallet are byte for byte the same list.
    @Test func copiesHaveOneOrder() throws {
        let reports = (UInt8(0)..<40).map { task in
            WalletRecord.report(
                ReportRecord(
                    taskID: TaskID(unchecked: [UInt8](repeating: task, count: 32)), reportID: sampleID(1), time: 1,
                    state: .sent, opening: nil))
        }
        let seed = WalletRecord.seed([UInt8](repeating: 5, count: 32))
        let records = try WalletContents([seed] + reports).records()
        #expect(try WalletContents([seed] + reports.reversed()).records() == records)
        #expect(records.count == 41)
    }

    @Test func whatOneOfTwoWalletsHasSettledIsSettled() throws {
        let seed = [UInt8](repeating: 5, count: 32)
        let one = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        let two = try ContributorWallet(creating: folder.path + "/two", key: try cheapKey(), seed: seed)
        let keys = (1...4).map { sampleReport($0).key }
        try one.save([.doubt(keys[0], .counts), .doubt(keys[1], .settled), .doubt(keys[3], .counts)])
        try two.save([
            .doubt(keys[0], .settled), .doubt(keys[1], .counts), .doubt(keys[2], .counts), .doubt(keys[3], .counts),
        ])
        #expect(try one.merge(two) == 2)
        #expect(
            try one.contents().doubts == [keys[0]: .settled, keys[1]: .settled, keys[2]: .counts, keys[3]: .counts])
        #expect(try one.merge(two) == 0)
        try two.save([.doubt(keys[3], .takenBack)])
        #expect(try one.merge(two) == 1)
        #expect(try one.contents().doubts[keys[3]] == .takenBack)
        #expect(try two.merge(one) == 1, "of the second one, 'counts' has become 'settled'")
        let backup = folder.path + "/doubts"
        try one.export(to: backup, key: try cheapKey(salt: 9))
        #expect(try ContributorWallet(opening: backup, passphrase: passphrase).contents().doubts.count == 4)
    }

    /// Which rows were sent is in backups and unions, or they would be sent a second time.
    @Test func filesAndRowsAreCopiedAndUnited() throws {
        let seed = [UInt8](repeating: 5, count: 32)
        let one = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        let two = try ContributorWallet(creating: folder.path + "/two", key: try cheapKey(), seed: seed)
        try two.save([.source(sampleSource), .report(sampleReport(1)), .row(sampleReport(1).key, sampleRow(1))])
        #expect(try one.merge(two) == 3)
        #expect(try one.contents().sources == [sampleSource.key: sampleSource])
        #expect(try one.contents().rows == [sampleReport(1).key: sampleRow(1)])
        #expect(try one.merge(two) == 0)
        let backup = folder.path + "/rows"
        try one.export(to: backup, key: try cheapKey(salt: 9))
        #expect(
            try ContributorWallet(opening: backup, passphrase: passphrase).contents().records()
                == one.contents().records())
    }

    @Test func aRowWithoutItsReportSaysNothing() throws {
        let seed = WalletRecord.seed([UInt8](repeating: 5, count: 32))
        #expect(try WalletContents([seed, .row(sampleReport(1).key, sampleRow(1))]).rows.isEmpty)
        #expect(
            try WalletContents([
                seed, .report(sampleReport(1)), .row(sampleReport(1).key, sampleRow(1)),
                .forgotten(sampleReport(1).key),
            ]).rows.isEmpty)
    }

    /// Both shares are the input: they are kept while the report may have to be sent again, and no longer.
    @Test func sharesAreKeptUntilTheReportIsAnswered() throws {
        let key = sampleReport(5).key
        for end in [ReportRecord.State.stored, .rejected("report_dropped"), .withdrawn] {
            var contents = try WalletContents([.seed([UInt8](repeating: 1, count: 32))] + sampleRecords)
            #expect(contents.shares == [key: sampleShares(5)])
            try contents.add(.state(key, .sent))
            #expect(contents.shares == [key: sampleShares(5)])
            try contents.add(.state(key, end))
            #expect(contents.shares.isEmpty, "\(end)")
            try contents.add(.shares(key, sampleShares(5)))
            #expect(contents.shares.isEmpty, "\(end)")
            #expect(try WalletContents(contents.records()).shares.isEmpty)
        }
    }

    @Test func unitedWalletsSendAgainOnlyWhatNeitherSawAnswered() throws {
        let seed = WalletRecord.seed([UInt8](repeating: 1, count: 32))
        let theirs = try WalletContents([seed] + sampleRecords)
        var answered = try WalletContents([seed, .report(sampleReport(5, state: .stored))])
        for record in answered.missing(from: theirs) { try answered.add(record) }
        #expect(answered.shares.isEmpty && answered.reports[sampleReport(5).key]?.state == .stored)
        var open = try WalletContents([seed, .report(sampleReport(5))])
        for record in open.missing(from: theirs) { try open.add(record) }
        #expect(open.shares == theirs.shares && open.reports[sampleReport(5).key]?.state == .sent)
        #expect(open.missing(from: theirs).isEmpty)
    }

    /// For uploads: the history without inputs and texts, whoever appends them.
    @Test func aWalletThatForgetsDetailsKeepsThemInItsFile() throws {
        let folder = try TemporaryFolder()
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey())
        try wallet.save(Array(sampleRecords[..<4]))
        wallet.forgetDetails()
        try wallet.save(Array(sampleRecords[4...]))
        let whole = try ContributorWallet(opening: folder.wallet, passphrase: passphrase).contents()
        let reopened = try ContributorWallet(opening: folder.wallet, passphrase: passphrase, keeping: .states)
        for lean in [try wallet.contents(), try reopened.contents()] {
            #expect(lean.reports.mapValues(\.state) == whole.reports.mapValues(\.state))
            #expect(lean.reports.values.allSatisfy { $0.opening == nil })
            #expect(lean.receipts.isEmpty && lean.promises.isEmpty)
            #expect(lean.doubts == whole.doubts && lean.shares == whole.shares)
            #expect(lean.sources == whole.sources && lean.rows == whole.rows && lean.rows.count == 1)
        }
        var all: [WalletRecord] = []
        try wallet.forEachRecord { all.append($0) }
        #expect(Array(all.dropFirst()) == sampleRecords)
        #expect(whole.receipts.count == 1 && whole.promises.count == 1)
    }

    @Test func mergingMakesTheUnion() throws {
        let seed = [UInt8](repeating: 5, count: 32)
        let one = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        let two = try ContributorWallet(creating: folder.path + "/two", key: try cheapKey(), seed: seed)
        let key = sampleReport(1).key
        let bare = ReportRecord(
            taskID: key.taskID, reportID: key.reportID, time: sampleReport(1).time, state: .withdrawn, opening: nil)
        try one.save([.report(bare), .report(sampleReport(2)), .receipt(key, [1])])
        try two.save([
            .report(sampleReport(1, state: .stored)), .report(sampleReport(3)), .receipt(key, [2]),
            .promise(sampleReport(3).key, [3]),
        ])
        #expect(try one.merge(two) == 3)
        let records = try one.records()
        #expect(records.map(\.reportID) == [1, 2, 3].map(sampleID))
        #expect(records[0].opening == sampleReport(1).opening)
        #expect(records[0].state == .withdrawn)
        #expect(try one.contents().receipts == [key: [1]])
        #expect(try one.contents().promises == [sampleReport(3).key: [3]])
        #expect(try one.merge(two) == 0)

        let stranger = try ContributorWallet(creating: folder.path + "/stranger", key: try cheapKey())
        #expect(throws: WalletError.otherSeed(path: stranger.path)) { try one.merge(stranger) }
    }

    /// The size of an upload of a CSV file: seconds, not minutes, and a file of the size of its contents.
    @Test func aHundredThousandReportsAreSavedAndReadQuickly() throws {
        let key = try cheapKey()
        let wallet = try ContributorWallet(creating: folder.wallet, key: key)
        let start = ContinuousClock.now
        try wallet.save((0..<100_000).map { .report(sampleReport($0, values: [UInt128($0)])) })
        // States arrive with every answer of the leader.
        for chunk in 0..<400 {
            try wallet.save((0..<250).map { .state(sampleReport(UInt64(250 * chunk + $0)).key, .stored) })
        }
        let saved = ContinuousClock.now
        let opened = try ContributorWallet(opening: folder.wallet, key: key)
        let read = ContinuousClock.now
        #expect(try opened.records().count == 100_000)
        #expect(try opened.records().allSatisfy { $0.state == .stored })
        let (writing, reading) = (saved - start, read - saved)
        #expect(writing < .seconds(90), "\(writing)")
        #expect(reading < .seconds(90), "\(reading)")
        print("100,000 reports saved in \(writing), read in \(reading), \(try bytes(of: folder.wallet).count) bytes")
    }
}
