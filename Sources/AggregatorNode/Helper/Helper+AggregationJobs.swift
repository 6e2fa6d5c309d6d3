import DAP
import Datastore
import Hummingbird

// DAP-18, Aggregate Initialization (helper) and Aggregate Continuation.
//
// Jobs are handled while the leader waits. A job's id is a hash of its request, so that repeating the request names
// the same job: the stored answer is returned byte for byte, and a job that was interrupted before its one
// transaction is computed again.

extension Helper {
    /// POST `/tasks/{task-id}/aggregation_jobs`
    func createJob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        try context.disk.require(request.length(upTo: task.jobLimit), isOwed: true)
        let (message, body) = try await request.message(
            AggregationJobInitReq.self, mediaType: .aggregationJobInitReq, upTo: task.jobLimit, taskID: task.id)
        let job = AggregationJobID.derived(taskID: task.id, body: body)
        let location =
            "\(context.configuration.publicURL.path)/tasks/\(task.id.base64URL)/aggregation_jobs/\(job.base64URL)"
        if case .finished(let response) = try await context.store.helperJob(task.id, job) {
            // The process may have ended between the commit and the file.
            try await context.generation?.settle()
            return .dap(.aggregationJobResp, response, location: location)
        }
        let (batchID, verifyKey) = try check(message, of: task)
        try await context.generation?.ready()
        let response = try await jobs.result(job) { [context] in
            let verifier = JobVerifier(
                task: task, verifyKey: verifyKey.bytes, keys: [context.keys.hpke], batchID: batchID, now: context.now())
            let outcomes = try await context.workers.runInParallel { threads in
                verifier.verify(message.verifyInits, threads: threads)
            }
            let response: [UInt8]
            do {
                response = try await context.store.commitHelperJob(
                    task.id, job, outcomes: outcomes, verifyKey: verifyKey, recordsRefusals: task.isCommitted,
                    vdaf: task.vdaf)
            } catch DatastoreError.stale {
                throw NodeError.unavailable(
                    "The operator has replaced the task's verification key while the job was verified.", retryAfter: 2,
                    taskID: task.id)
            }
            logRefusals(in: response, of: task)
            return response
        }
        try await context.generation?.settle()
        return .dap(.aggregationJobResp, response, location: location)
    }

    /// What ends reports, for this helper's operator; the numbers are in the database, too.
    private func logRefusals(in response: [UInt8], of task: NodeTask) {
        guard let verdicts = try? AggregationJobResp(decoding: response).responses else { return }
        var refused = RefusalSummary()
        var early = RefusalSummary()
        for verdict in verdicts {
            guard case .reject(let error) = verdict.outcome else { continue }
            if error == .reportTooEarly {
                early.add(verdict.reportID, error)
            } else {
                refused.add(verdict.reportID, error)
            }
        }
        if refused.total > 0 {
            context.logger.warning(
                "reports refused in an aggregation job",
                metadata: refused.metadata.merging(["task": "\(task.id)", "of": "\(verdicts.count)"]) { $1 })
        }
        if early.total > 0, earlyLines.line("early", about: task.id) != nil {
            context.logger.warning(
                "reports are too early for this node's clock; the leader sends them again. Compare both nodes' clocks",
                metadata: early.metadata.merging(["task": "\(task.id)", "of": "\(verdicts.count)"]) { $1 })
        }
    }

    /// GET `/tasks/{task-id}/aggregation_jobs/{aggregation-job-id}?step=0`
    func getJob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        let (_, response) = try await finishedJob(task, parameters)
        if let step = request.uri.queryParameters.get("step"), step != "0" {
            throw NodeError.dap(
                .stepMismatch, "Verification takes one round, so the job has only step 0.", taskID: task.id)
        }
        try await context.generation?.settle()
        return .dap(.aggregationJobResp, response)
    }

    /// POST `/tasks/{task-id}/aggregation_jobs/{aggregation-job-id}`
    ///
    /// All VDAFs that we serve verify in one round: when a job exists, every report in it has reached its final
    /// state, and no continuation can be right. The order of the checks is the draft's.
    func continueJob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        _ = try await finishedJob(task, parameters)
        let (message, _) = try await request.message(
            AggregationJobContinueReq.self, mediaType: .aggregationJobContinueReq, upTo: task.jobLimit,
            taskID: task.id)
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
    /// The answer is forgotten; which reports were accepted is not, because nothing may ever be counted twice.
    func deleteJob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let task = try await leadersTask(request, parameters)
        let job = try jobID(task, parameters)
        guard try await context.store.deleteHelperJob(task.id, job) else { throw unknownJob(task) }
        return .empty()
    }

    /// The draft's checks of a whole request, before any report is looked at.
    ///
    /// - Returns: The batch that the job belongs to (leader-selected mode), and the verification key that it names.
    private func check(
        _ message: AggregationJobInitReq, of task: NodeTask
    ) throws(NodeError) -> (batchID: BatchID?, verifyKey: VerifyKey) {
        let batchID: BatchID?
        do throws(AggregationJobExtensionError) {
            batchID = try message.checkedBatchID(mode: task.configuration.batchMode)
        } catch {
            switch error {
            case .unsupported(let types):
                throw NodeError.unsupportedExtensions(types, taskID: task.id)
            case .invalid(let reason):
                throw .dap(.invalidMessage, "aggregation job extensions: \(reason)", taskID: task.id)
            }
        }
        // The draft has no error for this: to the helper the message is one that it cannot make sense of.
        guard let verifyKey = task.verifyKey(message.verificationKeyID) else {
            let known = task.verifyKeys.map { String($0.id) }.joined(separator: ", ")
            throw .dap(
                .invalidMessage,
                "There is no verification key \(message.verificationKeyID) for this task; this node has \(known).",
                taskID: task.id)
        }
        guard message.aggregationParameter.isEmpty else {
            throw .dap(
                .invalidAggregationParameter, "The task's VDAF has no aggregation parameter, so it must be empty.",
                taskID: task.id)
        }
        // An empty answer would mean that the job is deferred.
        guard !message.verifyInits.isEmpty else {
            throw .dap(.invalidMessage, "The job has no reports.", taskID: task.id)
        }
        // A helper's share is a seed of a few bytes, so a request of any size may ask for any amount of memory.
        let most = task.reportsPerJob
        guard message.verifyInits.count <= most else {
            throw .dap(
                .invalidMessage,
                "The job has \(message.verifyInits.count) reports; this node verifies up to \(most) of this task at once.",
                taskID: task.id)
        }
        var seen: Set<ReportID> = []
        for verifyInit in message.verifyInits {
            let id = verifyInit.reportShare.metadata.reportID
            guard seen.insert(id).inserted else {
                throw .dap(.invalidMessage, "Report \(id.base64URL) is in the job twice.", taskID: task.id)
            }
        }
        return (batchID, VerifyKey(id: message.verificationKeyID, bytes: verifyKey))
    }

    private func finishedJob(
        _ task: NodeTask, _ parameters: NodeRequestContext
    ) async throws -> (AggregationJobID, response: [UInt8]) {
        let id = try jobID(task, parameters)
        guard case .finished(let response) = try await context.store.helperJob(task.id, id) else {
            throw unknownJob(task)
        }
        return (id, response)
    }

    private func jobID(_ task: NodeTask, _ parameters: NodeRequestContext) throws(NodeError) -> AggregationJobID {
        try parameters.identifier("job", as: AggregationJobID.self, orThrow: unknownJob(task))
    }

    private func unknownJob(_ task: NodeTask) -> NodeError {
        .dap(.unrecognizedAggregationJob, "There is no aggregation job of that id.", taskID: task.id)
    }
}
