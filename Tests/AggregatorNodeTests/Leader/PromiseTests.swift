import AggregatorNode
import DAP
import Datastore
import Encodings
import Foundation
import Ledger
import Testing
import TransparencyLog

/// The leader promises what it takes, and keeps its word whatever becomes of a report.
@Suite struct UploadPromiseTests {
    /// Checks the header of an answer as a contributor does.
    private func promises(_ answer: Answer, _ reports: [Report], _ client: PairClient) throws -> [HeldPromise] {
        let header = try #require(answer.headers["cairn-promise"])
        let promise = try UploadPromise(parsing: try #require(Base64.decode(header)))
        try promise.verify(
            leaderKey: client.pair.leaderKeys.statementPublicKey, origin: client.pair.leader.logOrigin)
        return try promise.held(
            for: try reports.map(client.entry), configuration: client.file.configuration.encoding)
    }

    private func judge(_ promise: HeldPromise, _ client: PairClient) async throws -> PromiseVerdict {
        let source = DirectoryTileSource(directory: client.pair.leader.logDirectory)
        return try await PromiseJudge(source: source, policy: try LogPolicy(parsing: Array(client.pair.policy.utf8)))
            .judge(file: promise.serialized(), now: UInt64(Date().timeIntervalSince1970))
    }

    @Test func acceptedRefusedAndWithdrawnReportsAreAllInTheLog() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        try await pair.withNodes { leader, _ in
            let good = try (0..<3).map { _ in try client.report([1, 2, 3]) }
            let refused = try DishonestClient.unreadableForHelper(client.report([1, 2, 3]))
            let notTaken = try client.report([1, 2, 3], time: client.now + 60)
            let answer = try await client.uploadAnswer([good[0], notTaken, good[1], refused, good[2]])
            let taken = [good[0], good[1], refused, good[2]]
            let promises = try promises(answer, taken, client)
            #expect(promises.count == 4)
            let ahead = promises[0].promise.deadline - UInt64(Date().timeIntervalSince1970)
            #expect((86_000...86_400).contains(ahead))

            let repeated = try await client.uploadAnswer([good[1]])
            #expect(try self.promises(repeated, [good[1]], client).count == 1)
            let nothing = try await client.uploadAnswer([notTaken])
            #expect(nothing.headers["cairn-promise"] == nil)

            try await client.awaitAccepted(3, at: leader)
            let gone = try await client.withdraw(good[2], at: pair.leader)
            #expect(gone.status == 200)
            _ = try await client.collect(.leaderSelected)
            var endings: [String] = []
            for promise in promises {
                guard case .kept(let by, _) = try await judge(promise, client) else { continue }
                endings.append(by)
            }
            // The withdrawn report was in the log before it went.
            #expect(endings == ["report", "report", "rejected", "report"])
        }
    }

    @Test func tasksThatLogNothingPromiseNothing() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .timeInterval))
        try await pair.withNodes { _, _ in
            let answer = try await client.uploadAnswer([try client.report([1, 2, 3])])
            #expect(answer.status == 200 && answer.headers["cairn-promise"] == nil)
        }
    }

    /// A machine that starts in another year: nothing is given up and nothing stated, so that all goes on once it is set.
    @Test func aClockThatNobodyConfirmsEndsNothing() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        var leader = try await pair.start(pair.leader)
        let reports = try (0..<2).map { _ in try client.report([1, 2, 3]) }
        let promises = try promises(try await client.uploadAnswer(reports), reports, client)
        await leader.stop()

        leader = try await pair.start(pair.leader, ahead: 400 * 86_400)
        let helper = try await pair.start(pair.helper)
        try await Task.sleep(for: .seconds(2))
        #expect(try await leader.context.store.reportCounts(task: client.file.taskID).rejected.isEmpty)
        let stored = try await leader.context.store.largestCheckpoint()
        let stated = try stored.flatMap {
            LeaderTime.latest(on: try SignedCheckpoint(parsing: $0.note), leaderKey: pair.leaderKeys.statementPublicKey)
        }
        #expect(stated.map { $0 < UInt64(Date().timeIntervalSince1970) + 60 } ?? true)
        await leader.stop()

        leader = try await pair.start(pair.leader)
        let (count, sums) = try await client.collect(.leaderSelected)
        #expect(count == 2 && sums == .vector([2, 4, 6]))
        for promise in promises {
            guard case .kept(by: "report", _) = try await judge(promise, client) else {
                Issue.record("the promise is not kept")
                continue
            }
        }
        await leader.stop()
        await helper.stop()
    }
}
