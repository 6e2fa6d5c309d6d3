import Bench
import Foundation
import Testing

@Suite struct PostgreSQLClusterTests {
    @Test func aTemporaryServerHasItsDatabasesAndLeavesNothing() async throws {
        let folder = PostgreSQLCluster.newFolder()
        let cluster = try await PostgreSQLCluster.start(in: folder, databases: ["cairn_one", "cairn_two"])
        for database in ["cairn_one", "cairn_two"] { #expect(try await cluster.size(of: database) > 1 << 20) }
        #expect(try ProcessProbe.readTree(cluster.processID).peakMemory > 1 << 20)
        await #expect(throws: BenchError.self) { try await cluster.size(of: "cairn_three") }
        // Longer than any thread of a pool that started it may idle.
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await cluster.size(of: "cairn_one") > 1 << 20)
        let process = cluster.processID
        await cluster.stop()
        #expect(kill(process, 0) != 0)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func aFolderThatIsTooLongForASocketIsRefused() async throws {
        let folder = "/tmp/" + String(repeating: "x", count: 100)
        let error = await #expect(throws: BenchError.self) {
            try await PostgreSQLCluster.start(in: folder, databases: [])
        }
        #expect("\(try #require(error))".contains("TMPDIR"))
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
