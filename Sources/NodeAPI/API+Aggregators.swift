import DAP

// What a leader asks of a helper: DAP-18's jobs and shares, and between them what the two have to agree on.

extension API {
    /// DAP-18, Aggregate Initialization. The same bytes find the same job. Without a body where the helper answers later.
    package static let createJob = Endpoint<TaskID>(
        Resource(
            "createJob", .post, "/tasks/{task}/aggregation_jobs", at: [.helper], for: .aggregator,
            announcement: .optsIn,
            takes: .one(of: [.dap(.aggregationJobInitReq)], upTo: .task(.job), isChecked: true),
            answers: [.init(200), .init(200, .dap(.aggregationJobResp))], refusals: [Resource.diskFull]))

    /// DAP-18, Aggregate Continuation.
    package static let continueJob = Endpoint<TaskID, ForeignID>(
        Resource(
            "continueJob", .post, "/tasks/{task}/aggregation_jobs/{job}", at: [.helper], for: .aggregator,
            announcement: .optsIn,
            takes: .one(of: [.dap(.aggregationJobContinueReq)], upTo: .task(.job), isChecked: true),
            answers: [], refusals: [Resource.conflict]))

    /// The query `step` names the step that the leader waits for.
    package static let job = Endpoint<TaskID, ForeignID>(
        Resource(
            "job", .get, "/tasks/{task}/aggregation_jobs/{job}", at: [.helper], for: .aggregator,
            announcement: .optsIn, answers: [.init(200), .init(200, .dap(.aggregationJobResp))],
            refusals: [Resource.conflict]))

    /// The helper forgets its answer, and not which reports it has accepted.
    package static let deleteJob = Endpoint<TaskID, ForeignID>(
        Resource(
            "deleteJob", .delete, "/tasks/{task}/aggregation_jobs/{job}", at: [.helper], for: .aggregator,
            announcement: .optsIn, answers: [.init(204)]))

    /// Both aggregators sign which reports a committed batch has.
    package static let closes = Endpoint<TaskID>(
        Resource(
            "closes", .post, "/cairn/tasks/{task}/closes", at: [.helper], for: .aggregator, announcement: .optsIn,
            takes: .one(of: [.bytes], upTo: .task(.reports), isChecked: true), answers: [.init(200, .bytes)],
            refusals: [Resource.conflict]))

    /// Which reports of an uncommitted batch both have.
    package static let batches = Endpoint<TaskID>(
        Resource(
            "batches", .post, "/cairn/tasks/{task}/batches", at: [.helper], for: .aggregator, announcement: .optsIn,
            takes: .one(of: [.batchComparison], upTo: .task(.reports), isChecked: true),
            answers: [.init(200, .batchDifference)], refusals: [Resource.conflict]))

    /// The helper's last word on many reports at once.
    package static let refusals = Endpoint<TaskID>(
        Resource(
            "refusals", .post, "/cairn/tasks/{task}/refusals", at: [.helper], for: .aggregator, announcement: .optsIn,
            takes: .one(of: [.bytes], upTo: .bytes(BodyLimit.refusals), isChecked: false),
            answers: [.init(200, .bytes)]))

    /// DAP-18, Obtaining Aggregate Shares. The same bytes find the same share.
    package static let createShare = Endpoint<TaskID>(
        Resource(
            "createShare", .post, "/tasks/{task}/aggregate_shares", at: [.helper], for: .aggregator,
            announcement: .optsIn,
            takes: .one(of: [.dap(.aggregateShareReq)], upTo: .bytes(BodyLimit.small), isChecked: true),
            answers: [.init(200, .dap(.aggregateShare))], refusals: [Resource.conflict]))

    package static let share = Endpoint<TaskID, ForeignID>(
        Resource(
            "share", .get, "/tasks/{task}/aggregate_shares/{share}", at: [.helper], for: .aggregator,
            announcement: .optsIn, answers: [.init(200, .dap(.aggregateShare))]))

    /// The batch stays collected.
    package static let deleteShare = Endpoint<TaskID, ForeignID>(
        Resource(
            "deleteShare", .delete, "/tasks/{task}/aggregate_shares/{share}", at: [.helper], for: .aggregator,
            announcement: .optsIn, answers: [.init(204)]))

    static let aggregators = [
        createJob.resource, continueJob.resource, job.resource, deleteJob.resource, closes.resource, batches.resource,
        refusals.resource, createShare.resource, share.resource, deleteShare.resource,
    ]
}
