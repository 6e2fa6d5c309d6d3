import Datastore
import Dispatch
import Foundation
import Testing

@Suite struct SharedTurnTests {
    private static let failure = PostgreSQLFailure(SQLState("57P03"), message: "starting")

    /// Else a server that hangs is looked for by one thread after the other, for as long each time.
    @Test func whoeverWaitedWhileAnAttemptFailedSharesItsFailure() async throws {
        let turn = SharedTurn(0)
        let (attempts, arrivals) = (RunCounter(), RunCounter())
        let failures = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await onThread {
                        arrivals.add()
                        do throws(PostgreSQLFailure) {
                            try turn.run { _ throws(PostgreSQLFailure) in
                                attempts.add()
                                while arrivals.value < 8 { Thread.sleep(forTimeInterval: 0.01) }
                                Thread.sleep(forTimeInterval: 0.3)
                                throw Self.failure
                            }
                            return false
                        } catch {
                            return error.consequence == .lost
                        }
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 8)
        #expect(attempts.value == 1)
    }

    @Test func whoeverComesLaterTriesAnew() throws {
        let turn = SharedTurn(0)
        for _ in 0..<2 {
            #expect(throws: PostgreSQLFailure.self) {
                try turn.run { _ throws(PostgreSQLFailure) in throw Self.failure }
            }
            try turn.run { $0 += 1 }
        }
        #expect(try turn.run { $0 } == 2)
    }
}

private func onThread(_ body: @escaping @Sendable () -> Bool) async -> Bool {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}
