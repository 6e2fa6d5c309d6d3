/// The URLs of DAP's resources, given an aggregator's base URL (DAP-18 sections 3 and 4).
///
/// Base URLs are used as they stand in the task, with or without a slash at their end.
public enum ResourceURL {
    /// `{aggregator}/hpke_config`
    public static func hpkeConfig(_ base: String) -> String { join(base, "hpke_config") }

    /// `{leader}/tasks/{task-id}/reports`
    public static func reports(_ leader: String, _ task: TaskID) -> String { join(leader, task, "reports") }

    /// `{helper}/tasks/{task-id}/aggregation_jobs`, where jobs are created.
    public static func aggregationJobs(_ helper: String, _ task: TaskID) -> String {
        join(helper, task, "aggregation_jobs")
    }

    /// `{helper}/tasks/{task-id}/aggregation_jobs/{aggregation-job-id}`, with `?step=` for polling.
    public static func aggregationJob(_ helper: String, _ task: TaskID, id: String, step: UInt16? = nil) -> String {
        aggregationJobs(helper, task) + "/" + id + (step.map { "?step=\($0)" } ?? "")
    }

    /// `{leader}/tasks/{task-id}/collection_jobs`, where jobs are created.
    public static func collectionJobs(_ leader: String, _ task: TaskID) -> String {
        join(leader, task, "collection_jobs")
    }

    /// `{leader}/tasks/{task-id}/collection_jobs/{collection-job-id}`
    public static func collectionJob(_ leader: String, _ task: TaskID, id: String) -> String {
        collectionJobs(leader, task) + "/" + id
    }

    /// `{helper}/tasks/{task-id}/aggregate_shares`, where shares are asked for.
    public static func aggregateShares(_ helper: String, _ task: TaskID) -> String {
        join(helper, task, "aggregate_shares")
    }

    /// `{helper}/tasks/{task-id}/aggregate_shares/{aggregate-share-id}`
    public static func aggregateShare(_ helper: String, _ task: TaskID, id: String) -> String {
        aggregateShares(helper, task) + "/" + id
    }

    private static func join(_ base: String, _ task: TaskID, _ resource: String) -> String {
        join(base, "tasks/\(task.base64URL)/\(resource)")
    }

    private static func join(_ base: String, _ path: String) -> String {
        base.hasSuffix("/") ? base + path : base + "/" + path
    }
}
