import DAP
import Datastore
import Foundation

extension NodeDatabase {
    /// Does something that is done only once.
    func countDeed() async throws {
        try await submitLogEntry((0..<16).map { _ in UInt8.random(in: .min ... .max) }, task: .random())
    }

    /// Gives whatever is due its place in the log, as a leader that runs does.
    ///
    /// - Returns: how many entries the log has then.
    @discardableResult
    func numberedSize(dueAt time: UInt64 = .max) async throws -> UInt64 {
        guard let lease = try await takeDuty(.log, holder: "test", for: .seconds(60)) else {
            throw DatastoreError.leaseLost
        }
        while try await numberLogEntries(lease, dueAt: time) > 0 {}
        try await endDuty(lease)
        return try await logSize()
    }

    /// Makes it a database that has counted less, as a backup in its place does.
    func forget(_ deeds: Int) async throws {
        _ = try await engine.write { session in
            try session.execute(
                """
                UPDATE node_runs SET last = last - \(deeds), deeds = deeds - \(deeds)
                WHERE first = (SELECT MAX(first) FROM node_runs)
                """)
        }
    }

    /// Makes it a database of before the newest run.
    func forgetRun() async throws {
        _ = try await engine.write { session in
            try session.execute("DELETE FROM node_runs WHERE first = (SELECT MAX(first) FROM node_runs)")
        }
    }
}
