import TestPorts
import Testing

/// Two runs of the tests at once, each with a pool of its own.
@Suite struct PortPoolTests {
    @Test func noPortIsGivenOutTwice() throws {
        let range: Range<UInt16> = 30_000..<31_000
        let pools = [PortPool(range), PortPool(range), PortPool(range)]
        var taken: [UInt16] = []
        for _ in 0..<20 {
            for pool in pools { taken += try pool.take(7) }
        }
        #expect(taken.count == 420 && Set(taken).count == 420)
        #expect(taken.allSatisfy(range.contains))
    }

    /// What a run has owned is free for others when it is over, and not before.
    @Test func aPoolThatIsGoneLeavesItsPorts() throws {
        let range: Range<UInt16> = 31_000..<31_050
        var pool: PortPool? = PortPool(range)
        #expect(try pool?.take(10).count == 10)
        let other = PortPool(range)
        #expect(throws: PortPool.NoFreePort.self) { try other.take(1) }
        pool = nil
        #expect(try other.take(10).count == 10)
    }
}
