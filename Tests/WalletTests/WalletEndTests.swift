import DAP
import Foundation
import TestSupport
import Testing
import Wallet

private struct ArrayBytes: WalletBytes {
    let path: String
    let all: [UInt8]

    func size() -> UInt64 { UInt64(all.count) }

    func bytes(at offset: UInt64, count: Int) -> [UInt8] { Array(all[Int(offset)..<Int(offset) + count]) }
}

/// Wallets and backups that were cut off, put back, or written by a newer version.
@Suite struct WalletEndTests {
    let folder: TemporaryFolder
    let seed = (0..<32).map { UInt8($0) }

    init() throws { folder = try TemporaryFolder() }

    /// A wallet that keeps a mark, as a home's does, with as many frames as reports behind the first.
    private func marked(_ reports: ClosedRange<UInt64>) throws -> ContributorWallet {
        let wallet = try ContributorWallet(
            creating: folder.wallet, key: try cheapKey(), records: [.seed(seed)], markPath: folder.wallet + ".mark")
        for number in reports { try wallet.save([.report(sampleReport(number))]) }
        return wallet
    }

    private func openMarked() throws -> ContributorWallet {
        try ContributorWallet(
            opening: folder.wallet, passphrase: passphrase, keeping: .everything, markPath: folder.wallet + ".mark")
    }

    private func openBackup(_ path: String, incomplete: Bool = false) throws -> ContributorWallet {
        try ContributorWallet(backup: path, isIncompleteTaken: incomplete, passphrase: passphrase)
    }

    /// 300 reports are one small frame; inputs that are long make several, and the cut goes through all of them.
    @Test func aBackupThatWasCutOffAnywhereIsRefused() throws {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        let long = [UInt128](repeating: 1 << 100, count: 50_000)
        for number in UInt64(1)...4 {
            try wallet.save([
                .report(sampleReport(number, values: long)), .receipt(sampleReport(number).key, Array("receipt".utf8)),
            ])
        }
        let (backup, cut) = (folder.path + "/backup", folder.path + "/cut")
        try wallet.export(to: backup, key: try cheapKey(salt: 9))
        let whole = try bytes(of: backup)
        #expect(try openBackup(backup).records().count == 4)
        let frames = try ends(of: backup)
        #expect(frames.count >= 4)
        for end in frames.dropLast() + frames.map({ $0 - 1 }) + [
            frames[1] + 1, frames[0] + 68, UInt64(whole.count) - 40,
        ] {
            try write(Array(whole[..<Int(end)]), to: cut)
            do {
                _ = try openBackup(cut)
                Issue.record("cut at \(end) of \(whole.count)")
            } catch WalletError.unfinished(let left) {
                #expect(left.path == cut && left.reports < 5 && "\(left)".contains("--incomplete"))
                let taken = try openBackup(cut, incomplete: true)
                #expect(try taken.records().count == left.reports)
                #expect(taken.end.unread == left.unread)
            } catch WalletError.notAWallet {
                #expect(end < frames[0])
            }
        }
    }

    /// Where every frame of a file ends.
    private func ends(of path: String) throws -> [UInt64] {
        let source = ArrayBytes(path: path, all: try bytes(of: path))
        let header = try WalletHeader(decoding: Array(try bytes(of: path).prefix(WalletHeader.size)))
        let key = try WalletKey(passphrase: passphrase, salt: header.salt, parameters: header.parameters)
        var scan = FrameScan(header: header, key: key)
        var ends: [UInt64] = []
        while try scan.next(in: source) != nil { ends.append(scan.end) }
        return ends
    }

    /// It is whole, but nothing says so: an older version's backup looks the same when it is cut off.
    @Test func aCopyOfAWalletInUseIsNoBackup() throws {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        try wallet.save([.report(sampleReport(1))])
        #expect(
            throws: WalletError.unfinished(UnfinishedBackup(path: folder.wallet, reports: 1, receipts: 0, unread: 0))
        ) { try openBackup(folder.wallet) }
        // A backup that was taken into use grows behind its end.
        let backup = folder.path + "/backup"
        try wallet.export(to: backup, key: try cheapKey(salt: 9))
        #expect(try openBackup(backup).end.isMarked)
        try ContributorWallet(opening: backup, passphrase: passphrase).save([.report(sampleReport(2))])
        #expect(throws: WalletError.self) { try openBackup(backup) }
    }

    @Test func backupsAreReadWhereNobodyCanWrite() throws {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        let backup = folder.path + "/backup"
        try wallet.export(to: backup, key: try cheapKey(salt: 9))
        chmod(backup, 0o400)
        #expect(try openBackup(backup).seed == seed)
    }

    @Test func everyReadSaysHowManyBytesItCouldNotRead() throws {
        _ = try marked(1...2)
        let whole = try bytes(of: folder.wallet)
        let border = Int(try ends(of: folder.wallet)[1])
        #expect(try openMarked().end.isClean)
        for cut in [border + 1, border + 68, whole.count - 1] {
            try write(Array(whole[..<cut]), to: folder.wallet)
            let end = try openMarked().end
            #expect(end.unread == UInt64(cut - border))
            #expect(end.lostFrames > 0, "a crash leaves no mark of a frame that was never whole")
        }
    }

    /// A crash in an append: the part of a frame is said, and nothing is missing that was ever promised.
    @Test func whatACrashLeavesIsNoLoss() throws {
        let wallet = try marked(1...2)
        try write(try bytes(of: folder.wallet) + [1, 2, 3], to: folder.wallet)
        let end = try openMarked().end
        #expect(end.unread == 3 && end.lostFrames == 0)
        _ = wallet
        let opened = try openMarked()
        try opened.save([.report(sampleReport(3))])
        #expect(try openMarked().end.isClean)
        #expect(try openMarked().records().count == 3)
    }

    /// The file alone cannot tell; the mark beside it can, and goes on doing so until the loss is settled.
    @Test func framesThatAreMissingFromTheEndAreNoticed() throws {
        _ = try marked(1...5)
        let whole = try bytes(of: folder.wallet)
        for (index, border) in try ends(of: folder.wallet).dropLast().enumerated() {
            try write(Array(whole[..<Int(border)]), to: folder.wallet)
            let end = try openMarked().end
            #expect(end == WalletEnd(unread: 0, lostFrames: UInt64(5 - index), isMarked: false))
        }
        for number in UInt64(11)...20 { try openMarked().save([.report(sampleReport(number))]) }
        #expect(try openMarked().end.lostFrames > 0, "new frames do not hide the loss")
        try openMarked().settleLoss()
        #expect(try openMarked().end.isClean)
        #expect(try openMarked().records().count == 14)
    }

    /// Of another wallet, unreadable, or not there: it says nothing, and stops nobody.
    @Test func aMarkThatDoesNotBelongToTheWalletSaysNothing() throws {
        let wallet = try marked(1...2)
        let mark = folder.wallet + ".mark"
        for text in ["", "cairn wallet mark v1 00 1 2 3\n", "cairn wallet mark v1\0\0\0"] {
            try write(Array(text.utf8), to: mark)
            #expect(try openMarked().end.isClean)
        }
        try FileManager.default.removeItem(atPath: mark)
        #expect(try openMarked().end.isClean)
        try FileManager.default.createDirectory(atPath: mark, withIntermediateDirectories: false)
        try openMarked().save([.report(sampleReport(3))])
        #expect(try openMarked().end.isClean)
        try FileManager.default.removeItem(atPath: mark)
        try wallet.change(to: try cheapKey(salt: 8))
        let fields = String(decoding: try bytes(of: mark), as: UTF8.self).split(separator: " ")
        #expect(fields.count == 8 && fields[5] == "1")
        #expect(try openMarked().end.isClean)
    }

    @Test func recordsAndFilesOfANewerVersionAreNotCalledDamaged() throws {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        var bytes = try bytes(of: folder.wallet)
        let header = try WalletHeader(decoding: Array(bytes.prefix(WalletHeader.size)))
        let place = WalletFrame.Place(header: header, index: 1)
        try write(bytes + WalletFrame.seal([200, 1, 2], key: try cheapKey(), at: place), to: wallet.path)
        #expect(throws: WalletError.newerVersion(path: folder.wallet)) {
            try ContributorWallet(opening: folder.wallet, passphrase: passphrase)
        }
        bytes[WalletHeader.magic.count - 2] = UInt8(ascii: "2")
        try write(bytes, to: wallet.path)
        #expect(throws: WalletError.newerVersion(path: folder.wallet)) {
            try ContributorWallet(opening: folder.wallet, passphrase: passphrase)
        }
        #expect("\(WalletError.newerVersion(path: "w"))".contains("a newer version"))
    }

    @Test func tasksTravelWithABackupAndAreNotPartOfAUnion() throws {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        let backup = folder.path + "/backup"
        let tasks = [Array("one".utf8), Array("two".utf8)]
        #expect(try wallet.export(to: backup, key: try cheapKey(salt: 9), tasks: tasks + tasks).tasks == tasks)
        let copy = try openBackup(backup)
        #expect(try copy.contents().tasks == tasks)
        #expect(try wallet.merge(copy) == 0)
        #expect(try wallet.contents().tasks.isEmpty)
    }

    /// The link stays where it is, and another passphrase is put into the file on the other disk.
    @Test func aWalletBehindALinkIsReplacedBehindTheLink() throws {
        let disk = folder.path + "/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: folder.wallet, withDestinationPath: "disk/wallet")
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        let new = Passphrase("another one")!
        try wallet.change(to: try cheapKey(new, salt: 8))
        try wallet.save([.report(sampleReport(1))])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.wallet) == "disk/wallet")
        let opened = try ContributorWallet(opening: disk + "/wallet", passphrase: new)
        #expect(try opened.records().count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk) == ["wallet"])
    }

    @Test(arguments: ["", "short", "aaaaaaaaaaaa", "abcabcabcabc"])
    func passphrasesThatCanBeGuessedAreWeak(text: String) {
        #expect(Passphrase(text)?.isWeak != false)
    }

    @Test(arguments: ["eight ch", "correct horse", "åäöüßñçé"])
    func longerPassphrasesAreNot(text: String) {
        #expect(Passphrase(text)?.isWeak == false)
    }
}
