import AggregatorNode
import Datastore
import Foundation
import Synchronization
import Testing
import TransparencyLog

/// Which database a node takes for its own.
@Suite struct NodeStorageTests {
    /// A path that was copied from the other node's configuration, or a file that was put in the wrong folder.
    @Test func aDatabaseOfTheOtherRoleIsRefused() async throws {
        let parties = try Parties()
        try await parties.helper.openTestDatabase().close()
        var leader = parties.leader
        leader.storage = try await TestDatabases.configure(parties.helper).database
        for mustExist in [false, true] {
            do throws(NodeStartError) {
                _ = try await leader.openDatabase(mustExist: mustExist)
                Issue.record("it was opened")
            } catch .database(_, .unsuitable(let words)) {
                #expect(words.contains("is a helper's, and this is a leader"))
            } catch {
                Issue.record("\(error)")
            }
        }
        // Nobody's keys are destroyed for it either.
        await #expect(throws: NodeStartError.self) { try await RestoredNode.declare(leader) }
        #expect(FileManager.default.fileExists(atPath: leader.noteKeyFile))
        try await parties.helper.openTestDatabase().close()
    }

    /// `cairn node status` and the like may be given a configuration that is not yet, or never to be, this database's.
    @Test func lookingTakesNoRoleOnAndWritesNothing() async throws {
        let parties = try Parties()
        let own = try await TestDatabases.configure(parties.helper)
        try await own.openDatabase().close()
        var both = own
        both.leader = parties.leader.leader
        let looked = try await both.openDatabaseToLook()
        #expect(try await looked.roles() == DatabaseRoles([.helper]))
        try looked.close()
        // What is another's is not even looked at, and where there is nothing, nothing is made.
        var other = own
        (other.leader, other.helper) = (parties.leader.leader, nil)
        await #expect(throws: NodeStartError.self) { try await other.openDatabaseToLook() }
        if own.database.file != nil {
            await #expect(throws: NodeStartError.self) { try await parties.leader.openDatabaseToLook() }
            #expect(!FileManager.default.fileExists(atPath: parties.leader.database.file ?? ""))
        }
        let changed = try await both.openDatabase()
        #expect(try await changed.roles() == DatabaseRoles([.helper, .leader]))
        try changed.close()
    }

    /// Keys of another node, with a role that the database does not have: neither is remembered of one who is refused.
    @Test func whoeverIsRefusedForItsKeysLeavesTheDatabaseAsItWas() async throws {
        let parties = try Parties()
        let others = try Parties()
        let own = try await TestDatabases.configure(parties.helper)
        let store = try await own.openDatabase()
        try await NodeIdentity.check(parties.helperKeys, store, own)
        var both = own
        both.leader = parties.leader.leader
        var keys = parties.helperKeys
        (keys.witness, keys.log) = (others.helperKeys.witness, parties.leaderKeys.log)
        await #expect(throws: NodeStartError.self) { try await NodeIdentity(keys).require(store, both) }
        await #expect(throws: NodeStartError.self) { try await NodeIdentity.check(keys, store, both) }
        await #expect(throws: NodeStartError.self) { _ = try await both.openNewestDatabase(keys: keys) }
        #expect(try await store.roles() == DatabaseRoles([.helper]))
        // The log's key, which was new, was not remembered: another one is as new.
        keys = parties.helperKeys
        keys.log = try NoteSigner(name: "another.example/log")
        try await NodeIdentity.check(keys, store, both)
        keys.log = parties.leaderKeys.log
        await #expect(throws: NodeStartError.self) { try await NodeIdentity(keys).require(store, both) }
        try await NodeIdentity(keys).require(store, both, replacing: [.log])
        try store.close()
        withExtendedLifetime(others) {}
    }

    /// Two nodes, each with keys and a folder of its own, whose configurations name one database.
    @Test func aRestoreIsNotDeclaredForADatabaseOnWhichANodeRuns() async throws {
        let parties = try Parties()
        let running = try await parties.leader.openTestDatabase()
        try await running.claim()
        let others = try Parties()
        var other = others.leader
        other.storage = try await TestDatabases.configure(parties.leader).database
        do throws(NodeStartError) {
            _ = try await RestoredNode.declare(other)
            Issue.record("it was declared")
        } catch .database(_, .unsuitable(let words)) {
            #expect(words.contains("another process runs a node"))
        } catch {
            Issue.record("\(error)")
        }
        #expect(FileManager.default.fileExists(atPath: other.noteKeyFile))
        #expect(try await running.haltReason() == nil)
        try running.close()
        withExtendedLifetime(others) {}
    }

    @Test func theDiskOfADatabaseElsewhereIsWatchedToo() throws {
        var node = try Parties().leader
        #expect(node.writtenDirectories == [node.dataDirectory])
        node.storage = .sqlite(path: "/srv/cairn/leader.sqlite")
        #expect(node.writtenDirectories == [node.dataDirectory, "/srv/cairn"])
    }

    /// A server that takes the connection and says nothing: its machine swaps, or it is no database at all.
    @Test func whoWaitsForADatabaseSaysSo() async throws {
        let silent = try SilentServer()
        let parties = try Parties()
        var node = parties.leader
        node.storage = .postgreSQL(
            try PostgreSQLLocation(url: "postgres://cairn@127.0.0.1:\(silent.port)/cairn"), passwordFile: nil,
            connections: 2)
        let said = Mutex<[String]>([])
        let opening = Task { [node] in
            try await node.openDatabase { words in
                said.withLock { $0.append(words) }
                silent.close()
            }
        }
        await #expect(throws: NodeStartError.self) { try await opening.value.close() }
        let first = try #require(said.withLock { $0.first })
        #expect(first.contains("waiting for the database server (127.0.0.1:\(silent.port), database cairn)"))
    }
}

/// What `storage` may say.
@Suite struct StorageSettingsTests {
    private func load(_ storage: String) throws -> NodeConfiguration {
        let yaml = """
            role: helper
            listen: 127.0.0.1:8302
            public_url: http://127.0.0.1:8302/
            data_dir: data
            peer: { url: http://127.0.0.1:8301/, psk_file: peer.psk }
            tokens: { aggregator: aggregator.token }
            log: { origin: example.org/log, key_file: witness.skey }
            \(storage)
            """
        return try .load(yaml: yaml, file: "/srv/cairn/helper.yaml")
    }

    @Test func theDefaultIsAFileInTheDataFolder() throws {
        #expect(try load("").database == .sqlite(path: "/srv/cairn/data/node.sqlite"))
        #expect(try load("storage: { sqlite: state/x.sqlite }").database == .sqlite(path: "/srv/cairn/state/x.sqlite"))
        let url = "postgres://cairn@localhost/cairn"
        #expect(
            try load("storage: { postgresql: '\(url)', password_file: pw, connections: 2 }").database
                == .postgreSQL(try PostgreSQLLocation(url: url), passwordFile: "/srv/cairn/pw", connections: 2))
    }

    @Test(arguments: [
        ("storage:", "section"), ("storage: state.sqlite", "section"), ("storage: []", "section"),
        ("storage: {}", "'sqlite: PATH' or 'postgresql: URL'"), ("storage: { sqlite: '' }", "empty"),
        ("storage: { mysql: x }", "unknown key 'storage.mysql'"), ("Storage: {}", "unknown key 'Storage'"),
        ("storage: { postgres: x }", "known here: storage.sqlite, storage.postgresql"),
        ("storage: { postgresql: 'postgres://a@b/c', password: s3cret }", "unknown key 'storage.password'"),
        ("storage: { sqlite: x, postgresql: 'postgres://a@b/c' }", "one database"),
        ("storage: { sqlite: x, password_file: y }", "belongs to postgresql"),
        ("storage: { sqlite: x, connections: 3 }", "belongs to postgresql"),
        ("storage: { postgresql: 'postgres://a:s3cret@b/c' }", "password_file"),
        ("storage: { postgresql: 'postgres://a@b/c', connections: 1 }", "from 2 to 90"),
        ("storage: { postgresql: 'postgres://a@b/c', connections: many }", "from 2 to 90"),
        ("storage: { postgresql: 'postgres://a@b/c', password_file: }", "empty"),
    ])
    func aWrongSectionIsReportedWithItsLine(_ storage: String, _ word: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try load(storage) }
        #expect(error?.line == 8)
        #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        #expect(error?.description.contains("s3cret") == false)
    }
}

/// Accepts connections and never answers.
private final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Mutex<Int32?>

    init() throws {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listening, address, size) == 0 && listen(listening, 8) == 0
                    && getsockname(listening, address, &size) == 0
            }
        }
        try #require(outcome)
        port = address.sin_port.bigEndian
        descriptor = Mutex(listening)
    }

    /// Connections that nobody has accepted are reset.
    func close() {
        descriptor.withLock { held in
            if let held { Foundation.close(held) }
            held = nil
        }
    }

    deinit { close() }
}
