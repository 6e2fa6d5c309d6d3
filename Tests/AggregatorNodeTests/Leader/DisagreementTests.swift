import AggregatorNode
import DAP
import Datastore
import FaultProxy
import Foundation
import Ledger
import Testing

/// Batches of uncommitted tasks about which the aggregators disagree: they lose what they disagree about, and no more.
@Suite struct DisagreementTests {
    /// Puts a report into the leader's open batch as if both aggregators had accepted it.
    private func acceptAtLeader(_ client: PairClient, _ leader: NodePair.Running, time: UInt64) async throws {
        let store = leader.context.store
        let id = ReportID.random()
        let payload = ReportPayload(metadata: [], publicShare: [], inputShare: [], helperShare: [])
        let isSelected = client.file.configuration.batchMode == .leaderSelected
        // The leader takes it into no job of its own before that; the clock of the claim is another one.
        let later = UInt64(Date().timeIntervalSince1970) + 3_600
        let report = NewReport(
            reportID: id, time: time, fingerprint: [UInt8](repeating: 0, count: 32), payload: payload, notBefore: later)
        _ = try await store.storeReports([report], task: client.file.taskID, bucketCapacity: nil)
        let row = try await store.row(of: id, task: client.file.taskID)
        let job = try await store.claimReport(row, task: client.file.taskID, isSelected: isSelected)
        let nothing = [UInt8](repeating: 0, count: client.vdaf.sizes.outputShare)
        try await store.finishJob(
            job.lease, outcomes: [(id, .accepted(outputShare: nothing, logEntry: nil))], vdaf: client.vdaf)
    }

    /// Puts a report into a batch at the helper, as a job that the leader has forgotten would have.
    private func acceptAtHelper(_ client: PairClient, _ helper: NodePair.Running, _ batch: BatchID?) async throws {
        let report = VerifiedReport(
            time: client.now, batchID: batch, leafHash: nil, claimKey: nil,
            outputShare: [UInt8](repeating: 0, count: 48), inputShare: [], outbound: [])
        _ = try await helper.context.store.commitHelperJob(
            client.file.taskID, .random(), outcomes: [.init(reportID: .random(), finding: .verified(report))],
            verifyKey: nil, keepsLastWords: false, vdaf: client.vdaf)
    }

    private func query(_ client: PairClient, _ mode: BatchMode) -> Query {
        mode == .leaderSelected ? .leaderSelected : client.today
    }

    @Test(arguments: [BatchMode.leaderSelected, .timeInterval])
    func bothLoseOnlyWhatTheyDisagreeAbout(mode: BatchMode) async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: mode))
        try await pair.withNodes { leader, helper in
            let time = client.now
            try await client.upload(try (0..<4).map { try client.report([$0, 1, 7], time: time) })
            try await client.awaitAccepted(4, at: leader)
            let batch =
                mode == .leaderSelected
                ? try await leader.context.store.batchForNextJob(task: client.file.taskID)
                : nil
            for _ in 0..<3 { try await acceptAtLeader(client, leader, time: time) }
            for _ in 0..<2 { try await acceptAtHelper(client, helper, batch) }
            let (count, sums) = try await client.collect(query(client, mode))
            #expect(count == 4)
            #expect(sums == .vector([6, 4, 28]))
            let status = try await client.status()
            #expect((status["rejected"] as? [String: Int]) == ["report_dropped": 3], "all of them are counted")
        }
    }

    /// What remains is too little: the batch is free again, with the right number of reports.
    @Test func whatRemainsHasToBeEnough() async throws {
        let pair = try NodePair()
        let client = try PairClient(
            pair, try await pair.addTask(committed: false, mode: .leaderSelected, minBatchSize: 5))
        try await pair.withNodes { leader, _ in
            try await client.upload(try (0..<4).map { try client.report([$0, 1, 7]) })
            try await client.awaitAccepted(4, at: leader)
            for _ in 0..<3 { try await acceptAtLeader(client, leader, time: client.now) }
            let answer = try await client.finishCollection(.leaderSelected)
            #expect(try problem(answer) == .invalidBatchSize)
            #expect(answer.text.contains("holds 4 validated reports"))
            try await client.upload([try client.report([1, 1, 1])])
            #expect(try await client.collect(.leaderSelected).sums == .vector([7, 5, 29]))
        }
    }

    /// The question and its answer may be lost, cut or exchanged as any other.
    @Test(arguments: [OddShareAnswerTests.Odd.page400, .page200, .cut, .empty200, .otherType, .redirect])
    func anOddAnswerToTheComparisonIsAskedForAgain(odd: OddShareAnswerTests.Odd) async throws {
        try await ScriptedPair.run(committed: false, nodes: false) { call in
            call.resource == "batches" && call.number == 1 ? .after(odd.change) : .pass
        } _: { scene in
            try await scene.pair.withNodes { leader, helper in
                try await scene.upload(0..<4)
                try await scene.client.awaitAccepted(4, at: leader)
                let batch = try await leader.context.store.batchForNextJob(task: scene.client.file.taskID)
                try await acceptAtLeader(scene.client, leader, time: scene.client.now)
                try await acceptAtHelper(scene.client, helper, batch)
                #expect(try await scene.client.collect(.leaderSelected).sums == .vector([6, 4, 28]))
            }
        }
    }

    /// A helper that names one report a time would keep the leader at it for as long as there are reports.
    @Test func aHelperThatMissesOneReportAfterTheOtherIsNotFollowedForEver() async throws {
        try await ScriptedPair.run(committed: false) { call in
            switch call.resource {
            case "aggregate_shares":
                return .instead(
                    Answer(
                        status: 400, body: NodeError.dap(.batchMismatch, "no").problem.json(),
                        headers: ["content-type": "application/problem+json"]))
            case "batches":
                let ids = (try? BatchComparison(decoding: call.body))?.reportIDs ?? []
                return .instead(
                    Answer(
                        status: 200, body: BatchDifference(missing: Array(ids.prefix(1)), dropped: 0).encoded(),
                        headers: ["content-type": BatchDifference.mediaType]))
            default: return .pass
            }
        } _: { scene in
            try await scene.upload(0..<20)
            let answer = try await scene.client.finishCollection(.leaderSelected)
            #expect(try problem(answer) == .batchMismatch)
            let most = CollectionPatience.mostComparisons + 1
            #expect(scene.proxy.calls("POST", "batches").count == most)
            let status = try await scene.client.status()
            #expect(status["rejected"] as? [String: Int] == ["report_dropped": most], "the others are still there")
            #expect(try await scene.batchStates() == ["disputed"])
        }
    }

    // MARK: A helper that speaks plain DAP

    /// A server has many ways to say that it does not have a page.
    @Test func aPlainHelperMayAnswerTheComparisonWithAnything() async throws {
        try await ScriptedPair.run(committed: false, nodes: false, isPlain: true) { call in
            call.resource == "batches" ? .instead(.page(403)) : .pass
        } _: { scene in
            try await scene.pair.withNodes { leader, _ in
                let client = scene.client
                try await leader.awaitStanding(of: client.file.taskID) { $0 == .plain }
                try await scene.upload(0..<4)
                try await client.awaitAccepted(4, at: leader)
                try await acceptAtLeader(client, leader, time: client.now)
                #expect(try problem(try await client.finishCollection(.leaderSelected)) == .batchMismatch)
                #expect(try await scene.batchStates() == ["disputed"])
            }
        }
    }

    @Test func aPlainHelperLosesOneBatchAndNotTheTask() async throws {
        try await ScriptedPair.run(committed: false, nodes: false) { call in
            call.resource == "batches" ? .instead(.page(404)) : .pass
        } _: { scene in
            try await scene.pair.withNodes { leader, _ in
                let client = scene.client
                try await scene.upload(0..<4)
                try await client.awaitAccepted(4, at: leader)
                try await acceptAtLeader(client, leader, time: client.now)
                let refused = try await client.finishCollection(.leaderSelected)
                #expect(try problem(refused) == .batchMismatch)
                #expect(refused.text.contains("5 validated reports") && refused.text.contains("helper has 4"))
                #expect(try await scene.batchStates() == ["disputed"])

                // Later reports are in another batch, which is collected before the doubtful one is tried again.
                try await scene.upload(0..<3)
                try await client.awaitAccepted(8, at: leader)
                #expect(try await client.collect(.leaderSelected).sums == .vector([3, 3, 21]))
                #expect(try await scene.batchStates() == ["disputed", "collected"])
            }
        }
    }

    @Test func anIntervalAboutWhichAPlainHelperDisagreesCanBeAskedForInParts() async throws {
        try await ScriptedPair.run(committed: false, mode: .timeInterval, nodes: false) { call in
            call.resource == "batches" ? .instead(.page(405)) : .pass
        } _: { scene in
            try await scene.pair.withNodes { leader, _ in
                let client = scene.client
                let time = client.now
                for age in 0..<2 as Range<UInt64> {
                    try await client.upload(
                        try (0..<3).map { try client.report([$0, 1, 7], time: time - age) })
                }
                try await client.awaitAccepted(6, at: leader)
                try await acceptAtLeader(client, leader, time: time)
                func interval(_ start: UInt64, _ duration: UInt64) -> Query {
                    .timeInterval(Interval(start: start, duration: duration))
                }
                for _ in 0..<2 {
                    let refused = try await client.finishCollection(interval(time - 1, 2))
                    #expect(try problem(refused) == .batchMismatch)
                    #expect(try await scene.batchStates() == ["open", "open"])
                }
                #expect(try await client.collect(interval(time - 1, 1)).sums == .vector([3, 3, 21]))
            }
        }
    }

    // MARK: Restored nodes

    /// Copies a stopped node's database and what counts beside its keys, as a backup of the machine does.
    ///
    /// - Returns: the copies' folder.
    private func copy(_ node: NodeConfiguration) async throws -> String {
        let backup = "\(node.dataDirectory)/backup-\(UUID())"
        try FileManager.default.createDirectory(atPath: backup, withIntermediateDirectories: true)
        let store = try await node.openTestDatabase()
        try await node.backUpTestDatabase(store, to: "\(backup)/database")
        await store.closeWhenIdle()
        try FileManager.default.copyItem(atPath: generation(node), toPath: "\(backup)/generation")
        return backup
    }

    private func restore(_ node: NodeConfiguration, from backup: String) async throws {
        try await node.restoreTestDatabase(from: "\(backup)/database")
        try FileManager.default.removeItem(atPath: generation(node))
        try FileManager.default.copyItem(atPath: "\(backup)/generation", toPath: generation(node))
    }

    private func generation(_ node: NodeConfiguration) -> String { "\(node.keyDirectory)/generation" }

    /// A node put back to a copy from before the last jobs: the sum is over what both hold, the rest is reported.
    @Test(arguments: [NodeRole.helper, .leader], [BatchMode.leaderSelected, .timeInterval])
    func aRestoredNodeLosesWhatItForgot(role: NodeRole, mode: BatchMode) async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: mode))
        let time = client.now
        var leader = try await pair.start(pair.leader)
        var helper = try await pair.start(pair.helper)
        try await client.upload(try (0..<4).map { try client.report([$0, 1, 7], time: time) })
        try await client.awaitAccepted(4, at: leader)
        let node = role == .leader ? pair.leader : pair.helper
        await leader.stop()
        await helper.stop()
        let backup = try await copy(node)
        leader = try await pair.start(pair.leader)
        helper = try await pair.start(pair.helper)
        try await client.upload(try (0..<3).map { _ in try client.report([7, 7, 7], time: time) })
        try await client.awaitAccepted(7, at: leader)
        await leader.stop()
        await helper.stop()
        try await restore(node, from: backup)
        leader = try await pair.start(pair.leader)
        helper = try await pair.start(pair.helper)
        let interval = Query.timeInterval(Interval(start: time - 1, duration: 3))
        let (count, sums) = try await client.collect(mode == .leaderSelected ? .leaderSelected : interval)
        #expect(count == 4)
        #expect(sums == .vector([6, 4, 28]))
        let rejected = try await client.status()["rejected"] as? [String: Int]
        #expect(rejected == (role == .helper ? ["report_dropped": 3] : [:]))
        await leader.stop()
        await helper.stop()
    }

    /// A leader that is put back to when the last reports were uploaded and in no job yet sends them again, in other jobs.
    /// The helper has them already, and both leave them out.
    @Test func reportsThatARestoredLeaderSendsAgainAreReplaysAndHarmNobody() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        do {
            var leader = try await pair.start(pair.leader)
            let helper = try await pair.start(pair.helper)
            try await client.upload(try (0..<4).map { try client.report([$0, 1, 7]) })
            try await client.awaitAccepted(4, at: leader)
            await leader.stop()
            let backup = try await copy(pair.leader)
            let late = try (0..<3).map { _ in try client.report([7, 7, 7]) }
            leader = try await pair.start(pair.leader)
            try await client.upload(late)
            try await client.awaitAccepted(7, at: leader)
            await leader.stop()
            try await restore(pair.leader, from: backup)
            leader = try await pair.start(pair.leader)
            // Whoever sent them sends them again: a wallet that saw no answer does.
            try await client.upload(late + [try client.report([1, 1, 1])])
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 5)
            #expect(sums == .vector([7, 5, 29]))
            let rejected = try await client.status()["rejected"] as? [String: Int]
            #expect(rejected == ["report_replayed": 3])
            await leader.stop()
            await helper.stop()
        }
    }
}
