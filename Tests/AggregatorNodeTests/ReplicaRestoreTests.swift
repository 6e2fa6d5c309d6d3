import AggregatorNode
import Datastore
import Foundation
import PostgresCluster
import Synchronization
import Testing

/// A restore that is declared in the folders of replicas, which share a database and have copies of the keys.
@Suite(.enabled(if: !PostgresCluster.isLeftOut)) struct ReplicaRestoreTests {
    private func shared(_ node: NodeConfiguration, _ database: PostgresDatabase) throws -> NodeConfiguration {
        var node = node
        node.storage = .postgreSQL(
            try PostgreSQLLocation(url: database.url), passwordFile: nil, connections: 4, hasReplicas: true)
        return node
    }

    /// Begins with keys on the database, and stops.
    private func begin(_ node: NodeConfiguration, _ keys: NodeKeys) async throws {
        let store = try await node.openDatabase()
        try await NodeIdentity.check(keys, store, node)
        try store.close()
    }

    private func schemas(_ database: PostgresDatabase) throws -> [String] {
        try database.run("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'cairn_ended%' ORDER BY 1")
            .compactMap(\.self)
    }

    /// What another replica has begun anew is none of this folder's, which has no key to tell it by.
    @Test func aDeclarationThatIsRepeatedWithoutKeysTouchesNothing() async throws {
        let (parties, others) = (try Parties(), try Parties())
        let database = try #require(try await TestStorage.postgresql.database())
        let node = try shared(parties.helper, database)
        try await begin(node, parties.helperKeys)
        #expect(try await RestoredNode.declare(node).schema == "cairn_ended_1")
        let new = try shared(others.helper, database)
        try await begin(new, others.helperKeys)

        let said = Mutex<[String]>([])
        let again = try await RestoredNode.declare(node) { words in said.withLock { $0.append(words) } }
        #expect(again.schema == nil && again.destroyedKeys.isEmpty && again.endedTasks.isEmpty)
        #expect(said.withLock { $0.contains { $0.contains("is left as it is") } })
        // A key that tells nothing is destroyed, and no reason for more.
        try KeyFiles.makeToken(at: node.hpkeKeyFile)
        #expect(try await RestoredNode.declare(node).destroyedKeys == [node.hpkeKeyFile])
        #expect(try schemas(database) == ["cairn_ended_1"])
        let store = try await new.openNewestDatabase(mustExist: true, keys: others.helperKeys)
        #expect(try await store.haltReason() == nil)
        #expect(try await !store.isNew())
        try store.close()
        withExtendedLifetime((parties, others)) {}
    }

    /// Whatever the node was stopped for before, and although the keys that tell whose the tables are have gone already.
    @Test func aDeclarationThatWasCutOffIsFinishedWithoutKeys() async throws {
        let parties = try Parties()
        let database = try #require(try await TestStorage.postgresql.database())
        let node = try shared(parties.helper, database)
        try await begin(node, parties.helperKeys)
        let store = try await node.openDatabase()
        try await store.recordHalt("something else was wrong")
        try store.close()
        // Here it ends: what is in the way cannot be destroyed.
        try FileManager.default.removeItem(atPath: node.statementKeyFile)
        try FileManager.default.createDirectory(atPath: node.statementKeyFile, withIntermediateDirectories: true)
        await #expect(throws: NodeStartError.self) { try await RestoredNode.declare(node) }
        #expect(try schemas(database).isEmpty)
        try FileManager.default.removeItem(atPath: node.statementKeyFile)
        try FileManager.default.removeItem(atPath: node.hpkeKeyFile)

        let outcome = try await RestoredNode.declare(node)
        #expect(outcome.schema == "cairn_ended_1" && outcome.destroyedKeys.isEmpty)
        #expect(try schemas(database) == ["cairn_ended_1"])
        withExtendedLifetime(parties) {}
    }
}
