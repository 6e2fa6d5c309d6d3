import Bench
import Foundation
import PostgresServer
import Testing

@Suite struct PostgresServerTests {
    @Test func aTemporaryServerHasItsDatabasesAndLeavesNothing() async throws {
        let folder = PostgresServer.newFolder()
        let server = try await PostgresServer.start(in: folder)
        try server.run(["CREATE DATABASE cairn_one", "CREATE DATABASE cairn_two"])
        for database in ["cairn_one", "cairn_two"] { #expect(try server.size(of: database) > 1 << 20) }
        let process = try #require(server.processID)
        #expect(try ProcessProbe.readTree(process).peakMemory > 1 << 20)
        #expect(throws: PostgresServerFailure.self) { try server.size(of: "cairn_three") }
        // Longer than any thread of a pool that started it may idle.
        try await Task.sleep(for: .milliseconds(300))
        #expect(try server.size(of: "cairn_one") > 1 << 20)
        await server.stop()
        // It has ended, and somebody may still have to take note of it.
        for _ in 0..<12_000 where kill(process, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(kill(process, 0) != 0)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func aFolderThatIsTooLongForASocketIsRefused() async throws {
        let folder = "/tmp/" + String(repeating: "x", count: 100)
        let error = await #expect(throws: PostgresServerFailure.self) {
            try await PostgresServer.start(in: folder)
        }
        #expect("\(try #require(error))".contains("TMPDIR"))
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
