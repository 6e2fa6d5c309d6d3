import AggregatorNode
import DAP
import Foundation
import Testing

/// Single reports are opened where they are, but not on all threads.
@Suite struct UploadPlacesTests {
    /// A thread that a test holds, until the test ends or two minutes have passed.
    private final class Gate: Sendable {
        let (held, open) = (Flag(), Flag())

        func hold() {
            held.raise()
            let end = ContinuousClock.now + .seconds(120)
            while !open.isRaised, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.001) }
        }
    }

    /// The pool is ended, so that whatever goes there fails: what does not was done where it was asked for.
    @Test func aShortPieceOfWorkGoesToTheQueueWhereItsPlacesAreTaken() async throws {
        let workers = WorkerPool(count: 1)
        let places = UploadPlaces(workers: workers, cores: 2)
        try await workers.shutdown()
        #expect(try await places.run(isShort: true) { 7 } == 7)
        await #expect(throws: (any Error).self) { try await places.run(isShort: false) { 7 } }
        let gate = Gate()
        let holder = Task.detached { try await places.run(isShort: true) { gate.hold() } }
        try await eventually("the place is taken") { gate.held.isRaised ? true : nil }
        await #expect(throws: (any Error).self) { try await places.run(isShort: true) { 7 } }
        gate.open.raise()
        try await holder.value
        #expect(try await places.run(isShort: true) { 7 } == 7)
    }

    /// While many upload one report a request, the node goes on to answer others, and aggregates.
    @Test func aFloodOfSingleReportsKeepsNobodyElseWaiting() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .timeInterval))
        let reports = try (0..<96).map { try client.report([UInt64($0 % 3), 1, 0]) }
        try await pair.withNodes { leader, _ in
            // (How long an answer takes says more about what else the machine does.)
            let answered = try await withThrowingTaskGroup(of: Int.self) { group in
                let over = Flag()
                group.addTask {
                    try await withThrowingTaskGroup(of: Void.self) { uploads in
                        for report in reports {
                            uploads.addTask {
                                let failures = try await client.upload([report])
                                #expect(failures == [])
                            }
                        }
                        try await uploads.waitForAll()
                    }
                    over.raise()
                    return 0
                }
                group.addTask {
                    var answered = 0
                    while !over.isRaised {
                        let answer = try await client.http.send("GET", "/hpke_config")
                        #expect(answer.status == 200)
                        if !over.isRaised { answered += 1 }
                    }
                    return answered
                }
                return try await group.reduce(0, +)
            }
            #expect(answered > 0, "nobody was answered before the flood was over")
            #expect(try await client.collect(client.today).sums == .vector([96, 96, 0]))
        }
    }
}
