import AggregatorNode
import DAP
import Foundation
import Testing

extension EndToEnd {
    /// Two nodes that were set up so that they cannot work together: no report is taken that would be lost, and everything
    /// works as soon as the mistake is mended.
    @Suite struct Misfits {
        enum Mistake: String, CaseIterable, Sendable {
            case preSharedKey = "peer.psk"
            case token = "aggregator.token"
        }

        @Test(arguments: Mistake.allCases)
        func differentSecretsCostNoReport(mistake: Mistake) async throws {
            try await TestNodes.run { nodes in
                let file = "\(nodes.helper.folder)/\(mistake.rawValue)"
                let right = try Data(contentsOf: URL(fileURLWithPath: file))
                await nodes.helper.stop()
                try FileManager.default.removeItem(atPath: file)
                switch mistake {
                case .preSharedKey: try KeyFiles.makePreSharedKey(at: file)
                case .token: try KeyFiles.makeToken(at: file)
                }
                try await nodes.helper.start()
                var tallies: [Tally] = []
                for number in 0..<4 {
                    let name = "misfit-\(number)"
                    let task = try await nodes.draftTask(name, Tally.Kind.number(number).options)
                    // They may say what is wrong, and refuse.
                    for node in [nodes.leader, nodes.helper] { _ = try await nodes.addTask(name, to: node) }
                    tallies.append(try Tally(task, nodes, patience: .zero))
                }
                // A leader that takes a report now has to keep it until the mistake is mended.
                for tally in tallies { _ = try? await tally.upload(5) }
                for tally in tallies { #expect(tally.acknowledged == 0, "nobody says that anything is wrong") }
                for node in [nodes.leader, nodes.helper] {
                    try await eventually("the \(node.role)'s operator is told") {
                        node.logText.contains("the nodes do not fit each other")
                    }
                }
                await nodes.helper.stop()
                try right.write(to: URL(fileURLWithPath: file))
                try await nodes.helper.start()
                for tally in tallies {
                    // The one whose key was wrong comes first: the other has nothing to replace.
                    for node in [nodes.helper, nodes.leader] {
                        // Each asks the other's running process, which may take a moment to read what has changed.
                        try await eventually("the \(node.role) finds that all fits") {
                            try await nodes.addTask(tally.task.name, to: node).status == 0
                        }
                    }
                    try await eventually("uploads are taken again") { (try? await tally.upload(5)) == true }
                    try await tally.upload(5)
                    try await tally.expectExactSum(tally.task.name, nodes)
                }
                try await nodes.expectVerifiedAudit(of: tallies[0].task)
            }
        }

        /// Ten minutes behind; minutes pass in a moment, because both nodes are told other times at each start.
        @Test func reportsWaitForAHelperWhoseClockIsSlow() async throws {
            try await TestNodes.runBehindProxies { nodes, proxies in
                let clock = try await SkewedClock(folder: nodes.folder.path)
                var tallies: [Tally] = []
                for number in 0..<2 {
                    tallies.append(
                        try await Tally.create(
                            "slow-\(number)", .number(number, committed: false), "--time-precision", "1", nodes: nodes))
                }
                for tally in tallies { _ = try await tally.client.aggregatorConfigs() }
                await nodes.helper.kill()
                for tally in tallies { #expect(try await tally.upload()) }
                // Seconds since then, when a leader that does not know better tries again.
                for passed in [0, 31, 93] {
                    await nodes.leader.stop()
                    await nodes.helper.stop()
                    try await nodes.helper.start(environment: clock.ahead(by: passed - 600))
                    try await nodes.leader.start(environment: clock.ahead(by: passed))
                    let before = proxies.helper.exchanges.count
                    // A leader that does know better asks nothing.
                    let end = ContinuousClock.now + .seconds(4)
                    while ContinuousClock.now < end,
                        proxies.helper.exchanges.dropFirst(before).count(where: { $0.request.method == "POST" }) < 2
                    {
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    try await Task.sleep(for: .milliseconds(500))
                    for tally in tallies { #expect(try await tally.client.status().rejected == [:]) }
                }
                await nodes.leader.stop()
                await nodes.helper.stop()
                try await nodes.helper.start(environment: clock.ahead(by: 700))
                try await nodes.leader.start(environment: clock.ahead(by: 700))
                for tally in tallies { try await tally.expectExactSum(tally.task.name, nodes) }
            }
        }
    }
}
