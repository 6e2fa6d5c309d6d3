import Datastore
import Testing

@Suite(.inTurns) struct DutyTests {
    @Test(arguments: EngineKind.tested)
    func aDutyIsOnesUntilItRunsOut(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let first = try #require(try await store.takeDuty(.clearing, holder: "one", for: .seconds(60)))
        #expect(try await store.takeDuty(.clearing, holder: "two", for: .seconds(60)) == nil)
        #expect(try await store.takeDuty(.log, holder: "two", for: .seconds(60)) != nil, "another duty")
        let shown = try await store.duties()
        #expect(shown.map(\.duty) == ["clearing", "log"] && shown.map(\.holder) == ["one", "two"])
        #expect(shown.allSatisfy { (1...60_000).contains($0.left) })
        try await store.renewDuty(first, for: .zero)
        let second = try #require(try await store.takeDuty(.clearing, holder: "two", for: .seconds(60)))
        await #expect(throws: DatastoreError.leaseLost) { try await store.renewDuty(first, for: .seconds(60)) }
        // Whoever has lost it cannot give it up for another.
        try await store.endDuty(first)
        try await store.renewDuty(second, for: .seconds(60))
        try await store.endDuty(second)
        #expect(try await store.duties().map(\.duty) == ["log"])
        #expect(try await store.takeDuty(.clearing, holder: "three", for: .seconds(60)) != nil)
    }

    /// Nobody has a duty for longer than it is given for: then the clock was wrong, or is.
    @Test(arguments: EngineKind.tested)
    func aClockThatIsSetBackParksNoDuty(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        let first = try #require(try await store.takeDuty(.log, holder: "one", for: .seconds(30)))
        for (ahead, isTaken) in [(20_000, false), (86_400_000, true)] {
            _ = try await store.engine.write { try $0.execute("UPDATE duties SET until = until + \(ahead)") }
            let taken = try await store.takeDuty(.log, holder: "two", for: .seconds(30))
            #expect((taken != nil) == isTaken, "clocks are corrected by seconds all the time")
        }
        await #expect(throws: DatastoreError.leaseLost) { try await store.renewDuty(first, for: .seconds(30)) }
        #expect(try await store.duties().allSatisfy { $0.holder == "two" && $0.left <= 30_000 })
    }

    @Test(arguments: EngineKind.tested)
    func oneOfManyTakesADuty(_ kind: EngineKind) async throws {
        let temporary = try await TemporaryStore(kind)
        let store = temporary.store
        for _ in 0..<5 {
            let taken = try await withThrowingTaskGroup(of: DutyLease?.self) { group -> [DutyLease] in
                for number in 0..<8 {
                    group.addTask { try await store.takeDuty(.promises, holder: "\(number)", for: .seconds(60)) }
                }
                var taken: [DutyLease] = []
                for try await case let lease? in group { taken.append(lease) }
                return taken
            }
            #expect(taken.count == 1)
            for lease in taken { try await store.endDuty(lease) }
        }
    }
}
