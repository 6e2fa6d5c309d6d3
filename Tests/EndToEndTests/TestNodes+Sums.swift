import FaultProxy
import Tasks

extension TestNodes {
    /// Runs `body` with a task of sums between two nodes, the leader behind a proxy.
    ///
    /// - Parameter mostReports: how many a batch may have.
    static func runSums(
        _ name: String, committed: Bool = true, mostReports: Int = 10,
        _ body: (TestNodes, FaultProxy, TaskFile) async throws -> Void
    ) async throws {
        try await runBehindProxies { nodes, proxies in
            let task = try await nodes.createTask(
                name, "--vdaf", "sum", "--max-measurement", "1000", committed ? "--committed" : "--uncommitted",
                "--batch-mode", "leader-selected", "--min-batch-size", "2", "--max-batch-size", "\(mostReports)")
            try await body(nodes, proxies.leader, task)
        }
    }
}
