import DAP
import Datastore
import Hummingbird
import NodeAPI

// DAP-18, Aggregate Initialization (helper) and Aggregate Continuation.
//
// A job is verified while the leader waits where there is room for it, and as long as that takes no longer than the leader
// is let wait (JobDeferral). Else its request is stored, the leader is told when to ask for the answer, and the job is
// verified when its turn has come (StoredJobs).
//
// A job's id is a hash of its request, so that repeating the request names the same job: the stored answer is returned byte
// for byte, a job that waits goes on waiting, and one that was interrupted before its one transaction and was not stored is
// computed again.

extension Helper {
    /// POST `/tasks/{task-id}/aggregation_jobs`
    func createJob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        try context.disk.require(request.length(upTo: task.jobLimit), isOwed: true)
        let (message, body) = try await request.message(AggregationJobInitReq.self, of: API.createJob, task)
        let id = AggregationJobID.derived(taskID: task.id, body: body)
        switch try await context.store.helperJob(task.id, id) {
        // The process may have ended between the commit and the file.
        case .finished(let response):
            guard HelperJobLife.isPassing(response) else { return try await answer(response, id, of: task) }
            try await context.store.forgetPassingAnswer(task.id, id)
        case .waiting(let job): return await deferral(of: job, task)
        case .deleted, nil: break
        }
        let checked = try CheckedJob(message, of: task)
        try await context.generation?.ready()
        let verification = verification
        let running = await jobs.begin(
            id, of: task.id, from: leader(of: task), reports: checked.reports.count,
            bytes: task.memory(ofJob: checked.reports.count, requestBytes: body.count), for: .leader
        ) { running in
            do { return try await verification.run(checked, id, running) } catch {
                // Its leader has been told that it is stored.
                if let lease = await running.lease { await verification.putOff(lease, attempts: 0, error) }
                throw error
            }
        }
        guard let running else { return try await store(checked, body, id) }
        if let response = try await response(of: running, within: jobs.rules.patience, task) {
            return try await answer(response, id, of: task)
        }
        return try await store(checked, body, id, while: running)
    }

    /// - Throws: `NodeError` 503 where the leader has deleted the job meanwhile, or another process has it.
    private func response(
        of running: RunningJob, within patience: Duration?, _ task: NodeTask
    ) async throws -> [UInt8]? {
        do { return try await running.answer(within: patience) } catch DatastoreError.leaseLost {
            throw NodeError.unavailable("The job was deleted, or is being verified.", retryAfter: 1, taskID: task.id)
        }
    }

    // MARK: Answers

    private func location(_ id: AggregationJobID, of task: NodeTask) -> String {
        context.path(API.job, task.id, ForeignID(id))
    }

    private func answer(_ response: [UInt8], _ id: AggregationJobID, of task: NodeTask) async throws -> Response {
        try await context.generation?.settle()
        return .dap(.aggregationJobResp, response, location: location(id, of: task))
    }

    /// That a job is not ready.
    private func deferral(of job: WaitingHelperJob, _ task: NodeTask) async -> Response {
        let seconds = await jobs.retryAfter(job)
        var response = Response.dap(.aggregationJobResp, [], location: location(job.id, of: task) + "?step=0")
        response.headers[.retryAfter] = String(seconds)
        return response
    }

    // MARK: Storing

    /// Stores a job for which there is no place.
    private func store(_ job: CheckedJob, _ body: [UInt8], _ id: AggregationJobID) async throws -> Response {
        let waiting = waiting(job, body, id)
        let keeping = try await keep(waiting, body, lease: nil, of: job.task)
        return try await answer(keeping, waiting, of: job.task)
    }

    /// Stores a job that takes longer than its leader is let wait. Whoever verifies it goes on.
    private func store(
        _ job: CheckedJob, _ body: [UInt8], _ id: AggregationJobID, while running: RunningJob
    ) async throws -> Response {
        let lease = HelperJobLease(task: job.task.id, job: id)
        let waiting = waiting(job, body, id)
        let keeping = try await running.store(lease, for: jobs.rules.lease) {
            try await keep(waiting, body, lease: lease, of: job.task)
        }
        // Where there is no room to store it, and where it has just ended, the leader waits on.
        if let keeping, keeping != .noRoom { return try await answer(keeping, waiting, of: job.task) }
        guard let response = try await response(of: running, within: nil, job.task) else {
            throw NodeError.unavailable("The job is being verified.", retryAfter: 1, taskID: job.task.id)
        }
        return try await answer(response, id, of: job.task)
    }

    private func leader(of task: NodeTask) -> String { context.peer(of: task).settings.url.string }

    private func waiting(_ job: CheckedJob, _ body: [UInt8], _ id: AggregationJobID) -> WaitingHelperJob {
        WaitingHelperJob(
            task: job.task.id, id: id, arrived: context.now(), reports: job.reports.count, bytes: body.count)
    }

    private func keep(
        _ waiting: WaitingHelperJob, _ body: [UInt8], lease: HelperJobLease?, of task: NodeTask
    ) async throws -> HelperJobKeeping {
        let leader = leader(of: task)
        guard await jobs.hasRoom(waiting, from: leader) else { return .noRoom }
        // It is written now, and its answer later. Nobody is owed that: the leader may be asked to come again.
        try context.disk.require(2 * body.count)
        let keeping = try await context.store.keepHelperJob(
            waiting, request: body, lease: lease, for: jobs.rules.lease, room: jobs.rules.room)
        if keeping == .waiting { await jobs.noteStored(waiting, from: leader, isDue: lease == nil) }
        return keeping
    }

    private func answer(
        _ keeping: HelperJobKeeping, _ job: WaitingHelperJob, of task: NodeTask
    ) async throws -> Response {
        if case .answered(let response) = keeping { return try await answer(response, job.id, of: task) }
        if let times = deferralLines.line("deferred", about: task.id) {
            let count = await jobs.waitingCount
            context.logger.info(
                "aggregation jobs are stored, and answered later: there are more than this node verifies at once",
                metadata: ["task": "\(task.id)", "waiting": "\(count)", "jobs": "\(times)"])
        }
        guard keeping == .noRoom else { return await deferral(of: job, task) }
        throw NodeError.unavailable(
            "This node has as many aggregation jobs waiting as it takes.",
            retryAfter: await jobs.retryAfter(job), taskID: task.id)
    }

    // MARK: An existing job

    /// GET `/tasks/{task-id}/aggregation_jobs/{aggregation-job-id}?step=0`
    func getJob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        let id = try jobID(task, parameters)
        let job = try await context.store.helperJob(task.id, id)
        guard let job, job != .deleted else { throw unknownJob(task) }
        if let step = request.uri.queryParameters.get("step"), step != "0" {
            throw NodeError.dap(
                .stepMismatch, "Verification takes one round, so the job has only step 0.", taskID: task.id)
        }
        switch job {
        case .finished(let response):
            try await context.generation?.settle()
            return .dap(.aggregationJobResp, response)
        case .waiting(let job): return await deferral(of: job, task)
        case .deleted: throw unknownJob(task)
        }
    }

    /// POST `/tasks/{task-id}/aggregation_jobs/{aggregation-job-id}`
    ///
    /// All VDAFs that we serve verify in one round: when a job has an answer, every report in it has reached its final
    /// state, and no continuation can be right. The order of the checks is the draft's.
    func continueJob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        let id = try jobID(task, parameters)
        switch try await context.store.helperJob(task.id, id) {
        case .finished: break
        case .waiting:
            throw NodeError.dap(.stepMismatch, "The job's step 0 has not ended.", taskID: task.id)
        case .deleted, nil: throw unknownJob(task)
        }
        let (message, _) = try await request.message(AggregationJobContinueReq.self, of: API.continueJob, task)
        guard message.step > 0 else {
            throw NodeError.dap(.invalidMessage, "A continuation has a step of at least 1.", taskID: task.id)
        }
        if let first = message.verifyContinues.first {
            throw NodeError.dap(
                .invalidMessage, "Report \(first.reportID.base64URL) is not waiting for a continuation.",
                taskID: task.id)
        }
        throw NodeError.dap(.stepMismatch, "Verification takes one round; the job ended with step 0.", taskID: task.id)
    }

    /// DELETE `/tasks/{task-id}/aggregation_jobs/{aggregation-job-id}`
    ///
    /// The answer is forgotten; which reports were accepted is not, because nothing may ever be counted twice. One that
    /// waits is forgotten as a whole, and accepts nothing any more.
    func deleteJob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        let job = try jobID(task, parameters)
        await jobs.abandon(job, of: task.id)
        guard try await context.store.deleteHelperJob(task.id, job) else { throw unknownJob(task) }
        return .empty()
    }

    private func jobID(_ task: NodeTask, _ parameters: NodeRequestContext) throws(NodeError) -> AggregationJobID {
        try parameters.identifier("job", as: AggregationJobID.self, orThrow: unknownJob(task))
    }

    private func unknownJob(_ task: NodeTask) -> NodeError {
        .dap(.unrecognizedAggregationJob, "There is no aggregation job of that id.", taskID: task.id)
    }
}
