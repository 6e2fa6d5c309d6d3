import Dispatch
import Foundation

/// Where a node's state lies.
package enum NodeStorage: Sendable {
    /// A file, made where there is none.
    case sqlite(path: String)
    /// A database on a server, which must be there.
    case postgreSQL(PostgreSQLOptions)
}

/// What a node's database is opened for, which says what may become of it before anybody has read a row.
package enum OpeningPurpose: Sendable {
    /// Makes what is missing, and brings tables of an older version up to date.
    case making
    /// The same for a database that must be there.
    case changing
    /// Makes and changes nothing: the tables must be there, and of this version.
    case looking
}

extension NodeDatabase {
    /// Opens a node's database.
    ///
    /// Waits on a thread of its own, because a server may take its time: the few threads that everything else shares which
    /// blocks have files to write for others.
    ///
    /// - Throws: `.unavailable` where there is nothing, and nothing is to be made; `.unsuitable` where somebody who only looks
    ///   finds tables of an older version.
    package static func open(
        _ storage: NodeStorage, for purpose: OpeningPurpose = .making
    ) async throws(DatastoreError) -> NodeDatabase {
        let outcome = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { () throws(DatastoreError) in try openNow(storage, for: purpose) })
            }
        }
        return try outcome.get()
    }

    /// The same, and blocks its thread.
    package static func openNow(
        _ storage: NodeStorage, for purpose: OpeningPurpose = .making
    ) throws(DatastoreError) -> NodeDatabase {
        switch storage {
        case .sqlite(let path):
            guard purpose == .making || FileManager.default.fileExists(atPath: path) else {
                throw .unavailable("there is no such file: the node was never started, and no task was added")
            }
            return try open(path: path, for: purpose)
        case .postgreSQL(let options):
            let engine = try PostgreSQLEngine.open(options, for: purpose)
            return NodeDatabase(engine, notes: engine.warnings)
        }
    }

    /// Makes this process the one that runs a node on the database, until it is closed. Others may open it all the same, to
    /// look or to add tasks.
    ///
    /// - Parameter isShared: together with others that say so, where the database is on a server: replicas of one node.
    /// - Throws: `.unsuitable` where another one does.
    package func claim(isShared: Bool = false) async throws(DatastoreError) {
        try await engine.claim(isShared: isShared)
    }

    /// Stops the other processes of a node that several run: for one that has found that the database must not be used.
    package func endOtherClaims() async throws(DatastoreError) {
        try await engine.endOtherClaims()
    }

    /// Waits until this process must not use the database any more, because another server has taken over, another process
    /// runs the node, or a file has lost its name: then everything fails until a new start. For one caller.
    ///
    /// - Returns: why; nil once the database is closed, or the caller's task cancelled.
    package func awaitLoss() async -> String? {
        await engine.awaitLoss()
    }

    /// Takes the tables out of the way of a new node, and keeps them. For a file, its owner moves it.
    ///
    /// - Returns: where they are; nil for a file.
    package func moveAside() async throws(DatastoreError) -> String? {
        try await engine.moveAside()
    }
}
