import AggregatorNode
import DAP
import Datastore
import DurableFiles
import Encodings
import Foundation
import Testing

/// A node of before kept blobs and task files in folders of the process that made them.
@Suite struct FormerFilesTests {
    private let parties: Parties

    init() throws { parties = try Parties() }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try DurableFile.write(bytes, to: path, mode: 0o644)
    }

    private func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    @Test func whatALeaderHadInFoldersIsInTheDatabaseAndItsLogStaysWhole() async throws {
        let store = try await parties.leader.openTestDatabase()
        let file = try parties.task(committed: false)
        _ = try await TaskRegistry.add(
            file, to: store, configuration: parties.leader, keys: parties.leaderKeys, acceptingWeakPromises: true)
        // As if it had been added by a version that kept no file in the database.
        try await store.engine.write { _ = try $0.execute("DELETE FROM task_files") }
        let (folder, tasks) = ("\(parties.leader.logDirectory)/blob", "\(parties.leader.dataDirectory)/tasks")
        let known = [NamedBlob([1, 2, 3]), NamedBlob([UInt8](repeating: 5, count: 1 << 20))]
        for blob in known { try write(blob.bytes, "\(folder)/\(Hex.encode(blob.hash))") }
        // Damaged, and something else.
        let damaged = Hex.encode(NamedBlob([4]).hash)
        try write([5], "\(folder)/\(damaged)")
        try write([5], "\(folder)/README")
        let (own, foreign) = ("\(file.taskID.base64URL).task", "\(TaskID.random().base64URL).task")
        for name in [own, foreign] { try write(file.json(), "\(tasks)/\(name)") }
        // What cannot be read, and what is longer than any task file.
        let folderLikeABlob = Hex.encode(NamedBlob([6]).hash)
        try write([5], "\(folder)/\(folderLikeABlob)/file")
        let long = "\(TaskID.random().base64URL).task"
        try write([UInt8](repeating: 32, count: (1 << 20) + 1), "\(tasks)/\(long)")

        for _ in 0..<2 {
            try await FormerFiles(parties.leader, store: store, logger: quietLogger()).takeOver()
            for blob in known {
                #expect(try await store.blob(blob.hash) == blob.bytes)
                #expect(try DurableFile.read("\(folder)/\(Hex.encode(blob.hash))", upTo: 2 << 20) == blob.bytes)
            }
            #expect(try await store.allBlobHashes().count == 2)
            #expect(Set(names(folder)).isSuperset(of: [damaged, folderLikeABlob, "README"]))
            #expect(try await store.taskFile(file.taskID) == file.json())
            #expect(names(tasks) == [foreign, long].sorted(), "of no task that is here")
        }
        try store.close()
    }

    /// A start that was killed has stored a blob, and its file is still there; the folder is a link to one that is shared.
    @Test func aHelpersFolderIsEmptiedAndGoes() async throws {
        let store = try await parties.helper.openTestDatabase()
        let (shared, folder) = (parties.directory.file("shared"), "\(parties.helper.dataDirectory)/blobs")
        let blobs = [NamedBlob([1]), NamedBlob([2])]
        for blob in blobs { try write(blob.bytes, "\(shared)/\(Hex.encode(blob.hash))") }
        try FileManager.default.createDirectory(
            atPath: parties.helper.dataDirectory, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: shared)
        try await store.keepBlob(blobs[0])
        try await FormerFiles(parties.helper, store: store, logger: quietLogger()).takeOver()
        for blob in blobs { #expect(try await store.blob(blob.hash) == blob.bytes) }
        #expect(names(shared).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: folder))
        #expect(!FileManager.default.fileExists(atPath: "\(parties.helper.logDirectory)/blob"))
        try store.close()
    }
}
