import DAP
import Datastore
import Logging

/// Verifies an aggregation job and commits it, for a leader that waits or for one that comes back.
struct JobVerification: Sendable {
    let context: NodeContext
    let jobs: VerifyingJobs
    /// Whether there is to be another line about reports that come too early.
    let earlyLines: LineRules<TaskID>
    /// Whether there is to be another line about what keeps stored jobs waiting.
    let troubleLines: LineRules<TaskID?>

    /// - Parameter running: the same job; its lease is what it has when there are verdicts.
    /// - Returns: the answer.
    /// - Throws: `NodeError` 503 where the task's key was replaced meanwhile, `DatastoreError.leaseLost` where the leader
    ///   has deleted the job, or others have it.
    func run(_ job: CheckedJob, _ id: AggregationJobID, _ running: RunningJob) async throws -> [UInt8] {
        let task = job.task
        let verifier = JobVerifier(
            task: task, verifyKey: job.verifyKey.bytes, keys: [context.keys.hpke], batchID: job.batchID,
            now: context.now())
        let (outcomes, seconds) = try await context.workers.runInParallel { threads in
            let start = ContinuousClock.now
            let outcomes = verifier.verify(job.reports, threads: threads)
            return (outcomes, (ContinuousClock.now - start) / .seconds(1) * Double(threads))
        }
        await jobs.note(task.id, seconds: seconds, reports: job.reports.count)
        let lease = try await running.beginCommit()
        let response: [UInt8]
        do {
            response = try await context.store.commitHelperJob(
                task.id, id, outcomes: outcomes, verifyKey: job.verifyKey, keepsLastWords: task.isCommitted,
                vdaf: task.vdaf, lease: lease)
        } catch DatastoreError.stale {
            throw NodeError.unavailable(
                "The operator has replaced the task's verification key while the job was verified.", retryAfter: 2,
                taskID: task.id)
        }
        logRejections(in: response, of: task)
        return response
    }

    // MARK: Stored jobs that are not verified now

    /// What follows from an error for a job that is stored.
    ///
    /// - Parameter attempts: how often it was put off before.
    func putOff(_ lease: HelperJobLease, attempts: Int, _ error: any Error) async {
        do {
            switch StoredJobTrouble(error).next(attempts: attempts) {
            case .nothing: break
            case .forget:
                tell("stored aggregation jobs are forgotten: they are not taken any more", error, of: lease.task)
                try await context.store.forgetHelperJob(lease)
            case .again(let seconds):
                tell("stored aggregation jobs cannot be verified now; it is tried again", error, of: lease.task)
                try await context.store.releaseHelperJob(lease, after: .seconds(seconds))
            }
        } catch DatastoreError.leaseLost {
            // The leader has deleted it, or others have it.
        } catch {
            tell("a stored aggregation job waits until its lease ends", error, of: lease.task)
        }
    }

    func tell(_ line: String, _ error: any Error, of task: TaskID?) {
        guard let times = troubleLines.line(line, about: task) else { return }
        var metadata: Logger.Metadata = ["error": "\(error)", "times": "\(times)"]
        metadata["task"] = task.map { "\($0)" }
        context.logger.warning("\(line)", metadata: metadata)
    }

    // MARK: Lines

    /// What ends reports, for this helper's operator; the numbers are in the database, too.
    private func logRejections(in response: [UInt8], of task: NodeTask) {
        guard let verdicts = try? AggregationJobResp(decoding: response).responses else { return }
        var rejected = RejectionSummary()
        var early = RejectionSummary()
        for verdict in verdicts {
            guard case .reject(let error) = verdict.outcome else { continue }
            if error == .reportTooEarly {
                early.add(verdict.reportID, error)
            } else {
                rejected.add(verdict.reportID, error)
            }
        }
        if rejected.total > 0 {
            context.logger.warning(
                "reports rejected in an aggregation job",
                metadata: rejected.metadata.merging(["task": "\(task.id)", "of": "\(verdicts.count)"]) { $1 })
        }
        if early.total > 0, earlyLines.line("early", about: task.id) != nil {
            context.logger.warning(
                "reports are too early for this node's clock; the leader sends them again. Compare both nodes' clocks",
                metadata: early.metadata.merging(["task": "\(task.id)", "of": "\(verdicts.count)"]) { $1 })
        }
    }
}
