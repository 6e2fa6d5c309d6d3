import AggregatorNode
import Synchronization
import Testing

/// One loop runs the jobs of all kinds, and none of them is in another's way.
@Suite struct JobDriverTests {
    private let signal = WakeSignal()

    private func driver(_ kinds: [FakeKind], isHalted: @escaping @Sendable () -> Bool = { false }) -> JobDriver {
        JobDriver(kinds: kinds, signal: signal, isHalted: isHalted)
    }

    /// Runs a driver until something is true, and cancels it.
    private func run(_ driver: JobDriver, until isDone: () -> Bool) async throws {
        let running = Task { await driver.run() }
        for _ in 0..<24_000 where !isDone() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(isDone())
        running.cancel()
        await running.value
    }

    @Test func whatIsStuckInOneKindHoldsUpNoOther() async throws {
        let stuck = FakeKind(jobs: 9, places: 3, signal: signal, isStuck: true)
        let quick = FakeKind(jobs: 50, places: 2, signal: signal)
        try await run(driver([stuck, quick])) { quick.counts.ended == 50 && stuck.counts.running == 3 }
        #expect(quick.counts.most <= 2)
        #expect(stuck.counts == FakeKind.Counts(begun: 3, running: 0, ended: 3, most: 3), "they end with the driver")
    }

    @Test func kindsTakeTurns() async throws {
        let order = Order()
        let kinds = ["a", "b", "c"].map { name in
            FakeKind(jobs: 20, places: 99, signal: signal) { order.note(name) }
        }
        try await run(driver(kinds)) { kinds.allSatisfy { $0.counts.ended == 20 } }
        for round in 0..<20 {
            #expect(Set(order.names[(round * 3)..<(round * 3 + 3)]) == ["a", "b", "c"], "round \(round)")
        }
    }

    /// Nobody raises the signal: the database is asked.
    @Test func whatNoHintToldIsFound() async throws {
        let kind = FakeKind(jobs: 0, places: 1, signal: signal, found: 3)
        try await run(driver([kind])) { kind.counts.ended == 3 }
        #expect(kind.looks > 0 && kind.ends == 1)
    }

    /// What ends the node says why, so the driver returns only when it is told to.
    @Test(.timeLimit(.minutes(1))) func aHaltedNodeBeginsNothing() async throws {
        let kind = FakeKind(jobs: 9, places: 1, signal: signal)
        let isHalted = Mutex(false)
        let other = FakeKind(jobs: 1, places: 1, signal: signal) { isHalted.withLock { $0 = true } }
        let late = FakeKind(jobs: 9, places: 1, signal: signal)
        let hasReturned = Mutex(false)
        let running = Task {
            await driver([other, kind]) { isHalted.withLock { $0 } }.run()
            hasReturned.withLock { $0 = true }
        }
        try await run(driver([late]) { true }) { kind.ends == 1 && late.ends == 1 }
        #expect(kind.counts.begun < 9 && late.counts.begun == 0)
        #expect(!hasReturned.withLock { $0 })
        running.cancel()
        await running.value
    }
}

private final class Order: Sendable {
    private let noted = Mutex<[String]>([])

    func note(_ name: String) { noted.withLock { $0.append(name) } }
    var names: [String] { noted.withLock { $0 } }
}

/// Jobs that do nothing, or nothing that ever ends.
private final class FakeKind: JobKind {
    struct Counts: Equatable {
        var begun = 0
        var running = 0
        var ended = 0
        /// At a time.
        var most = 0
    }

    private struct State {
        var left: Int
        var found: Int
        var looks = 0
        var ends = 0
        var counts = Counts()
    }

    private let state: Mutex<State>
    private let places: Int
    private let signal: WakeSignal
    private let isStuck: Bool
    private let started: @Sendable () -> Void

    /// - Parameters:
    ///   - found: jobs that the third look finds.
    ///   - started: called in the order in which actions are given out.
    init(
        jobs: Int, places: Int, signal: WakeSignal, isStuck: Bool = false, found: Int = 0,
        started: @escaping @Sendable () -> Void = {}
    ) {
        state = Mutex(State(left: jobs, found: found))
        self.places = places
        self.signal = signal
        self.isStuck = isStuck
        self.started = started
    }

    var counts: Counts { state.withLock { $0.counts } }
    var looks: Int { state.withLock { $0.looks } }
    var ends: Int { state.withLock { $0.ends } }

    func look() async {
        let isNews = state.withLock { state in
            state.looks += 1
            guard state.looks == 3, state.found > 0 else { return false }
            state.left += state.found
            return true
        }
        if isNews { signal.raise() }
    }

    func next(at now: ContinuousClock.Instant) -> JobAction {
        let isStarted = state.withLock { state in
            guard state.left > 0, state.counts.running < places else { return false }
            state.left -= 1
            state.counts.begun += 1
            state.counts.running += 1
            state.counts.most = max(state.counts.most, state.counts.running)
            return true
        }
        guard isStarted else { return .wait(until: nil) }
        started()
        return .start { [self] in
            if isStuck { try? await Task.sleep(for: .seconds(3_600)) }
            state.withLock { state in
                state.counts.running -= 1
                state.counts.ended += 1
            }
            signal.raise()
        }
    }

    func keepLeases() async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
    }

    func end() async { state.withLock { $0.ends += 1 } }
}
