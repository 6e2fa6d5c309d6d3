import DAP
import Datastore
import Synchronization

/// The aggregation jobs that a helper has stored, as a kind of jobs: they are verified when their turn has come.
///
/// Each is leased: it is this process's for some seconds, and for as long as it says so. What a node that was killed had
/// leased is free when they are over, so a stored job is verified by whoever lives. Their places are those of all
/// verification (``VerifyingJobs``), which leaders that wait for an answer share with them.
///
/// A `LeaseKeeper` runs a step from its lease to its end. Here work begins for a leader that waits, without a lease, and gets one
/// while it is under way, of another length for each attempt; so ``RunningJob`` has it, and knows when it is to be renewed.
final class StoredJobs: JobKind {
    private struct State {
        /// Whether somebody has said that there is something to do since the last look.
        var isWanted = true
        var isLooking = false
        /// When it is looked although nobody has said so.
        var nextLook = ContinuousClock.now
    }

    private let context: NodeContext
    private let jobs: VerifyingJobs
    private let verification: JobVerification
    private let state = Mutex(State())

    init(context: NodeContext, jobs: VerifyingJobs, verification: JobVerification) {
        self.context = context
        self.jobs = jobs
        self.verification = verification
    }

    /// Between two looks, where nobody says that there is something to do: another process of the node may have stored jobs,
    /// or died with some.
    private static let pause: Duration = .seconds(1)

    // MARK: As a kind

    package func look() async {
        let isDue = state.withLock { state in
            guard state.nextLook <= .now else { return false }
            state.isWanted = true
            return true
        }
        if isDue { jobs.change.raise() }
    }

    package func next(at now: ContinuousClock.Instant) -> JobAction {
        let isHinted = !jobs.hints.take().isEmpty
        return state.withLock { state in
            state.isWanted = state.isWanted || isHinted
            guard state.isWanted, !state.isLooking else { return .wait(until: nil) }
            (state.isWanted, state.isLooking) = (false, true)
            state.nextLook = now + Self.pause
            return .start { await self.beginWhatFits() }
        }
    }

    package func end() async {
        for job in await jobs.jobs {
            guard let lease = await job.surrender() else { continue }
            do { try await context.store.releaseHelperJob(lease, after: .zero) } catch {
                context.logger.debug(
                    "the lease of a stored job was not given back",
                    metadata: ["task": "\(lease.task)", "error": "\(error)"])
            }
        }
    }

    private func beginWhatFits() async {
        do { try await fillPlaces() } catch {
            if !Task.isCancelled {
                verification.tell("stored aggregation jobs cannot be looked at now", error, of: nil)
            }
        }
        state.withLock { $0.isLooking = false }
        jobs.change.raise()
    }

    /// Begins what there is room for.
    private func fillPlaces() async throws {
        let stored = try await context.store.waitingHelperJobs()
        let waiting = await jobs.awake(stored)
        let order = JobDeferral.order(waiting, underWay: await jobs.counts, served: await jobs.served)
        var leaders: [TaskID: String] = [:]
        for id in Set(stored.map(\.task)) { leaders[id] = await leader(of: id) }
        var left: [WaitingHelperJob] = []
        // Where one leader has no place, the next may have.
        var full: Set<String> = []
        for job in order {
            let leader = leaders[job.task] ?? ""
            if !full.contains(leader), try await begin(job, of: leader) { continue }
            full.insert(leader)
            left.append(job)
        }
        await jobs.noteDue(left) { leaders[$0] ?? "" }
    }

    /// Whose the jobs of a task are. Those of tasks that are unknown now are one's together.
    private func leader(of id: TaskID) async -> String {
        guard let task = try? await context.registry.task(id) else { return "" }
        return context.peer(of: task).settings.url.string
    }

    /// - Returns: false where there is no room now.
    private func begin(_ waiting: WaitingHelperJob, of leader: String) async throws -> Bool {
        let task = try? await context.registry.task(waiting.task)
        let bytes =
            task?.memory(ofJob: waiting.reports, requestBytes: waiting.bytes) ?? waiting.bytes
        let running = await jobs.begin(
            waiting.id, of: waiting.task, from: leader, reports: waiting.reports, bytes: bytes, for: .queue
        ) { try await self.verify(waiting, $0) }
        return running != nil
    }

    // MARK: One job

    private func verify(_ waiting: WaitingHelperJob, _ running: RunningJob) async throws -> [UInt8] {
        let lease = HelperJobLease(task: waiting.task, job: waiting.id)
        let asked = ContinuousClock.now
        let term = jobs.rules.lease(attempts: waiting.attempts)
        let request = try await take(lease, for: term)
        await running.hold(lease, since: asked, for: term)
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

    private func take(_ lease: HelperJobLease, for term: Duration) async throws -> [UInt8] {
        do {
            guard let request = try await context.store.leaseHelperJob(lease, for: term) else {
                throw DatastoreError.leaseLost
            }
            return request
        } catch {
            await jobs.rest(lease.job)
            if !(error is CancellationError), StoredJobTrouble(error) != .gone {
                verification.tell(
                    "stored aggregation jobs cannot be taken now; it is tried again", error, of: lease.task)
            }
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
    package func keepLeases() async {
        while !Task.isCancelled {
            await withTaskGroup(of: Void.self) { group in
                for job in await jobs.jobs { group.addTask { await self.renew(job) } }
            }
            do { try await Task.sleep(for: min(Self.pause, jobs.rules.lease / 4)) } catch { return }
        }
    }

    private func renew(_ job: RunningJob) async {
        let now = ContinuousClock.now
        guard let (lease, term) = await job.leaseToRenew(at: now) else { return }
        do {
            try await context.store.renewHelperJob(lease, for: term)
            await job.hold(lease, since: now, for: term)
        } catch DatastoreError.leaseLost {
            await job.loseLease()
        } catch {
            verification.tell("the leases of stored aggregation jobs cannot be renewed now", error, of: lease.task)
        }
    }
}
