import DAP

// What a collector asks of a task's leader (DAP-18, Collecting Results).

extension API {
    /// The same bytes find the same job.
    package static let createCollection = Endpoint<TaskID>(
        Resource(
            "createCollection", .post, "/tasks/{task}/collection_jobs", at: [.leader], for: .collector,
            announcement: .optsIn,
            takes: .one(of: [.dap(.collectionJobReq)], upTo: .bytes(BodyLimit.small), isChecked: true),
            answers: [.init(201), .init(201, .dap(.collectionJobResp))], refusals: [Resource.conflict]))

    /// Without a body while the job is worked on.
    package static let collection = Endpoint<TaskID, CollectionJobID>(
        Resource(
            "collection", .get, "/tasks/{task}/collection_jobs/{job}", at: [.leader], for: .collector,
            announcement: .optsIn, answers: [.init(200), .init(200, .dap(.collectionJobResp))],
            refusals: [Resource.conflict]))

    /// The batch stays collected.
    package static let deleteCollection = Endpoint<TaskID, CollectionJobID>(
        Resource(
            "deleteCollection", .delete, "/tasks/{task}/collection_jobs/{job}", at: [.leader], for: .collector,
            announcement: .optsIn, answers: [.init(204)]))

    static let collector = [createCollection.resource, collection.resource, deleteCollection.resource]
}
