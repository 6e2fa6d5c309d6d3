import Contributor
import DAP
import Foundation
import Ledger
import TestSupport
import Testing

/// What a contributor remembers of the HPKE configurations that it was shown.
@Suite struct SeenHpkeListsTests {
    private let folder = TemporaryFolder.notMadeYet()
    private var home: ContributorHome { ContributorHome(path: folder.path + "/home") }
    private var file: String { "\(home.path)/hpke-seen.json" }
    private let key: [UInt8] = [UInt8](repeating: 7, count: 32)

    /// Judges a list that is `issued` then, against what was seen before.
    private func judge(_ seen: SeenHpkeLists, issued: UInt64, key: [UInt8]? = nil) throws -> UInt64? {
        var before: UInt64?
        try seen.judge(key: key ?? self.key) { newest in
            before = newest
            return issued
        }
        return before
    }

    @Test func whatOneCommandSawTheNextOneKnows() throws {
        #expect(try judge(SeenHpkeLists(home: home), issued: 100) == nil)
        #expect(try judge(SeenHpkeLists(home: home), issued: 300) == 100)
        #expect(try judge(SeenHpkeLists(home: home), issued: 200) == 300)
        #expect(try judge(SeenHpkeLists(home: home), issued: 300) == 300, "it only moves forward")
        #expect(try judge(SeenHpkeLists(home: home), issued: 5, key: [1]) == nil, "each key by itself")
        #expect(try judge(SeenHpkeLists(home: home), issued: 300) == 300)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func withoutAHomeItIsRememberedForAsLongAsTheClientLives() throws {
        let seen = SeenHpkeLists(home: nil)
        #expect(try judge(seen, issued: 100) == nil)
        #expect(try judge(seen, issued: 50) == 100)
        #expect(try judge(SeenHpkeLists(home: nil), issued: 50) == nil)
    }

    @Test func whatIsRefusedIsNotRemembered() throws {
        let seen = SeenHpkeLists(home: home)
        #expect(throws: HpkeListFault.unsigned) { try seen.judge(key: key) { _ in throw HpkeListFault.unsigned } }
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try judge(seen, issued: 1) == nil)
    }

    /// A client that forgets could be shown an old list again, so it does not go on.
    @Test(arguments: [
        "", "{", "{}", #"{"cairn_hpke_seen":2,"issued":{}}"#, #"{"cairn_hpke_seen":1,"issued":{"aa":-1}}"#,
    ])
    func aMemoryThatCannotBeReadStopsTheClient(text: String) throws {
        _ = try judge(SeenHpkeLists(home: home), issued: 100)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let error = try #require(throws: ContributorError.self) { try judge(SeenHpkeLists(home: home), issued: 200) }
        #expect(error.description.contains(file))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
    }

    @Test func manyAtOnceLoseNothing() async throws {
        let home = home
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    try SeenHpkeLists(home: home).judge(key: [UInt8(number % 4)]) { newest in
                        max(UInt64(number), newest ?? 0)
                    }
                }
            }
            try await group.waitForAll()
        }
        for name in UInt8(0)..<4 {
            #expect(try judge(SeenHpkeLists(home: home), issued: 0, key: [name]) == UInt64(20 + name))
        }
    }
}
