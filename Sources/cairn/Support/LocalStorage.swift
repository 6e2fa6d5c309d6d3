import AggregatorNode
import ArgumentParser
import Bench
import Foundation
import PostgresServer

/// Where nodes on this machine keep their data: the one place that knows what a configuration says about it.
final class LocalStorage: Sendable {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        /// A file of each node, in the node's own process.
        case sqlite
        /// A server beside them, with a database for each.
        case postgresql
    }

    let kind: Kind
    /// Nil for SQLite.
    private let server: PostgresServer?

    private init(kind: Kind, server: PostgresServer?) {
        self.kind = kind
        self.server = server
    }

    /// Runs both nodes while `body` works, on data that are kept there, and ends whatever was started.
    static func run<Result>(
        _ nodes: LocalNodes, on kind: Kind, _ body: (LocalStorage) async throws -> Result
    ) async throws -> Result {
        let storage = try await prepare(kind, for: nodes)
        do {
            let result = try await nodes.run { try await body(storage) }
            await storage.stop()
            return result
        } catch {
            await storage.stop()
            throw error
        }
    }

    /// Tells both nodes where their data are, and starts what has to run there.
    ///
    /// - Throws: where this build's node cannot keep them there, before anything is started.
    private static func prepare(_ kind: Kind, for nodes: LocalNodes) async throws -> LocalStorage {
        guard kind == .postgresql else { return LocalStorage(kind: kind, server: nil) }
        let folder = PostgresServer.newFolder()
        for node in [nodes.leader, nodes.helper] {
            try configure(node.folder, database: PostgresServer.url(of: database(of: node), in: folder))
        }
        let databases = [nodes.leader, nodes.helper].map(database)
        let server = try await PostgresServer.start(in: folder)
        do {
            try server.run(databases.map { "CREATE DATABASE \($0)" })
            return LocalStorage(kind: kind, server: server)
        } catch {
            await server.stop()
            throw error
        }
    }

    /// The database's own processes; nil where it has none.
    func figures() throws -> ProcessFigures? {
        try server.map { server in
            guard let process = server.processID else { throw CommandFailure("the database server has ended") }
            return try ProcessProbe.readTree(process)
        }
    }

    /// Bytes that a node's database has on the disk.
    func size(of node: LocalNode) async throws -> Int {
        if let server { return try server.size(of: Self.database(of: node)) }
        guard let file = try NodeConfiguration.load(path: node.folder.configurationFile).database.file else {
            throw CommandFailure("the node's database is not a file")
        }
        return ["", "-wal", "-shm"].reduce(0) { sum, ending in
            var status = stat()
            return stat(file + ending, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }

    private func stop() async { await server?.stop() }

    private static func database(of node: LocalNode) -> String { "cairn_\(node.folder.role.rawValue)" }

    private static func configure(_ folder: NodeFolder, database: String) throws {
        let path = folder.configurationFile
        try UserFile.replace(
            path, try UserFile.readUTF8(path) + Array("storage:\n  postgresql: \"\(database)\"\n".utf8))
    }
}
