// The numbers of a task for its operator; all of them are counters.

import DAP

extension NodeDatabase {
    /// - Parameter jobLimit: the most pending jobs to list, oldest first.
    package func overview(of id: TaskID, jobLimit: Int) async throws(DatastoreError) -> TaskOverview {
        try await read { session in
            var overview = TaskOverview()
            guard let task = try session.taskKey(id) else { return overview }
            let leader = try session.leaderCounts(of: task)
            overview.states = [
                "received": leader.received, "aggregating": leader.aggregating, "accepted": leader.accepted,
                "withdrawn": leader.withdrawn, "rejected": leader.rejected.values.reduce(0, +),
            ]
            overview.states.merge(try session.helperStateCounts(of: task), uniquingKeysWith: +)
            overview.states = overview.states.filter { $0.value > 0 }
            for (error, number) in leader.rejected { overview.rejected[error.name, default: 0] += number }
            for (error, number) in try session.helperRejectionCounts(of: task) {
                overview.rejected[error.name, default: 0] += number
            }
            overview.jobs = Array(try session.jobOverviews(of: task).prefix(jobLimit))
            return overview
        }
    }
}
