import DAP
import Foundation
import TestSupport
import Testing
import Wallet

/// What a wallet's file keeps, and what it refuses.
@Suite struct WalletFileTests {
    let folder: TemporaryFolder
    let seed = (0..<32).map { UInt8($0) }

    init() throws { folder = try TemporaryFolder() }

    private func sample() throws -> ContributorWallet {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        for record in sampleRecords { try wallet.save([record]) }
        return wallet
    }

    private func expectSample(_ wallet: ContributorWallet) throws {
        #expect(wallet.seed == seed)
        let records = try wallet.records()
        #expect(records.map(\.reportID) == [3, 1, 2, 5].map(sampleID))
        #expect(records.map(\.state) == [.rejected("batch_collected"), .stored, .withdrawn, .notTaken("HTTP 503")])
        #expect(records[1].opening == sampleReport(1).opening)
        #expect(records[2].opening?.values == [UInt128.max, 0])
        #expect(try wallet.receipt(of: sampleReport(1).key) == "a receipt")
        #expect(try wallet.promise(of: sampleReport(1).key) == "a promise")
        #expect(try wallet.receipt(of: sampleReport(2).key) == nil)
        #expect(try wallet.records(of: TaskID(unchecked: [UInt8](repeating: 0, count: 32))).isEmpty)
    }

    @Test func whatWasSavedIsThereAfterOpeningAgain() throws {
        try expectSample(try sample())
        try expectSample(try ContributorWallet(opening: folder.wallet, passphrase: passphrase))
    }

    @Test func theFileIsItsOwnersAlone() throws {
        _ = try sample()
        let mode = try FileManager.default.attributesOfItem(atPath: folder.wallet)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["wallet"])
    }

    @Test func theFileShowsNothing() throws {
        _ = try sample()
        let file = Data(try bytes(of: folder.wallet))
        for secret in [Data(seed), Data("a receipt".utf8), Data(sampleID(1).bytes), Data(sampleReport(1).taskID.bytes)]
        {
            #expect(file.range(of: secret) == nil)
        }
    }

    @Test func wrongPassphrasesAreToldFromDamage() throws {
        _ = try sample()
        for wrong in ["correct horse battery stapl", "correct horse battery staple ", "x"] {
            #expect(throws: WalletError.wrongPassphrase(path: folder.wallet)) {
                try ContributorWallet(opening: folder.wallet, passphrase: Passphrase(wrong)!)
            }
        }
        #expect(throws: WalletError.missing(path: folder.path + "/none")) {
            try ContributorWallet(opening: folder.path + "/none", passphrase: passphrase)
        }
        try write(Array("not a wallet".utf8), to: folder.path + "/text")
        #expect(throws: WalletError.notAWallet(path: folder.path + "/text", reason: "it is too short")) {
            try ContributorWallet(opening: folder.path + "/text", passphrase: passphrase)
        }
        #expect(throws: WalletError.exists(path: folder.wallet)) {
            try ContributorWallet(creating: folder.wallet, key: try cheapKey())
        }
    }

    /// Composed and decomposed 'é' are one passphrase.
    @Test func accentsMayBeTypedEitherWay() throws {
        _ = try ContributorWallet(creating: folder.wallet, key: try cheapKey(Passphrase("caf\u{E9}")!))
        _ = try ContributorWallet(opening: folder.wallet, passphrase: Passphrase("cafe\u{301}")!)
    }

    /// A crash while the last frame was appended: at whatever byte, all earlier frames are there, and new ones follow.
    @Test func anUnfinishedLastFrameIsLeftOut() throws {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        try wallet.save([.report(sampleReport(1))])
        let whole = try bytes(of: folder.wallet)
        try wallet.save([.report(sampleReport(2))])
        let longer = try bytes(of: folder.wallet)
        for cut in whole.count..<longer.count {
            try expectOnlyTheFirstReport(Array(longer[..<cut]), "cut at \(cut)")
            // Zeros where the file system had reserved space; not within the tag, where few zeros may be chance.
            guard cut <= longer.count - 16 else { continue }
            let unfilled = [UInt8](repeating: 0, count: longer.count - cut + (cut % 2) * 5000)
            try expectOnlyTheFirstReport(Array(longer[..<cut]) + unfilled, "zeros from \(cut)")
        }
    }

    private func expectOnlyTheFirstReport(_ bytes: [UInt8], _ what: Comment) throws {
        let torn = folder.path + "/torn"
        try write(bytes, to: torn)
        let opened = try ContributorWallet(opening: torn, key: try cheapKey())
        #expect(try opened.records().map(\.reportID) == [sampleID(1)], what)
        guard bytes.count % 5 == 0 else { return }
        try opened.save([.report(sampleReport(3))])
        let again = try ContributorWallet(opening: torn, key: try cheapKey())
        #expect(try again.records().map(\.reportID) == [sampleID(1), sampleID(3)], what)
    }

    /// A file that ends within its first frame or its header holds no seed, and is no wallet.
    @Test func aWalletWithoutItsFirstFrameIsRefused() throws {
        _ = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        let whole = try bytes(of: folder.wallet)
        for cut in 0..<whole.count {
            try write(Array(whole[..<cut]), to: folder.path + "/cut")
            #expect(throws: WalletError.self) {
                try ContributorWallet(opening: folder.path + "/cut", key: try cheapKey())
            }
        }
    }

    @Test func everyChangedByteIsNoticed() throws {
        _ = try sample()
        let whole = try bytes(of: folder.wallet)
        let changed = folder.path + "/changed"
        let key = try cheapKey()
        for index in whole.indices {
            for bit in [UInt8(1), 0x80] {
                var bytes = whole
                bytes[index] ^= bit
                try write(bytes, to: changed)
                do {
                    _ = try ContributorWallet(opening: changed, key: key)
                    Issue.record("byte \(index) may be changed")
                } catch WalletError.damagedFrame {
                    #expect(index >= WalletHeader.size)
                } catch {
                    #expect(index < WalletHeader.size, "\(error)")
                }
            }
        }
    }

    /// The error names the frame: 0 has the seed, 1 the first record.
    @Test func damagedFramesAreNamed() throws {
        let wallet = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        var ends = [try bytes(of: folder.wallet).count]
        for number in 1...3 {
            try wallet.save([.report(sampleReport(UInt64(number)))])
            ends.append(try bytes(of: folder.wallet).count)
        }
        let whole = try bytes(of: folder.wallet)
        for frame in 0...3 {
            var bytes = whole
            bytes[ends[frame] - 20] ^= 1
            try write(bytes, to: folder.wallet)
            #expect {
                try ContributorWallet(opening: folder.wallet, key: try cheapKey())
            } throws: { error in
                guard case WalletError.damagedFrame(_, let index, _) = error else { return false }
                return index == UInt64(frame) && "\(error)".contains("frame \(frame) is damaged")
            }
        }
    }

    /// Frames that were swapped, repeated, left out, or taken from another wallet of the same key and seed.
    @Test func framesCannotBeMoved() throws {
        let key = try cheapKey()
        var starts: [Int] = []
        var files: [[UInt8]] = []
        for name in ["a", "b"] {
            let wallet = try ContributorWallet(creating: "\(folder.path)/\(name)", key: key, seed: seed)
            starts = [WalletHeader.size, try bytes(of: wallet.path).count]
            for number in 1...3 {
                try wallet.save([.report(sampleReport(UInt64(number)))])
                starts.append(try bytes(of: wallet.path).count)
            }
            files.append(try bytes(of: wallet.path))
        }
        func frame(_ index: Int, of file: Int = 0) -> [UInt8] { Array(files[file][starts[index]..<starts[index + 1]]) }
        let header = Array(files[0][..<WalletHeader.size])
        let wrong: [(String, [UInt8])] = [
            ("swapped", header + frame(0) + frame(2) + frame(1) + frame(3)),
            ("repeated", header + frame(0) + frame(1) + frame(1) + frame(2)),
            ("left out", header + frame(0) + frame(2) + frame(3)),
            ("of another wallet", header + frame(0) + frame(1, of: 1)),
            ("all of another wallet", header + files[1][WalletHeader.size...]),
        ]
        for (name, bytes) in wrong {
            try write(bytes, to: folder.path + "/wrong")
            #expect(throws: WalletError.self, "\(name)") {
                try ContributorWallet(opening: folder.path + "/wrong", key: key)
            }
        }
        // What the file alone cannot tell: that it is an old copy.
        try write(header + frame(0) + frame(1), to: folder.path + "/old")
        #expect(try ContributorWallet(opening: folder.path + "/old", key: key).records().count == 1)
    }

    /// No two appends share a key, so a wallet that was copied and written to twice has no nonce twice.
    @Test func twoCopiesOfAWalletNeverSealUnderOneKey() throws {
        _ = try ContributorWallet(creating: folder.wallet, key: try cheapKey(), seed: seed)
        try FileManager.default.copyItem(atPath: folder.wallet, toPath: folder.path + "/copy")
        let start = try bytes(of: folder.wallet).count
        var salts: Set<[UInt8]> = []
        for path in [folder.wallet, folder.path + "/copy"] {
            try ContributorWallet(opening: path, key: try cheapKey()).save([.report(sampleReport(1))])
            salts.insert(Array(try bytes(of: path)[start + 4..<start + 36]))
        }
        #expect(salts.count == 2)
    }
}
