import AggregatorNode
import Datastore
import Logging
import Synchronization
import Testing

/// Steps under leases, without a database: what it would say is said by ``Leases``.
@Suite struct LeaseKeeperTests {
    /// What the database knows of leases, and what it was asked.
    private final class Leases: Sendable {
        private struct State {
            var tokens: [Int64: Lease<Int>] = [:]
            var renewals = 0
            var isAway = false
            var released: [Int64] = []
        }

        private let state = Mutex(State())

        var renewals: Int { state.withLock { $0.renewals } }
        var released: [Int64] { state.withLock { $0.released } }

        /// Whoever had the row has lost it.
        func give(_ row: Int64) -> Lease<Int> {
            let lease = Lease(Int(row), row: row, token: .random(in: 1...Int64.max))
            state.withLock { $0.tokens[row] = lease }
            return lease
        }

        func goAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

        func renew(_ leases: [Lease<Int>]) throws -> Set<Int64> {
            try state.withLock { state in
                if state.isAway { throw DatastoreError.busy("away") }
                state.renewals += 1
                return Set(leases.filter { state.tokens[$0.row]?.isSame(as: $0) != true }.map(\.row))
            }
        }

        func release(_ lease: Lease<Int>) throws {
            try state.withLock { state in
                guard state.tokens[lease.row]?.isSame(as: lease) == true else { throw DatastoreError.leaseLost }
                state.tokens[lease.row] = nil
                state.released.append(lease.row)
            }
        }
    }

    /// Runs a keeper while `body` runs.
    private func withKeeper(
        _ leases: Leases, every rhythm: Duration = .milliseconds(5), _ body: (LeaseKeeper<Int>) async throws -> Void
    ) async throws {
        let keeper = LeaseKeeper<Int>(logger: LogRecorder().logger("keeper"), rhythm: rhythm) {
            try leases.release($0)
        } renew: {
            try leases.renew($0)
        }
        let work = Task { await keeper.run() }
        defer { work.cancel() }
        try await body(keeper)
        #expect(keeper.rows.isEmpty, "what has ended is not held")
    }

    /// Sleeps until it is cancelled.
    private static func endless() async throws { try await Task.sleep(for: .seconds(600)) }

    @Test func aLeaseIsRenewedForAsLongAsItsStepRuns() async throws {
        let leases = Leases()
        try await withKeeper(leases) { keeper in
            let value = try await keeper.hold(leases.give(1)) {
                try await eventually("it is renewed again and again", every: .milliseconds(1)) {
                    leases.renewals > 3 ? true : nil
                }
                return 7
            }
            #expect(value == 7)
            #expect(leases.released.isEmpty, "whoever has finished has nothing to give back")
            let renewals = leases.renewals
            try await Task.sleep(for: .milliseconds(30))
            #expect(leases.renewals == renewals, "nobody asks the database where there is nothing to renew")
        }
    }

    @Test func aStepWhoseLeaseIsLostIsStoppedAndNoOther() async throws {
        let leases = Leases()
        try await withKeeper(leases) { keeper in
            let (first, second) = (leases.give(1), leases.give(2))
            async let other: Void = keeper.hold(second) {
                _ = try await eventually("the first has ended", every: .milliseconds(1)) {
                    keeper.rows == [2] ? true : nil
                }
            }
            await #expect(throws: DatastoreError.leaseLost) {
                try await keeper.hold(first) {
                    _ = leases.give(1)
                    try await Self.endless()
                }
            }
            try await other
            #expect(leases.released.isEmpty, "what is lost is not given back for another")
        }
    }

    /// A database that does not answer says nothing about who has the lease: its token decides what may be stored.
    @Test func aRenewalThatFailsStopsNothing() async throws {
        let leases = Leases()
        try await withKeeper(leases) { keeper in
            leases.goAway(true)
            try await keeper.hold(leases.give(1)) {
                try await Task.sleep(for: .milliseconds(30))
                leases.goAway(false)
                try await eventually("it is renewed", every: .milliseconds(1)) { leases.renewals > 0 ? true : nil }
            }
        }
    }

    @Test func whatAStepThrowsIsItsCallers() async throws {
        let leases = Leases()
        try await withKeeper(leases) { keeper in
            await #expect(throws: DatastoreError.full) {
                try await keeper.hold(leases.give(1)) { throw DatastoreError.full }
            }
            #expect(leases.released.isEmpty, "its caller gives it back, after a pause")
        }
    }

    /// SIGTERM: the next process does not wait for the end of the lease.
    @Test func aStepThatIsCancelledWithItsCallerGivesItsLeaseBack() async throws {
        let leases = Leases()
        try await withKeeper(leases) { keeper in
            let (first, second) = (leases.give(1), leases.give(2))
            let callers = [first, second].map { lease in
                Task { try await keeper.hold(lease) { try await Self.endless() } }
            }
            try await eventually("both run", every: .milliseconds(1)) { keeper.rows == [1, 2] ? true : nil }
            // The second is somebody else's by now.
            _ = leases.give(2)
            for caller in callers { caller.cancel() }
            for caller in callers { await #expect(throws: (any Error).self) { try await caller.value } }
            #expect(leases.released == [1])
        }
    }

    /// A process that was stopped for longer than a lease may take a row from itself.
    @Test func noTwoStepsOfARowRunAtOnceInOneProcess() async throws {
        let leases = Leases()
        // Nobody renews meanwhile.
        try await withKeeper(leases, every: .seconds(600)) { keeper in
            let running = Count()
            let first = leases.give(1)
            let former = Task {
                try await keeper.hold(first) {
                    running.change(by: 1)
                    // It takes a while to notice that it was stopped.
                    do { try await Self.endless() } catch { for _ in 0..<200 { await Task.yield() } }
                    running.change(by: -1)
                    throw CancellationError()
                }
            }
            try await eventually("the first runs", every: .milliseconds(1)) { running.value == 1 ? true : nil }
            for _ in 0..<3 {
                try await keeper.hold(leases.give(1)) { #expect(running.value == 0) }
            }
            await #expect(throws: DatastoreError.leaseLost) { try await former.value }
        }
    }

    @Test func whatIsRenewedAtOnceIsKnownToBeLostAtOnce() async throws {
        let leases = Leases()
        try await withKeeper(leases, every: .seconds(600)) { keeper in
            let lease = leases.give(1)
            let step = Task { try await keeper.hold(lease) { try await Self.endless() } }
            try await eventually("it runs", every: .milliseconds(1)) { keeper.rows == [1] ? true : nil }
            await keeper.renewAll()
            #expect(keeper.rows == [1])
            _ = leases.give(1)
            await keeper.renewAll()
            await #expect(throws: DatastoreError.leaseLost) { try await step.value }
        }
    }
}
