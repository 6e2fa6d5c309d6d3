import AggregatorNode
import Datastore
import Ledger
import Synchronization
import Testing
import TransparencyLog

/// The clock jumps while a checkpoint is being made, or while an upload is being stored.
@Suite struct LeaderClockTests {
    private static let start: UInt64 = 1_800_000_000

    /// A leader's context with a clock that the test turns.
    private final class Turned: Sendable {
        let parties: Parties
        let context: NodeContext
        private let time: TurnedTime

        init() throws {
            parties = try Parties()
            let time = TurnedTime(LeaderClockTests.start)
            self.time = time
            let store = try parties.leader.openTestDatabaseNow()
            context = NodeContext(
                configuration: parties.leader, keys: parties.leaderKeys, store: store,
                registry: TaskRegistry(store: store), http: NodeClients(.shared), workers: WorkerPool(count: 1),
                now: { time.now }, logger: quietLogger())
        }

        func turn(to new: UInt64) { time.now = new }

        func checkpoint() throws -> SignedCheckpoint {
            guard let signer = parties.leaderKeys.log else { throw CancellationError() }
            return try SignedCheckpoint(
                Checkpoint(origin: Parties.origin, size: 1, root: [UInt8](repeating: 1, count: 32)), signedBy: signer)
        }

        func close() async throws {
            try await context.workers.shutdown()
            try context.store.close()
        }
    }

    private final class TurnedTime: Sendable {
        private let time: Mutex<UInt64>
        init(_ time: UInt64) { self.time = Mutex(time) }
        var now: UInt64 {
            get { time.withLock { $0 } }
            set { time.withLock { $0 = newValue } }
        }
    }

    /// A report that is promised from before the jump, and stored after the limit was asked for, is in neither limit nor
    /// tree: the time that is signed must be the one that was taken with the limit.
    @Test func theTimeThatIsSignedIsTheOneThatWasTakenWithTheLimit() async throws {
        let turned = try Turned()
        let clock = LeaderClock(context: turned.context)
        let moment = try await clock.moment()
        turned.turn(to: Self.start + 2 * 86_400)
        var checkpoint = try turned.checkpoint()
        try await clock.stamp(&checkpoint, at: moment)
        let key = turned.parties.leaderKeys.statementPublicKey
        #expect(LeaderTime.latest(on: checkpoint, leaderKey: key) == Self.start)
        try await turned.close()
    }

    /// The upload that was on its way gets no promise that is past before it is given.
    @Test func aStoredReportIsNotPromisedByADeadlineThatHasCome() async throws {
        let turned = try Turned()
        let clock = LeaderClock(context: turned.context)
        let deadline = try await clock.promisingTime(turned.context.now()) + UploadPromise.period
        #expect(try await clock.canPromise(deadline: deadline))
        turned.turn(to: deadline - 3_601)
        #expect(try await clock.canPromise(deadline: deadline))
        turned.turn(to: deadline - 3_600)
        #expect(try await !clock.canPromise(deadline: deadline))
        // A time that was taken counts before it is signed, also where the clock is set back.
        turned.turn(to: deadline + 86_400)
        _ = try await clock.moment()
        turned.turn(to: Self.start)
        #expect(try await !clock.canPromise(deadline: deadline))
        try await turned.close()
    }
}
