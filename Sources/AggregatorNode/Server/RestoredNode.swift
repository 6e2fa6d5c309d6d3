import Datastore
import DurableFiles
import Foundation

/// Declares that a node was restored from a backup: what it may have forgotten must never be asked of it again.
///
/// A node signs a close once, releases a share once, accepts a report once, cosigns one history. A restored database does
/// not know all of that any more, and nothing can bring it back. So what those words hang on is destroyed: the HPKE key,
/// without which no report that was ever sent can be opened again, the statement key, and the key of the log or witness.
/// With them the node's tasks end. Database, blobs and log are moved aside, not deleted: results that were published can
/// still be audited if the log goes on being served.
package enum RestoredNode {
    /// What was done.
    package struct Outcome: Sendable {
        /// Names of the tasks that the database knew, which have ended.
        package var endedTasks: [String]
        /// Key files that are gone.
        package var destroyedKeys: [String]
        /// The folder that has what was moved aside.
        package var archive: String
    }

    /// - Throws: `.alreadyRunning` while the node runs.
    package static func declare(_ configuration: NodeConfiguration) async throws(NodeStartError) -> Outcome {
        let lock = try Node.takeLock(of: configuration.dataDirectory)
        defer { withExtendedLifetime(lock) {} }
        let tasks = await end(configuration.databasePath)
        // First the key that a node never makes anew: whatever happens in between, it does not start any more before this
        // is done. (The others it would make again, and go on with the old database under a new name.)
        let keys = [
            configuration.log.keyFile, "\(configuration.keyDirectory)/statement", "\(configuration.keyDirectory)/hpke",
        ]
        do throws(DurableFileError) {
            // Keys before files: whatever happens after that, nothing is signed with them any more.
            var destroyed: [String] = []
            for key in keys where try DurableFile.destroy(key) { destroyed.append(key) }
            let archive = try Self.archive(
                ["node.sqlite", "node.sqlite-wal", "node.sqlite-shm", "log", "blobs"], of: configuration.dataDirectory,
                publicKey: "\(configuration.log.keyFile).pub")
            _ = try DurableFile.destroy("\(configuration.keyDirectory)/generation")
            return Outcome(endedTasks: tasks, destroyedKeys: destroyed, archive: archive)
        } catch {
            throw .files(error)
        }
    }

    /// The same for a stand-alone witness: its key is destroyed, its memory moved aside.
    package static func declare(_ configuration: WitnessConfiguration) async throws(NodeStartError) -> Outcome {
        let lock = try Node.takeLock(of: configuration.dataDirectory)
        defer { withExtendedLifetime(lock) {} }
        do throws(DurableFileError) {
            let destroyed = try DurableFile.destroy(configuration.keyFile) ? [configuration.keyFile] : []
            let archive = try Self.archive(
                ["witness.sqlite", "witness.sqlite-wal", "witness.sqlite-shm"], of: configuration.dataDirectory,
                publicKey: "\(configuration.keyFile).pub")
            _ = try DurableFile.destroy("\(configuration.keyFile).generation")
            return Outcome(endedTasks: [], destroyedKeys: destroyed, archive: archive)
        } catch {
            throw .files(error)
        }
    }

    /// Moves files of a folder into a new one below it, and gives the public key's file, which stays where it is, that
    /// folder's name as its ending.
    private static func archive(
        _ names: [String], of folder: String, publicKey: String
    ) throws(DurableFileError) -> String {
        var number = 1
        while FileManager.default.fileExists(atPath: "\(folder)/ended-\(number)") { number += 1 }
        let archive = "\(folder)/ended-\(number)"
        try DurableFile.makeDirectory(archive, mode: 0o700)
        for name in names where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
            try DurableFile.move("\(folder)/\(name)", to: "\(archive)/\(name)")
        }
        if FileManager.default.fileExists(atPath: publicKey) {
            try DurableFile.move(publicKey, to: "\(publicKey).ended-\(number)")
        }
        return archive
    }

    /// The tasks that a database knows, if it can be read. No node starts on it any more, even if this is killed before the
    /// database is moved aside and somebody makes a new key.
    private static func end(_ path: String) async -> [String] {
        guard FileManager.default.fileExists(atPath: path), let store = try? NodeDatabase.open(path: path) else {
            return []
        }
        let tasks = (try? await store.readableTasks()) ?? []
        try? await store.recordHalt("a restore was declared and is not finished; repeat it: cairn node restored")
        try? store.close()
        return tasks.map(\.name)
    }
}
