import AggregatorNode
import Datastore
import Logging
import TestSupport
import Testing

/// Duties of a node, each done by one process.
@Suite struct DutyKeeperTests {
    private func keeper(
        _ store: any DutyStore, _ duty: Duty = .clearing, for duration: Duration = .milliseconds(60)
    ) -> DutyKeeper {
        DutyKeeper(
            duty: duty, store: store, logger: LogRecorder().logger("keeper"), duration: duration,
            pause: .milliseconds(5))
    }

    private func withStore(_ body: (NodeDatabase) async throws -> Void) async throws {
        let directory = try TemporaryFolder.ofNodes()
        let store = try NodeDatabase.open(path: "\(directory.path)/node.sqlite")
        try await body(store)
        try store.close()
    }

    private static func endless() async { try? await Task.sleep(for: .seconds(600)) }

    @Test func aDutyIsRenewedWhileItIsDoneAndGivenBackAtTheEnd() async throws {
        let (store, begun) = (OneDuty(isAway: false), Count())
        let work = Task {
            await keeper(store).run { _ in
                begun.change(by: 1)
                await Self.endless()
            }
        }
        try await eventually("it is renewed again and again", every: .milliseconds(1)) {
            store.renewals > 3 ? true : nil
        }
        #expect(begun.value == 1 && store.ends == 0)
        work.cancel()
        await work.value
        #expect(store.ends == 1, "nobody waits for its end")
    }

    @Test func aDutyOfAnotherIsLeftAloneUntilItIsFree() async throws {
        try await withStore { store in
            let other = try #require(try await store.takeDuty(.clearing, holder: "other", for: .seconds(20)))
            let begun = Count()
            let work = Task {
                await keeper(store).run { _ in
                    begun.change(by: 1)
                    await Self.endless()
                }
            }
            defer { work.cancel() }
            try await Task.sleep(for: .milliseconds(60))
            #expect(begun.value == 0)
            try await store.endDuty(other)
            try await eventually("it is taken", every: .milliseconds(1)) { begun.value == 1 ? true : nil }
            #expect(try await store.duties().map(\.holder).allSatisfy { $0.hasPrefix("process ") })
        }
    }

    /// As after a stop of the process for longer than the duty lasts.
    @Test func whatIsDoneUnderALostDutyIsStoppedAndBegunAgainWhenItIsFree() async throws {
        try await withStore { store in
            let (begun, stopped) = (Count(), Count())
            let work = Task {
                await keeper(store, for: .seconds(3)).run { _ in
                    begun.change(by: 1)
                    await Self.endless()
                    stopped.change(by: 1)
                }
            }
            defer { work.cancel() }
            try await eventually("it is begun", every: .milliseconds(1)) { begun.value == 1 ? true : nil }
            _ = try await store.engine.write {
                try $0.execute("UPDATE duties SET token = 5, holder = 'thief', until = until + 600000")
            }
            try await eventually("it is stopped", every: .milliseconds(1)) { stopped.value == 1 ? true : nil }
            #expect(try await store.duties().map(\.holder) == ["thief"], "the other's is not given up")
            _ = try await store.engine.write { try $0.execute("UPDATE duties SET until = 0") }
            try await eventually("it is begun anew", every: .milliseconds(1)) {
                begun.value == 2 ? true : nil
            }
        }
    }

    /// What ends by itself, because the node is halted or its part is done, is free for whoever comes.
    @Test func aDutyWhoseWorkEndsIsGivenBack() async throws {
        try await withStore { store in
            let work = Task { await keeper(store, for: .seconds(600)).run { _ in } }
            let lease = try await eventually("it is free in between", every: .milliseconds(1)) {
                try await store.takeDuty(.clearing, holder: "other", for: .seconds(20))
            }
            work.cancel()
            await work.value
            try await store.renewDuty(lease, for: .seconds(600))
        }
    }

    /// A database that does not answer for longer than the duty lasts may have given it to another.
    @Test func whoCannotRenewStopsBeforeTheDutyRunsOut() async throws {
        let store = OneDuty(isAway: true)
        let stopped = Count()
        let start = ContinuousClock.now
        let work = Task {
            await keeper(store, for: .milliseconds(300)).run { _ in
                await Self.endless()
                stopped.change(by: 1)
            }
        }
        try await eventually("it is stopped", every: .milliseconds(1)) { stopped.value == 1 ? true : nil }
        #expect(ContinuousClock.now - start >= .milliseconds(190), "a renewal that fails once is tried again")
        work.cancel()
        await work.value
    }
}

/// Gives a duty once.
private final class OneDuty: DutyStore {
    /// Whether it is not heard of again.
    private let isAway: Bool
    private let isTaken = Flag()
    private let renewed = Count()
    private let ended = Count()

    var renewals: Int { renewed.value }
    var ends: Int { ended.value }

    init(isAway: Bool) { self.isAway = isAway }

    func takeDuty(_ duty: Duty, holder: String, for duration: Duration) async throws(DatastoreError) -> DutyLease? {
        if isTaken.isRaised { return nil }
        isTaken.raise()
        return DutyLease(duty: duty, token: 1)
    }

    func renewDuty(_ lease: DutyLease, for duration: Duration) async throws(DatastoreError) {
        if isAway { throw .busy("away") }
        renewed.change(by: 1)
    }

    func endLeasesOfTheGone() async throws(DatastoreError) {}
    func endDuty(_ lease: DutyLease) async throws(DatastoreError) { ended.change(by: 1) }
    func duties() async throws(DatastoreError) -> [DutyStanding] { [] }
}
