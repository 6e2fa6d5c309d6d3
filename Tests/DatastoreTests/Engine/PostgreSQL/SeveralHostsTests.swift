import Datastore
import Foundation
import PostgresCluster
import Testing

/// Servers of which one is to be found: a first one that hangs, or is gone, is in the way of no other.
@Suite(.enabled(if: !PostgresCluster.isLeftOut)) struct SeveralHostsTests {
    private func options(_ hosts: String, ports: String, in database: PostgresDatabase) throws -> PostgreSQLOptions {
        var options = PostgreSQLOptions(
            location: try PostgreSQLLocation(
                url: "postgres://cairn@/\(database.name)?host=\(hosts)&port=\(ports)"))
        options.connections = 2
        options.acceptsForgetfulServer = true
        return options
    }

    @Test func aHostThatTakesTheConnectionAndSaysNothingIsLeftForTheNext() async throws {
        let cluster = try await PostgresCluster.shared()
        let database = try cluster.database()
        let silent = try SilentPort()
        let options = try options("127.0.0.1,\(cluster.folder)", ports: "\(silent.port),5432", in: database)
        let start = ContinuousClock.now
        let opened = try await NodeDatabase.open(.postgreSQL(options))
        #expect(ContinuousClock.now - start < .seconds(60), "nobody tells the system that it hangs")
        #expect(try await opened.haltReason() == nil)
        try opened.close()
    }

    /// Its packets go nowhere, as those to a machine without power.
    @Test func aHostThatDoesNotAnswerIsLeftForTheNext() async throws {
        let cluster = try await PostgresCluster.shared()
        let database = try cluster.database()
        let full = try SilentPort(backlog: 0)
        // The system drops what comes when nobody accepts and nobody more may wait.
        let waiting = (0..<4).map { _ in full.connect() }
        defer { for descriptor in waiting { close(descriptor) } }
        let options = try options("127.0.0.1,\(cluster.folder)", ports: "\(full.port),5432", in: database)
        let opened = try await NodeDatabase.open(.postgreSQL(options))
        try opened.close()
    }

    @Test func ofOneThatHangsItIsSaidThatItDoesNotAnswer() async throws {
        let silent = try SilentPort()
        var options = PostgreSQLOptions(
            location: try PostgreSQLLocation(
                url: "postgres://cairn@127.0.0.1:\(silent.port),127.0.0.1:\(silent.port)/x"))
        options.connections = 2
        do throws(DatastoreError) {
            try await NodeDatabase.open(.postgreSQL(options)).close()
            Issue.record("it was opened")
        } catch {
            let words = error.description
            #expect(words.components(separatedBy: "does not answer: check host").count == 3, "\(words)")
        }
    }

    @Test func ofHostsThatAllFailEachIsNamedWithItsReason() async throws {
        let cluster = try await PostgresCluster.shared()
        let database = try cluster.database()
        let options = try options("/nonexistent,127.0.0.1", ports: "5432,1", in: database)
        do throws(DatastoreError) {
            try await NodeDatabase.open(.postgreSQL(options)).close()
            Issue.record("it was opened")
        } catch {
            let words = error.description
            #expect(words.contains("(/nonexistent, database") && words.contains("(127.0.0.1:1, database"), "\(words)")
        }
    }
}

/// A port of this machine where connections are taken by the system and by nobody else.
private final class SilentPort: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init(backlog: Int32 = 8) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listening = descriptor
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listening, address, size) == 0 && listen(listening, backlog) == 0
                    && getsockname(listening, address, &size) == 0
            }
        }
        port = address.sin_port.bigEndian
        try #require(outcome)
    }

    /// Begins a connection without waiting for it.
    func connect() -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = Self.address(port: port)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Foundation.connect(client, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return client
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    deinit { close(descriptor) }
}
