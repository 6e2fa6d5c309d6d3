import DAP
import Datastore

/// Verifies the aggregation jobs that were stored, when their turn has come.
///
/// Each is leased: it is this process's for some seconds, and for as long as it says so. What a node that was killed had
/// leased is free when they are over, so a stored job is verified by whoever lives.
struct StoredJobs: Sendable {
    let context: NodeContext
    let jobs: VerifyingJobs
    let verification: JobVerification

    /// Between two looks, where nobody says that there is something to do: another process of the node may have stored jobs,
    /// or died with some.
    private static let pause: Duration = .seconds(1)

    func run() async {
        while !Task.isCancelled {
            do { try await look() } catch is CancellationError {
                return
            } catch {
                verification.tell("stored aggregation jobs cannot be looked at now", error, of: nil)
            }
            await jobs.change.wait(atMost: Self.pause)
        }
    }

    /// Goes on with what this process has, and begins what there is room for.
    private func look() async throws {
        guard context.halt.reason == nil else { return }
        try await renew()
        let order = JobDeferral.order(
            try await context.store.waitingHelperJobs(), underWay: await jobs.counts)
        var left = order.count
        for job in order {
            guard try await begin(job) else { break }
            left -= 1
        }
        await jobs.noteDue(left)
    }

    /// - Returns: false where there is no room now.
    private func begin(_ waiting: WaitingHelperJob) async throws -> Bool {
        let task = try? await context.registry.task(waiting.task)
        let bytes =
            task?.memory(ofJob: waiting.reports, requestBytes: waiting.bytes) ?? waiting.bytes
        let running = await jobs.begin(
            waiting.id, of: waiting.task, reports: waiting.reports, bytes: bytes, for: .queue
        ) { try await verify(waiting, $0) }
        return running != nil
    }

    // MARK: One job

    private func verify(_ waiting: WaitingHelperJob, _ running: RunningJob) async throws -> [UInt8] {
        let lease = HelperJobLease(task: waiting.task, job: waiting.id)
        let asked = ContinuousClock.now
        guard let request = try await context.store.leaseHelperJob(lease, for: jobs.rules.lease) else {
            throw DatastoreError.leaseLost
        }
        await running.hold(lease, since: asked)
        do {
            try await context.generation?.ready()
            let job = try await checked(request, waiting)
            let response = try await verification.run(job, waiting.id, running)
            context.logger.debug(
                "a stored aggregation job was verified",
                metadata: ["task": "\(waiting.task)", "reports": "\(waiting.reports)"])
            return response
        } catch {
            await verification.putOff(lease, attempts: waiting.attempts, error)
            throw error
        }
    }

    /// The checks of its arrival once more: the task may have other keys since, or have ended.
    private func checked(_ request: [UInt8], _ waiting: WaitingHelperJob) async throws -> CheckedJob {
        guard let task = try await context.registry.task(waiting.task) else {
            throw NodeError.unrecognizedTask(waiting.task)
        }
        let message: AggregationJobInitReq
        do throws(CodecError) { message = try AggregationJobInitReq(decoding: request) } catch {
            throw NodeError(error, in: "AggregationJobInitReq", taskID: task.id)
        }
        return try CheckedJob(message, of: task)
    }

    // MARK: Leases

    /// Goes on with the leases of which half is over.
    private func renew() async throws {
        for job in await jobs.jobs {
            let now = ContinuousClock.now
            guard let lease = await job.lease, await job.leasedAt + jobs.rules.lease / 2 < now else { continue }
            do throws(DatastoreError) {
                try await context.store.renewHelperJob(lease, for: jobs.rules.lease)
                await job.hold(lease, since: now)
            } catch .leaseLost {
                // Deleted by the leader: it commits nothing.
            }
        }
    }
}
