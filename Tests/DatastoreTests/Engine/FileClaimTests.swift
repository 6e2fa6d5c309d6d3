import Datastore
import Foundation
import Testing

/// One node on one file, whatever folder or name it comes by.
@Suite struct FileClaimTests {
    private static let refused = DatastoreError.unsuitable(
        "another process runs a node on this file: each node has a database of its own, and one process")

    @Test(arguments: [false, true])
    func aFileHasOneNode(throughLink: Bool) async throws {
        let file = try SQLiteFile()
        let first = try NodeDatabase.open(path: file.path)
        try await first.claim()
        try await first.claim()
        let link = file.directory.appending(path: "other.sqlite").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file.path)
        // Others may open it, to add tasks, say.
        let second = try NodeDatabase.open(path: throughLink ? link : file.path)
        await #expect(throws: Self.refused) { try await second.claim() }
        try await second.claimRole(.helper)
        try first.close()
        try await second.claim()
        try second.close()
        let third = try NodeDatabase.open(path: file.path)
        try await third.claim()
        try await third.claimRole(.helper)
        try third.close()
    }
}
