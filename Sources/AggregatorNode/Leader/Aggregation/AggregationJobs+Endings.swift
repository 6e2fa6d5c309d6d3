// What follows where a step of a job has ended, or failed; the driver is in AggregationJobs.swift.

import DAP
import Datastore
import Logging

extension AggregationJobs {
    /// What follows from a job's ending. Nobody is woken where nothing has changed.
    func conclude(_ ending: JobRunner.Ending, job: Int64, of task: NodeTask) async {
        let id = task.id
        switch ending {
        case .finished:
            await answered(id)
            changed(id)
        case .returned:
            await answered(id)
            state.withLock { $0.schedule.demand(id, at: .now) }
            changed(id)
        case .nothingSent: changed(id)
        case .stale: state.withLock { $0.schedule.resume(job, of: id, at: .now) }
        case .unfinished(let progress, let pause): await wait(progress, pause, job: job, of: task)
        }
    }

    /// The helper gave an answer about a job. After an outage, those that wait follow at once.
    private func answered(_ id: TaskID) async {
        if state.withLock({ $0.schedule.isHelperAway(id) }) { await hurryJobs(of: id) }
        state.withLock { $0.schedule.answered(id, at: .now) }
    }

    private func wait(_ progress: JobProgress, _ pause: Duration, job: Int64, of task: NodeTask) async {
        let id = task.id
        let isFailure = progress.answer == .unusable
        if !isFailure { await answered(id) }
        let isInDoubt = state.withLock { state in
            state.schedule.resume(job, of: id, at: .now + pause, isAsked: progress.isAsked)
            return isFailure && state.schedule.failed(id, pause: pause, isAsked: progress.isAsked, at: .now)
        }
        if isInDoubt { context.standing(of: task).doubt() }
        // A helper may take its time.
        let isUsual = progress.answer == .deferred && progress.attempts < 10
        guard !isUsual, let line = waitingLines.line(progress.reason, about: id) else { return }
        context.logger.warning(
            "aggregation jobs have to wait; the same requests are sent again",
            metadata: [
                "task": "\(id)", "job": "\(job)", "reason": "\(progress.reason)", "attempts": "\(progress.attempts)",
                "pause": "\(pause)", "exchanges": "\(line)",
            ])
    }

    func fail(_ error: any Error, _ lease: JobLease?, _ expected: Int64?, of id: TaskID) async {
        // Shutting down: what is stored is found at the next start.
        if Task.isCancelled { return }
        // It was given up or has ended meanwhile, or somebody else goes on with it.
        if error as? DatastoreError == .leaseLost { return changed(id) }
        // Where this fails as well, the lease runs out.
        let failure: FormingFailure.Next? = lease.flatMap { lease in
            lease.job.isForming ? FormingFailure.next(failed: lease.job.failures + 1) : nil
        }
        if let lease { await giveBack(lease, failure, "\(error)") }
        if let job = lease?.job.key ?? expected, failure != .dissolve {
            state.withLock { $0.schedule.resume(job, of: id, at: .now + Self.sweep) }
        }
        guard let line = waitingLines.line("\(error)", about: id) else { return }
        context.logger.error(
            "aggregation failed", metadata: ["task": "\(id)", "error": "\(error)", "times": "\(line)"])
    }

    /// Gives a job back whose step has failed at this node.
    ///
    /// - Parameter failure: of one that is still forming.
    private func giveBack(_ lease: JobLease, _ failure: FormingFailure.Next?, _ reason: String) async {
        switch failure {
        case .dissolve:
            do {
                try await context.store.dissolveJob(lease, at: context.now())
                note(1, of: lease.job.task, because: reason)
            } catch {
                // It was sent before the failure, or this fails as well.
                try? await context.store.releaseJob(lease, after: Self.sweep, exchange: nil)
            }
        case .again(let pause):
            let progress = JobProgress(attempts: lease.job.failures + 1, reason: PeerText.short(reason))
            try? await context.store.releaseJob(lease, after: pause, exchange: (progress, nil))
        case nil: try? await context.store.releaseJob(lease, after: Self.sweep, exchange: nil)
        }
    }

    /// Jobs that were forming are no more.
    func note(_ dissolved: Int, of id: TaskID, because reason: String) {
        changed(id)
        guard let line = waitingLines.line("dissolved: \(reason)", about: id) else { return }
        context.logger.warning(
            "aggregation jobs cannot be formed; their reports wait again",
            metadata: ["task": "\(id)", "jobs": "\(dissolved)", "reason": "\(reason)", "times": "\(line)"])
    }
}
