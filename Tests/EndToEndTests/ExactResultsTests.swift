import Contributor
import DAP
import Foundation
import TaskTypes
import Testing

extension EndToEnd {
    /// Every type, plain and committed, in both batch modes: what comes out is exactly what went in, and the log proves
    /// it for the committed ones.
    @Suite struct ExactResults {
        struct Case: Sendable, CustomTestStringConvertible {
            let name: String
            let options: [String]
            let measurements: [MeasurementValue]
            let expected: AggregateValue
            var testDescription: String { name }
        }

        static let cases = [
            Case(
                name: "count", options: ["--vdaf", "count"],
                measurements: [true, false, true, true, false, true, true].map { .bool($0) }, expected: .integer(5)),
            Case(
                name: "sum", options: ["--vdaf", "sum", "--max-measurement", "1000"],
                measurements: [0, 1000, 17, 999, 500, 3].map { .integer($0) }, expected: .integer(2519)),
            Case(
                name: "sumvec", options: ["--vdaf", "sumvec", "--length", "3", "--max-measurement", "70000"],
                measurements: [[0, 1, 70000], [70000, 2, 70000], [5, 3, 70000]].map { .vector($0) },
                expected: .vector([70005, 6, 210000])),
            Case(
                name: "histogram", options: ["--vdaf", "histogram", "--length", "5"],
                measurements: [0, 4, 4, 2, 4, 0].map { .bucket($0) }, expected: .vector([2, 0, 1, 0, 3])),
            Case(
                name: "multihot", options: ["--vdaf", "multihot", "--length", "4", "--max-weight", "2"],
                measurements: [
                    [true, false, false, true], [false, false, false, false], [false, false, true, true],
                    [false, false, false, true],
                ].map { .choices($0) }, expected: .vector([1, 0, 1, 3])),
            Case(
                name: "l1boundsum", options: ["--vdaf", "l1boundsum", "--length", "3", "--max-value", "100"],
                measurements: [[100, 0, 0], [0, 0, 0], [33, 33, 34], [0, 1, 99]].map { .vector($0) },
                expected: .vector([133, 34, 133])),
            Case(
                name: "sumvec64hmac",
                options: ["--vdaf", "sumvec64hmac", "--length", "3", "--max-measurement", "70000", "--proofs", "4"],
                measurements: [[0, 1, 70000], [70000, 2, 70000], [5, 3, 70000]].map { .vector($0) },
                expected: .vector([70005, 6, 210000])),
            Case(
                name: "boundedl2",
                options: ["--vdaf", "boundedl2", "--length", "3", "--norm-bound", "2.5", "--fractional-bits", "10"],
                // The first has the largest norm that there is; the last is all zeros.
                measurements: [[1.5, -2, 0], [-0.25, -0.5, 1], [-2.5, 0, 0], [0, 0, 0]].map { .real($0) },
                expected: .signedVector([-1280, -2560, 1024])),
        ]

        @Test(arguments: ["time-interval", "leader-selected"])
        func everyTypeAddsUpExactly(mode: String) async throws {
            try await TestNodes.run { nodes in
                for commitment in ["committed", "uncommitted"] {
                    for test in Self.cases {
                        try await check(test, mode: mode, commitment: commitment, nodes)
                    }
                }
                // All tasks have one log and one policy.
                let audit = try await Cairn.succeed(
                    "audit", "--log", nodes.leader.logFolder, "--policy", nodes.policyPath("count-committed"), "--json")
                let batches = try #require(try audit.json()["batches"] as? [[String: Any]])
                #expect(batches.map { $0["verdict"] as? String } == Self.cases.map { _ in "verified" })
                let results = Set(batches.compactMap { $0["result"] as? [String] })
                #expect(results == Set(Self.cases.map { Self.decimals($0.expected) }))
            }
        }

        private static func decimals(_ value: AggregateValue) -> [String] {
            switch value {
            case .integer(let sum): ["\(sum)"]
            case .vector(let sums): sums.map { "\($0)" }
            case .signedVector(let sums): sums.map { "\($0)" }
            }
        }

        private func check(_ test: Case, mode: String, commitment: String, _ nodes: TestNodes) async throws {
            let name = "\(test.name)-\(commitment)"
            let options =
                test.options + [
                    "--\(commitment)", "--batch-mode", mode, "--min-batch-size", "2", "--max-batch-size", "100",
                ]
            let task = try await nodes.createTask(name, options)
            let client = try TaskClient(task: task)
            let now = currentTime()
            let outcomes = try await client.upload(
                test.measurements, wallet: nodes.wallet(), time: now)
            #expect(outcomes.allSatisfy { $0.error == nil }, "\(name)")
            let unit = task.configuration.time(ofSeconds: now)
            let query =
                mode == "time-interval" ? Query.timeInterval(Interval(start: unit, duration: 1)) : .leaderSelected
            let outcome = try await nodes.collector(task).collect(query, deadline: .seconds(180))
            #expect(outcome.value == test.expected, "\(name)")
            #expect(outcome.count == UInt64(test.measurements.count), "\(name)")
            #expect(outcome.interval.contains(unit), "\(name)")
        }

        /// The same job again gives the same answer; a time-interval batch is collected once.
        @Test func collectingAgainGivesTheSameResult() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "again", "--vdaf", "sum", "--max-measurement", "10", "--min-batch-size", "1",
                    TestNodes.acceptWeakPromises, "--max-batch-size", "9")
                let now = currentTime()
                let client = try TaskClient(task: task)
                let wallet = try nodes.wallet()
                _ = try await client.upload([.integer(4), .integer(5)], wallet: wallet, time: now)
                let query = Query.timeInterval(Interval(start: task.configuration.time(ofSeconds: now), duration: 1))
                let first = try await nodes.collector(task).collect(query)
                let second = try await nodes.collector(task).collect(query)
                #expect(first == second)
                #expect(first.value == .integer(9))
                let late = try await client.upload([.integer(1)], wallet: wallet, time: now)
                #expect(late.map(\.error) == [.batchCollected])
            }
        }
    }
}
