import Contributor
import DAP
import Foundation
import TaskTypes
import TestSupport
import Testing
import Wallet

/// A contributor's folder: how its wallet comes to be, and what becomes of a home from before there were wallets.
@Suite struct HomeTests {
    private let folder = TemporaryFolder.notMadeYet()
    private var home: ContributorHome { ContributorHome(path: folder.path + "/home") }
    private let passphrase = Passphrase("a passphrase")!

    private func open(creating: Bool = false) throws -> ContributorWallet {
        try home.openWallet(creating: creating) { _ in passphrase }
    }

    @Test func walletsAreMadeWhenAskedForAndOpenedAfterwards() throws {
        #expect(throws: WalletError.missing(path: home.walletPath)) { try open() }
        #expect(!FileManager.default.fileExists(atPath: home.path))
        let seed = try open(creating: true).seed
        #expect(seed.count == 32)
        #expect(try open().seed == seed)
        #expect(try open(creating: true).seed == seed)
        let mode = try FileManager.default.attributesOfItem(atPath: home.path)[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }

    /// As for shells: the variable, and not what the system's list of accounts says.
    @Test func theHomeIsWhatTheEnvironmentSays() throws {
        #expect(try ContributorHome.standard(environment: ["HOME": "/h", "CAIRN_HOME": "/c"]).path == "/c")
        #expect(try ContributorHome.standard(environment: ["HOME": "/h", "CAIRN_HOME": "~/c"]).path == "/h/c")
        #expect(try ContributorHome.standard(environment: ["HOME": "/h", "CAIRN_HOME": ""]).path == "/h/.cairn")
        for environment in [[:], ["HOME": ""]] {
            do throws(ContributorError) {
                _ = try ContributorHome.standard(environment: environment)
                Issue.record("a home was found")
            } catch { #expect("\(error)".contains("HOME is not set")) }
        }
    }

    /// The disk with the wallet is not connected: a new wallet there would have another seed.
    @Test func aLinkThatLeadsNowhereIsNoPlaceForANewWallet() throws {
        try FileManager.default.createDirectory(atPath: home.path, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: home.walletPath, withDestinationPath: "../disk/wallet")
        do {
            _ = try open(creating: true)
            Issue.record("a wallet was made")
        } catch { #expect("\(error)".contains("Connect the disk"), "\(error)") }
    }

    /// scrypt as the page says, not the cheap one of other tests.
    @Test func walletsOfPeopleHaveTheStandardParameters() throws {
        _ = try open(creating: true)
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: home.walletPath)))
        let header = try WalletHeader(decoding: Array(bytes.prefix(WalletHeader.size)))
        #expect(header.parameters == ScryptParameters(logN: 17, r: 8, p: 1))
    }

    @Test func twoThatStartAtOnceShareOneWallet() async throws {
        let (home, passphrase) = (home, passphrase)
        let seeds = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<3 {
                group.addTask { try home.openWallet(creating: true) { _ in passphrase }.seed }
            }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(seeds.count == 1)
    }

    private let task = TaskID(unchecked: [UInt8](repeating: 4, count: 32))
    private func reportID(_ byte: UInt8) -> ReportID { ReportID(unchecked: [UInt8](repeating: byte, count: 16)) }
    private let plainSeed = String(repeating: "5a", count: 32)

    private func write(_ text: String, to name: String) throws {
        let path = "\(home.path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func makePlainHome() throws {
        let (one, two, name) = (reportID(1).base64URL, reportID(2).base64URL, task.base64URL)
        try write(plainSeed + "\n", to: "seed")
        try write(
            """
            {"cairn_report":1,"opening":{"blinds":["\(String(repeating: "11", count: 32))",\
            "\(String(repeating: "22", count: 32))"],"values":["7","340282366920938463463374607431768211455"]},\
            "report_id":"\(one)","state":"stored","task_id":"\(name)","time":1700000000}
            """, to: "reports/\(name)/\(one).json")
        try write(
            #"{"cairn_report":1,"report_id":"\#(two)","state":"rejected","reason":"report_dropped","#
                + #""task_id":"\#(name)","time":1600000000}"#, to: "reports/\(name)/\(two).json")
        try write("a receipt\n", to: "receipts/\(name)/\(one).tlog-proof")
        try write("a promise\n", to: "promises/\(name)/\(one).promise")
        try write("kept", to: "tasks/other.task")
    }

    private func expectMigrated(_ wallet: ContributorWallet) throws {
        #expect(wallet.seed == [UInt8](repeating: 0x5A, count: 32))
        let records = try wallet.records()
        #expect(records.map(\.reportID) == [reportID(2), reportID(1)])
        #expect(records.map(\.state) == [.rejected("report_dropped"), .stored])
        #expect(records[0].opening == nil)
        #expect(records[1].time == 1_700_000_000)
        #expect(
            records[1].opening
                == ReportOpening(
                    values: [7, UInt128.max], blinds: [UInt8(0x11), 0x22].map { [UInt8](repeating: $0, count: 32) }))
        let key = ReportKey(task, reportID(1))
        #expect(try wallet.receipt(of: key) == "a receipt\n")
        #expect(try wallet.promise(of: key) == "a promise\n")
        let left = try FileManager.default.contentsOfDirectory(atPath: home.path).sorted()
        #expect(left == ["tasks", "wallet", "wallet.mark"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path + "/tasks") == ["other.task"])
    }

    @Test func plainHomesMoveIntoAWalletOnFirstUse() throws {
        try makePlainHome()
        try expectMigrated(try open())
        try expectMigrated(try open())
    }

    /// A crash after the wallet was made and before the plain files were gone, or half of them.
    @Test func interruptedMovesAreFinished() throws {
        try makePlainHome()
        _ = try open()
        try makePlainHome()
        try expectMigrated(try open())
        try write(plainSeed, to: "seed")
        try expectMigrated(try open())
    }

    @Test func nothingIsRemovedThatCouldNotBeRead() throws {
        try makePlainHome()
        let broken = "reports/\(task.base64URL)/\(reportID(3).base64URL).json"
        try write("{}", to: broken)
        #expect(throws: ContributorError.self) { try open() }
        #expect(!FileManager.default.fileExists(atPath: home.walletPath))
        for file in ["seed", broken] { #expect(FileManager.default.fileExists(atPath: "\(home.path)/\(file)")) }
        // Nor where the files belong to somebody else.
        try FileManager.default.removeItem(atPath: "\(home.path)/\(broken)")
        try expectMigrated(try open())
        try write(String(repeating: "00", count: 32), to: "seed")
        #expect(throws: WalletError.otherSeed(path: home.path + "/seed")) { try open() }
        #expect(FileManager.default.fileExists(atPath: home.path + "/seed"))
    }
}
