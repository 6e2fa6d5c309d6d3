import Contributor
import Foundation
import Testing

extension EndToEnd {
    /// A new node's first moment: its keys and its database are made by whichever process comes first.
    @Suite struct NewDatabase {
        @Test func aNodeCanStartWhileItsTasksAreAdded() async throws {
            try await TestNodes.run { nodes in
                // Uncommitted tasks do not name the nodes' keys, so the keys can be new as well.
                let task = try await nodes.createTask(
                    "first", "--vdaf", "count", "--uncommitted", "--batch-mode", "leader-selected", "--min-batch-size",
                    "2", "--max-batch-size", "10")
                let node = nodes.leader
                for _ in 0..<5 {
                    await node.stop()
                    try await node.eraseState()
                    async let start: Void = node.start()
                    let added = try await withThrowingTaskGroup(of: CommandResult.self) { group in
                        for _ in 0..<3 {
                            group.addTask {
                                try await Cairn.run(
                                    "node", "task", "add", "--config", node.configuration, nodes.taskPath(task.name),
                                    TestNodes.acceptWeakPromises)
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    try await start
                    for result in added { #expect(result.status == 0, "\(result.errors)") }
                    #expect(added.count { $0.output.hasPrefix("added") } == 1)
                    // The key that the node uses is the one in its file.
                    let key = try await NodeClient(url: node.url).info().hpkeConfig
                    await node.stop()
                    try await node.start()
                    #expect(try await NodeClient(url: node.url).info().hpkeConfig == key)
                    #expect(try await TaskClient(task: task).status().received == 0)
                }
            }
        }
    }
}
