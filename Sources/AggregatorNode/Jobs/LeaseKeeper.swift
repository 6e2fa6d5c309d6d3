import Datastore
import Logging
import Synchronization

/// Keeps the leases of the steps that this process runs: renews them while a step takes longer than a lease, and stops a step
/// whose lease is lost, because somebody else may have begun it.
///
/// Most steps are over long before their first renewal, and cost nothing here. All leases are renewed in one transaction.
final class LeaseKeeper<Job: Sendable>: Sendable {
    /// How long a process that has died or stopped keeps its work from others.
    static var duration: Duration { .seconds(30) }
    private static var rhythm: Duration { duration / 3 }

    private struct Held {
        let lease: Lease<Job>
        let stop: @Sendable () -> Void
    }

    private let held = Mutex<[Int64: Held]>([:])
    private let logger: Logger
    private let renew: @Sendable ([Lease<Job>]) async throws -> Set<Int64>

    /// - Parameter renew: renews leases, and names the rows of those that are lost.
    init(logger: Logger, renew: @escaping @Sendable ([Lease<Job>]) async throws -> Set<Int64>) {
        self.logger = logger
        self.renew = renew
    }

    /// Runs a step under a lease.
    ///
    /// - Throws: what the step throws; `.leaseLost` where it was stopped.
    func hold<Value: Sendable>(
        _ lease: Lease<Job>, _ step: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let work = Task { try await step() }
        held.withLock { $0[lease.row] = Held(lease: lease) { work.cancel() } }
        defer {
            // Whoever has taken the row over in this process meanwhile stays.
            held.withLock { if $0[lease.row]?.lease.isSame(as: lease) == true { $0[lease.row] = nil } }
        }
        return try await withTaskCancellationHandler {
            do { return try await work.value } catch {
                // Not the caller's cancellation: the work's own.
                if work.isCancelled, !Task.isCancelled { throw DatastoreError.leaseLost }
                throw error
            }
        } onCancel: {
            work.cancel()
        }
    }

    /// Renews until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.rhythm)
            let leases = held.withLock { $0.values.map(\.lease) }
            guard !leases.isEmpty else { continue }
            do {
                let lost = try await renew(leases)
                for row in lost { stop(row, among: leases) }
            } catch {
                if Task.isCancelled { return }
                // What is not renewed runs out, and then its step cannot store anything.
                logger.warning("leases could not be renewed", metadata: ["error": "\(error)"])
            }
        }
    }

    /// One that has ended meanwhile is not there any more.
    private func stop(_ row: Int64, among leases: [Lease<Job>]) {
        let found = held.withLock { $0[row] }
        guard let found, leases.contains(where: { $0.isSame(as: found.lease) }) else { return }
        logger.warning("a lease was lost; whoever has it goes on", metadata: ["row": "\(row)"])
        found.stop()
    }
}
