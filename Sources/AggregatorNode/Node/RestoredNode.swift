import Datastore
import DurableFiles
import Foundation

/// Declares that a node was restored from a backup: what it may have forgotten must never be asked of it again.
///
/// A node signs a close once, releases a share once, accepts a report once, cosigns one history. A restored database does
/// not know all of that any more, and nothing can bring it back. So what those words hang on is destroyed: the HPKE key,
/// without which no report that was ever sent can be opened again, the statement key, and the key of the log or witness.
/// With them the node's tasks end. Database and log are moved aside, not deleted: results that were published can still be
/// audited if the log goes on being served, with all blobs of the database beside its tiles.
///
/// Replicas have folders of their own, with copies of the keys: it is declared in each of them, in any order. The first moves
/// the tables aside; for the others there is nothing left of them to move, or what another one has begun anew, and they do
/// not touch that. Nor does a folder without keys, whose declaration may have been repeated: nothing in it tells whose the tables
/// are, but for the sentence in them of a declaration that is not finished.
package enum RestoredNode {
    /// What was done.
    package struct Outcome: Sendable {
        /// Names of the tasks that the database knew, which have ended.
        package var endedTasks: [String]
        /// Key files that are gone.
        package var destroyedKeys: [String]
        /// The folder that has what was moved aside.
        package var archive: String
        /// The schema that has the tables, where the database is on a server.
        package var schema: String?
    }

    /// - Parameter notice: gets sentences about whom it waits for, where that takes longer than two seconds.
    /// - Throws: `.alreadyRunning` while the node runs; `.database` where another node uses the database, or a server cannot
    ///   be reached that holds it, and then nothing was done.
    package static func declare(
        _ configuration: NodeConfiguration, notice: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(NodeStartError) -> Outcome {
        let lock = try Node.takeLock(of: configuration.dataDirectory)
        defer { withExtendedLifetime(lock) {} }
        let store = try await ending(configuration, notice: notice)
        defer { try? store?.close() }
        let tasks = (try? await store?.readableTasks()) ?? []
        // First the keys that a node never makes anew: whatever happens in between, it does not start any more before this
        // is done. (The others it would make again, and go on with the old database under a new name.)
        let keys = configuration.noteKeyFiles + [configuration.statementKeyFile, configuration.hpkeKeyFile]
        do {
            // Keys before files: whatever happens after that, nothing is signed with them any more.
            var destroyed: [String] = []
            for key in keys where try DurableFile.destroy(key) { destroyed.append(key) }
            // A damaged database gives what it has.
            if configuration.leader != nil, let store, let blobs = try? await store.allBlobHashes() {
                for hash in blobs { try? await BlobFiles(configuration).write([hash], of: store) }
            }
            let schema = try await store?.moveAside()
            try store?.close()
            let archive = try Self.archive(
                ["log", "blobs"], of: configuration.dataDirectory, database: configuration.database.file,
                publicKeys: configuration.noteKeyFiles.map { "\($0).pub" })
            _ = try DurableFile.destroy(configuration.generationFile)
            return Outcome(
                endedTasks: tasks.map(\.name), destroyedKeys: destroyed, archive: archive, schema: schema)
        } catch let error as DurableFileError {
            throw .files(error)
        } catch let error as DatastoreError {
            throw .database(name: configuration.database.name, error)
        } catch {
            throw .failed("\(error)")
        }
    }

    /// The same for a stand-alone witness: its key is destroyed, its memory moved aside.
    package static func declare(_ configuration: WitnessConfiguration) async throws(NodeStartError) -> Outcome {
        let lock = try Node.takeLock(of: configuration.dataDirectory)
        defer { withExtendedLifetime(lock) {} }
        do throws(DurableFileError) {
            let destroyed = try DurableFile.destroy(configuration.keyFile) ? [configuration.keyFile] : []
            let archive = try Self.archive(
                [], of: configuration.dataDirectory, database: configuration.databasePath,
                publicKeys: ["\(configuration.keyFile).pub"])
            _ = try DurableFile.destroy("\(configuration.keyFile).generation")
            return Outcome(endedTasks: [], destroyedKeys: destroyed, archive: archive)
        } catch {
            throw .files(error)
        }
    }

    /// Moves files of a folder and a database into a new folder below it, and gives the public keys' files, which stay where
    /// they are, that folder's name as its ending. So it does with a database that lies elsewhere.
    private static func archive(
        _ names: [String], of folder: String, database: String?, publicKeys: [String]
    ) throws(DurableFileError) -> String {
        var number = 1
        while FileManager.default.fileExists(atPath: "\(folder)/ended-\(number)") { number += 1 }
        let archive = "\(folder)/ended-\(number)"
        try DurableFile.makeDirectory(archive, mode: 0o700)
        for name in names where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
            try DurableFile.move("\(folder)/\(name)", to: "\(archive)/\(name)")
        }
        if let database {
            let file = URL(fileURLWithPath: database)
            let isInside = file.deletingLastPathComponent().path == URL(fileURLWithPath: folder).path
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: database + suffix) {
                try DurableFile.move(
                    database + suffix,
                    to: isInside
                        ? "\(archive)/\(file.lastPathComponent)\(suffix)" : "\(database).ended-\(number)\(suffix)")
            }
        }
        for publicKey in publicKeys where FileManager.default.fileExists(atPath: publicKey) {
            try DurableFile.move(publicKey, to: "\(publicKey).ended-\(number)")
        }
        return archive
    }

    /// Why a database is halted while this is not finished: it is known by that.
    private static let words = "a restore was declared and is not finished; repeat it: cairn node restored"

    /// The database, halted: no node starts on it any more, even if this is killed before it is moved aside and somebody
    /// makes a new key. Nil for a file that is not there, or cannot be read.
    ///
    /// A server that cannot be reached stops everything: its tables would stay where they are.
    private static func ending(
        _ configuration: NodeConfiguration, notice: @escaping @Sendable (String) -> Void
    ) async throws(NodeStartError) -> NodeDatabase? {
        if let path = configuration.database.file {
            guard FileManager.default.fileExists(atPath: path), let store = try? NodeDatabase.open(path: path) else {
                return nil
            }
            do throws(DatastoreError) {
                if let roles = configuration.databaseRoles { try await store.requireRoles(roles) }
                try await store.claim()
            } catch .unsuitable(let reason) {
                // Somebody else's: the other role's, or of a node that runs.
                await store.closeWhenIdle()
                throw .database(name: path, .unsuitable(reason))
            } catch {
                // Damaged: it is moved aside as it is.
            }
            try? await store.replaceHalt(words)
            return store
        }
        let store = try await configuration.openUnclaimed(for: .making, notice: notice)
        if await isDone(store, configuration, notice) {
            await store.closeWhenIdle()
            return nil
        }
        do throws(NodeStartError) { try await configuration.claim(store, alone: true, notice: notice) } catch {
            await store.closeWhenIdle()
            throw error
        }
        // Declared before: there is nothing to end any more.
        if (try? await store.isNew()) == true {
            await store.closeWhenIdle()
            return nil
        }
        do throws(DatastoreError) {
            try await store.replaceHalt(words)
            return store
        } catch {
            await store.closeWhenIdle()
            throw .database(name: configuration.database.name, error)
        }
    }

    /// Whether nothing of the database is this declaration's to end: this is the folder of a replica, and the node was declared
    /// in another's, so it has new keys, or gets them.
    private static func isDone(
        _ store: NodeDatabase, _ configuration: NodeConfiguration, _ notice: @Sendable (String) -> Void
    ) async -> Bool {
        guard configuration.database.hasReplicas else { return false }
        if (try? await store.isNew()) == true { return true }
        guard (try? await store.haltReason()) != words else { return false }
        let identity = NodeIdentity(filesOf: configuration)
        // An HPKE key is replaced in the life of a node, and a backup knows the former one: it tells nothing.
        guard identity.fingerprints.keys.contains(where: { $0 != .hpke }) else {
            notice(
                "the database (\(configuration.database.name)) is left as it is: this folder has no key that tells whether the "
                    + "tables are those of before, or another replica's that has begun anew. If no replica has its keys any "
                    + "more, declare it once without 'replicas' in the configuration")
            return true
        }
        do throws(NodeStartError) { try await identity.require(store, configuration, replacing: [.hpke]) } catch {
            if case .failed = error { return true }
        }
        return false
    }
}
