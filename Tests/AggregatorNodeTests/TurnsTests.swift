import AggregatorNode
import Testing

@Suite struct TurnsTests {
    /// Ten slices of one request do not go before the one of another.
    @Test func whoeverWaitsComesBeforeWhoeverComesAgain() async throws {
        let turns = Turns(places: 1)
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for slice in 0..<10 {
                    try await turns.take {
                        await order.append("long")
                        if slice == 0 { _ = try? await eventually("the other waits") { await order.isOtherComing } }
                        try? await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            group.addTask {
                _ = try await eventually("the first has begun") { await order.entries.isEmpty ? nil : true }
                await order.otherComes()
                try await turns.take { await order.append("short") }
            }
            try await group.waitForAll()
        }
        let entries = await order.entries
        #expect(entries.count == 11)
        #expect(try #require(entries.firstIndex(of: "short")) < 10, "not behind all of the other")
    }

    @Test func noMoreWorkThanThereArePlaces() async throws {
        let (turns, order) = (Turns(places: 2), Order())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await turns.take {
                        await order.enter()
                        try await Task.sleep(for: .milliseconds(2))
                        await order.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await order.most == 2)
        #expect(turns.takeIfFree { 7 } == 7)
    }

    /// Whoever is cancelled ends at once, and takes nobody's place with it.
    @Test func whoeverIsCancelledWaitsNoLonger() async throws {
        let (turns, order) = (Turns(places: 1), Order())
        let holder = Task {
            try await turns.take {
                await order.append("held")
                _ = try await eventually("the other is cancelled") { await order.isOtherComing }
            }
        }
        _ = try await eventually("it is held") { await order.entries.isEmpty ? nil : true }
        #expect(turns.takeIfFree { 7 } == nil)
        let waiting = Task { try await turns.take { await order.append("never") } }
        try await Task.sleep(for: .milliseconds(20))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await order.otherComes()
        try await holder.value
        #expect(try await turns.take { 8 } == 8)
        #expect(await order.entries == ["held"])
    }

    private actor Order {
        var entries: [String] = []
        var isOtherComing: Bool?
        private var inside = 0
        var most = 0

        func append(_ entry: String) { entries.append(entry) }
        func otherComes() { isOtherComing = true }
        func leave() { inside -= 1 }
        func enter() {
            inside += 1
            most = max(most, inside)
        }
    }
}
