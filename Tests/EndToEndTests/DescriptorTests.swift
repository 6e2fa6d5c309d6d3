import Contributor
import DAP
import Foundation
import NodeAPI
import Tasks
import Testing
import Wallet

/// What a process has open, as Linux tells it.
private enum OpenDescriptors {
    static func count(in process: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    }

    static func count(in node: TestNode) throws -> Int { try count(in: "\(#require(node.processID))") }
}

extension EndToEnd {
    /// A process that loses a descriptor with everything that it does stops working one day, or crashes.
    @Suite struct DescriptorUse {
        /// For what comes and goes by itself: kept connections, a file that is being written.
        private static let slack = 16

        /// Other tests of this process open and close files meanwhile, so a leak is what grows every time.
        @Test func aHundredCommandsLeaveNoDescriptorBehind() async throws {
            for _ in 0..<5 { try await Cairn.succeed("--help") }
            var growth: [Int] = []
            for _ in 0..<3 {
                let before = try OpenDescriptors.count(in: "self")
                for _ in 0..<100 { try await Cairn.succeed("--help") }
                growth.append(try OpenDescriptors.count(in: "self") - before)
                if growth.contains(where: { $0 <= Self.slack }) { return }
            }
            Issue.record("open descriptors grow by \(growth) with each hundred commands")
        }

        /// One after the other on connections of their own, and many at once on kept ones.
        @Test func aThousandUploadsLeaveNoDescriptorBehindInANode() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "many", "--vdaf", "count", "--min-batch-size", "10", "--max-batch-size", "2000")
                let seed = try nodes.wallet().seed
                try await Self.upload(100, to: task, seed: seed)
                try await Self.settle(task, accepted: 100)
                let before = try [nodes.leader, nodes.helper].map(OpenDescriptors.count(in:))
                for round in 1...4 {
                    try await Self.upload(250, to: task, seed: seed)
                    try await Self.settle(task, accepted: 100 + UInt64(round) * 250)
                }
                for (node, before) in zip([nodes.leader, nodes.helper], before) {
                    let after = try OpenDescriptors.count(in: node)
                    #expect(after <= before + Self.slack, "the \(node.role) had \(before) open, and then \(after)")
                }
            }
        }

        private static func upload(_ count: Int, to task: TaskFile, seed: [UInt8]) async throws {
            let client = try TaskClient(task: task)
            let prepared = try await client.prepare((0..<count).map { .bool($0 % 3 == 0) }, seed: seed)
            let (alone, together) = (prepared.prefix(count / 2), prepared.dropFirst(count / 2))
            for report in alone {
                let answer = try await HTTPTransport().sendExpectingSuccess(
                    .init(
                        .POST, API.upload.url(at: task.configuration.leaderURL, task.taskID),
                        headers: [
                            (Taskprov.headerName, Taskprov.headerValue(task.configuration)),
                            ("Content-Type", MediaType.uploadReq.headerValue), ("Connection", "close"),
                        ], body: UploadRequest(reports: [report.report]).encoded()))
                #expect(answer.body.isEmpty)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for report in together {
                    group.addTask {
                        let outcomes = try await client.send([report])
                        #expect(outcomes.allSatisfy { $0.error == nil })
                    }
                }
                try await group.waitForAll()
            }
        }

        /// Waits until both nodes have done all their work. Each look has the leader count its reports, so they are few.
        private static func settle(_ task: TaskFile, accepted: UInt64) async throws {
            let client = try TaskClient(task: task)
            for _ in 0..<600 where try await client.status().accepted < accepted {
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(try await client.status().accepted == accepted)
        }
    }
}
