import Datastore
import DurableFiles
import Encodings
import Foundation
import Logging
import NIOPosix

/// The blobs of a leader's log as files beside its tiles, `blob/<sha256 in hex>`: with them the folder is the whole log, which
/// anybody can copy, serve and audit.
///
/// Like the tiles they are a rendering, in the folder of each process, of what the database has; it answers where a file is
/// missing (``BlobRoute``).
struct BlobFiles: Sendable {
    let directory: String

    init(_ configuration: NodeConfiguration) { directory = "\(configuration.logDirectory)/blob" }

    private func path(_ hash: [UInt8]) -> String { "\(directory)/\(Hex.encode(hash))" }

    /// Writes a blob; nothing where it is there.
    func write(_ blob: NamedBlob) throws(DurableFileError) {
        let path = path(blob.hash)
        if FileManager.default.fileExists(atPath: path) { return }
        try DurableFile.makeDirectory(directory)
        try DurableFile.write(blob.bytes, to: path, mode: 0o644)
    }

    /// Writes those of some blobs that the database has and the folder has not.
    func write(_ hashes: [[UInt8]], of store: some BlobStore) async throws {
        for hash in hashes where !FileManager.default.fileExists(atPath: path(hash)) {
            guard let bytes = try await store.blob(hash) else { continue }
            try await NIOThreadPool.singleton.runIfActive { try write(NamedBlob(bytes)) }
        }
    }

    /// Writes whatever the database has and the folder has not: what another process has had, or this one has lost. Tries again
    /// what fails, and ends when it is cancelled.
    ///
    /// Nobody waits for it, because the database answers meanwhile.
    func keepWhole(of store: some BlobStore, logger: Logger) async {
        var pause = Duration.seconds(60)
        while !Task.isCancelled {
            do {
                for hash in try await store.allBlobHashes() {
                    do { try await write([hash], of: store) } catch DatastoreError.corrupt(let reason) {
                        let metadata: Logger.Metadata = ["blob": "\(Hex.encode(hash))", "reason": "\(reason)"]
                        logger.warning("a blob of the log is damaged", metadata: metadata)
                    }
                }
                pause = .seconds(86_400)
            } catch {
                logger.warning("the log's folder lacks blobs", metadata: ["reason": "\(error)"])
            }
            try? await Task.sleep(for: pause)
        }
    }
}
