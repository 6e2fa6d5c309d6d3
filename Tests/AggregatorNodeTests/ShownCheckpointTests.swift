import AggregatorNode
import Datastore
import Foundation
import Synchronization
import Testing
import TransparencyLog

/// Anybody may show a node old checkpoints of its log, as often as he likes. What that costs the node, and at a helper the
/// leader as well, is bounded.
@Suite struct ShownCheckpointTests {
    private func seen(_ size: UInt64, _ origin: String = "example.org/log") -> TileReadings.Seen {
        .init(origin: origin, head: TreeHead(size: size, root: [UInt8](repeating: UInt8(size % 251), count: 32)))
    }

    @Test func tilesAreReadForOneAtATime() async throws {
        let readings = TileReadings(pause: .zero)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let slow = Task {
            try await readings.read {
                start.finish()
                for await _ in ends {}
                return 1
            }
        }
        for await _ in started {}
        let ran = Mutex(false)
        let refusal = await #expect(throws: NodeError.self) {
            try await readings.read { ran.withLock { $0 = true } }
        }
        #expect(!ran.withLock { $0 })
        #expect(String(describing: refusal).contains("503"), "\(String(describing: refusal))")
        end.finish()
        #expect(try await slow.value == 1)
        // Then it is the next one's turn.
        #expect(try await readings.read { 2 } == 2)
    }

    @Test func aHelperPausesBetweenReadings() async throws {
        let readings = TileReadings(pause: .seconds(600))
        #expect(try await readings.read { 1 } == 1)
        await #expect(throws: NodeError.self) { try await readings.read { 2 } }
        let short = TileReadings(pause: .milliseconds(20))
        #expect(try await short.read { 1 } == 1)
        try await Task.sleep(for: .milliseconds(30))
        #expect(try await short.read { 2 } == 2)
    }

    @Test func theMemoryOfTreesIsBounded() async {
        let readings = TileReadings(pause: .zero)
        for size in 1...(UInt64(TileReadings.mostSeen) + 1) { await readings.remember(seen(size)) }
        #expect(await !readings.hasSeen(seen(1)))
        #expect(await readings.hasSeen(seen(2)))
        #expect(await readings.hasSeen(seen(UInt64(TileReadings.mostSeen) + 1)))
        #expect(await !readings.hasSeen(seen(2, "example.net/log")))
    }

    /// The same old checkpoint again and again: only the first time anything is read.
    @Test func anOldCheckpointIsComparedOnce() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        try await pair.withNodes { leader, helper in
            let source = DirectoryTileSource(directory: pair.leader.logDirectory)
            let old = try await eventually("the task is published") { try? await source.tile(path: "checkpoint") }
            let first = try SignedCheckpoint(parsing: old).checkpoint.size
            try await client.upload((0..<2).map { _ in try client.report([1, 2, 3]) })
            _ = try await client.collect(.leaderSelected)
            #expect(try SignedCheckpoint(parsing: try await source.tile(path: "checkpoint")).checkpoint.size > first)
            for port in [pair.leader.listenPort, pair.helper.listenPort] {
                for _ in 0..<20 {
                    let answer = try await TestClient(port: port).send("POST", "/cairn/checkpoints", body: old)
                    #expect(answer.status == 204, "\(answer.text)")
                }
            }
            #expect(leader.context.halt.reason == nil && helper.context.halt.reason == nil)
        }
    }
}
