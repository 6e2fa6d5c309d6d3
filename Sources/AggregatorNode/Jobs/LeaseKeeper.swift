import Datastore
import Logging
import Synchronization

/// Keeps the leases of the steps that this process runs: renews them while a step takes longer than a lease, stops a step
/// whose lease is lost, because somebody else may have begun it, and gives back what a process that shuts down leaves.
///
/// Most steps are over long before their first renewal, and cost nothing here. All leases are renewed in one transaction.
///
/// A process that was stopped for longer than a lease finds its own rows due. It must not take them from itself: whoever
/// looks for work passes over ``rows``, and a row of which a step runs here waits in ``hold(_:_:)`` for the end of that.
package final class LeaseKeeper<Job: Sendable>: Sendable {
    /// How long a process that has died or stopped keeps its work from others.
    package static var duration: Duration { .seconds(30) }

    private struct Held {
        let lease: Lease<Job>
        let stop: @Sendable () -> Void
        /// Returns when its step has ended.
        let ended: @Sendable () async -> Void
    }

    private let held = Mutex<[Int64: Held]>([:])
    private let logger: Logger
    private let rhythm: Duration
    private let renew: @Sendable ([Lease<Job>]) async throws -> Set<Int64>
    private let release: @Sendable (Lease<Job>) async throws -> Void

    /// - Parameters:
    ///   - rhythm: how often leases are renewed.
    ///   - release: gives a lease back, whose row falls due then; for a step that was cancelled with its caller.
    ///   - renew: renews leases, and names the rows of those that are lost.
    package init(
        logger: Logger, rhythm: Duration = LeaseKeeper.duration / 3,
        release: @escaping @Sendable (Lease<Job>) async throws -> Void = { _ in },
        renew: @escaping @Sendable ([Lease<Job>]) async throws -> Set<Int64>
    ) {
        self.logger = logger
        self.rhythm = rhythm
        self.release = release
        self.renew = renew
    }

    /// The rows of which steps run in this process, by whatever lease.
    package var rows: Set<Int64> { held.withLock { Set($0.keys) } }

    /// Runs a step under a lease. Where one of the same row still runs here, under a lease that must be lost, it is stopped
    /// first.
    ///
    /// - Throws: what the step throws; `.leaseLost` where it was stopped.
    package func hold<Value: Sendable>(
        _ lease: Lease<Job>, _ step: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let work = await begin(lease, step)
        defer { end(lease) }
        do {
            return try await withTaskCancellationHandler {
                try await work.value
            } onCancel: {
                work.cancel()
            }
        } catch {
            if Task.isCancelled { await giveBack(lease) }
            // Not the caller's cancellation: the work's own.
            if work.isCancelled, !Task.isCancelled { throw DatastoreError.leaseLost }
            throw error
        }
    }

    private func begin<Value: Sendable>(
        _ lease: Lease<Job>, _ step: @escaping @Sendable () async throws -> Value
    ) async -> Task<Value, any Error> {
        while true {
            let (work, former) = held.withLock { held -> (Task<Value, any Error>?, Held?) in
                if let former = held[lease.row] { return (nil, former) }
                let work = Task { try await step() }
                held[lease.row] = Held(lease: lease) {
                    work.cancel()
                } ended: {
                    _ = await work.result
                }
                return (work, nil)
            }
            if let work { return work }
            guard let former else { continue }
            former.stop()
            await former.ended()
            end(former.lease)
        }
    }

    private func end(_ lease: Lease<Job>) {
        held.withLock { if $0[lease.row]?.lease.isSame(as: lease) == true { $0[lease.row] = nil } }
    }

    /// In a task that is not cancelled: so that others need not wait for the end of the lease.
    private func giveBack(_ lease: Lease<Job>) async {
        do { try await evenWhileStopping { [release] in try await release(lease) } } catch {
            // The step had given it back itself, or ended the work; or it runs out.
            logger.debug("a lease was not given back", metadata: ["row": "\(lease.row)", "error": "\(error)"])
        }
    }

    // MARK: Renewing

    /// Renews until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: rhythm) } catch { return }
            await renewAll()
        }
    }

    /// Renews all leases now. One that ran out while nobody took the row is as good as before.
    package func renewAll() async {
        let leases = held.withLock { $0.values.map(\.lease) }
        guard !leases.isEmpty else { return }
        do {
            let lost = try await renew(leases)
            for row in lost { stop(row, among: leases) }
        } catch {
            if Task.isCancelled { return }
            // What is not renewed runs out, and if somebody else takes it then, its step cannot store anything.
            logger.warning("leases could not be renewed", metadata: ["error": "\(error)"])
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
