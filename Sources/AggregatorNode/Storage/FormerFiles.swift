import DAP
import Datastore
import DurableFiles
import Encodings
import Foundation
import Ledger
import Logging

/// Blobs and task files in the folders in which they lay before the database had them: a node takes them over when it starts,
/// before it answers anybody, and after it has found that the database is not older than what it has shown: that of a backup
/// will be thrown away, and the files with it.
///
/// A file is removed once the database has what was in it (a leader's blobs stay, as the files of its log), so a start that is
/// cut off goes on where it was, and several processes may share a folder. What is no blob by its name and its bytes, cannot be
/// read, or belongs to no task, stays where it is.
package struct FormerFiles: Sendable {
    private let configuration: NodeConfiguration
    private let store: NodeDatabase
    private let logger: Logger

    package init(_ configuration: NodeConfiguration, store: NodeDatabase, logger: Logger) {
        self.configuration = configuration
        self.store = store
        self.logger = logger
    }

    private static let longestTaskFile = 1 << 20

    package func takeOver() async throws {
        var known = try await store.allBlobHashes()
        let (blobs, tasks) = ("\(configuration.dataDirectory)/blobs", "\(configuration.dataDirectory)/tasks")
        var count = try await takeBlobs(in: blobs, &known) { try? FileManager.default.removeItem(atPath: $0) }
        if configuration.leader != nil {
            count += try await takeBlobs(in: BlobFiles(configuration).directory, &known)
        }
        for name in Self.names(in: tasks) where try await takeTaskFile(name, "\(tasks)/\(name)") { count += 1 }
        for folder in [blobs, tasks] { Self.removeIfEmpty(folder) }
        if count > 0 {
            logger.notice("the database has taken over blobs and task files", metadata: ["files": "\(count)"])
        }
    }

    /// - Parameters:
    ///   - known: what the database has, which grows.
    ///   - taken: is called with the path of each file whose blob the database has.
    /// - Returns: how many it did not have.
    private func takeBlobs(
        in folder: String, _ known: inout Set<[UInt8]>, taken: (String) -> Void = { _ in }
    ) async throws -> Int {
        var count = 0
        var said = ContinuousClock.now
        for name in Self.names(in: folder) {
            if ContinuousClock.now - said > .seconds(2) {
                said = .now
                logger.notice("taking blobs over", metadata: ["folder": "\(folder)", "taken": "\(count)"])
            }
            let path = "\(folder)/\(name)"
            guard let hash = Hex.decode(name), hash.count == 32, Hex.encode(hash) == name else { continue }
            if !known.contains(hash) {
                guard let bytes = read(path, upTo: Blob.maximumSize), !bytes.isEmpty else { continue }
                let blob = NamedBlob(bytes)
                guard blob.hash == hash else {
                    logger.warning("a file is not the blob that its name promises", metadata: ["file": "\(path)"])
                    continue
                }
                try await store.keepBlob(blob)
                known.insert(hash)
                count += 1
            }
            taken(path)
        }
        return count
    }

    private func takeTaskFile(_ name: String, _ path: String) async throws -> Bool {
        guard name.hasSuffix(".task"), let id = TaskID(base64URL: String(name.dropLast(5))),
            try await store.task(id) != nil, let bytes = read(path, upTo: Self.longestTaskFile)
        else { return false }
        try await store.keepFormerTaskFile(bytes, of: id)
        try? FileManager.default.removeItem(atPath: path)
        return true
    }

    /// What lies there, if it can be read; what cannot is said, and stops no start.
    private func read(_ path: String, upTo limit: Int) -> [UInt8]? {
        do { return try DurableFile.read(path, upTo: limit) } catch {
            logger.warning("a file is not taken over", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// A link to a folder that processes have shared goes, too.
    private static func removeIfEmpty(_ folder: String) {
        guard (try? FileManager.default.contentsOfDirectory(atPath: folder))?.isEmpty == true else { return }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
