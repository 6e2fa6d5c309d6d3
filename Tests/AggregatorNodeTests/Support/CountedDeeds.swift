import Datastore
import Foundation

extension NodeDatabase {
    /// Does something that is done only once.
    func countDeed() async throws {
        try await submitLogEntry((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// Makes it a database that has counted less, as a backup in its place does.
    func forget(_ deeds: Int) async throws {
        _ = try await engine.write { session in
            try session.execute("UPDATE node_state SET generation = generation - \(deeds)")
        }
    }
}
