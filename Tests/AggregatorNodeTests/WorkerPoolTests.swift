import AggregatorNode
import Testing

@Suite struct WorkerPoolTests {
    @Test func aJobAloneGetsAllCoresAndLaterOnesWhatIsLeft() {
        let shares = CoreShares(count: 4)
        let small = shares.take(atMost: 1)
        #expect(small == 1)
        let job = shares.take(atMost: .max)
        #expect(job == 3)
        // No core is left; whoever has a thread works all the same.
        #expect(shares.take(atMost: .max) == 1)
        #expect(shares.take(atMost: 1) == 1)
        shares.giveBack(job)
        // Three are back, two of them are used by the latecomers.
        #expect(shares.take(atMost: .max) == 1)
    }

    @Test func workRunsWithTheThreadsThatAreFree() async throws {
        let pool = WorkerPool(count: 3)
        #expect(try await pool.runInParallel { $0 } == 3)
        #expect(try await pool.run { 7 } == 7)
        // Everything was given back.
        #expect(try await pool.runInParallel { $0 } == 3)
        await #expect(throws: CancellationError.self) {
            try await pool.runInParallel { _ in throw CancellationError() }
        }
        #expect(try await pool.runInParallel { $0 } == 3)
        try await pool.shutdown()
    }
}
