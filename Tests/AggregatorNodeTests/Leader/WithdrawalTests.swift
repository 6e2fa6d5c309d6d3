import AggregatorNode
import Crypto
import DAP
import Datastore
import Encodings
import Foundation
import Ledger
import Testing
import TransparencyLog

/// How a report ends otherwise than by being counted, and that the log says so.
@Suite struct WithdrawalTests {
    private func withdrawals(_ entries: [LedgerEntry]) -> [ReportID] {
        entries.compactMap { if case .withdrawal(let entry) = $0 { entry.reportID } else { nil } }
    }

    private func rejections(_ entries: [LedgerEntry]) -> [RejectedEntry] {
        entries.compactMap { if case .rejected(let entry) = $0 { entry } else { nil } }
    }

    @Test(arguments: [NodeRole.leader, .helper])
    func eitherNodeLetsAnAcceptedReportGo(role: NodeRole) async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        let node = role == .leader ? pair.leader : pair.helper
        try await pair.withNodes { leader, _ in
            let reports = try (0..<4).map { _ in try client.report([1, 2, 3]) }
            try await client.upload(reports)
            try await client.awaitAccepted(4, at: leader)
            let stranger = try await client.withdraw(reports[0], at: node, key: Curve25519.Signing.PrivateKey())
            #expect(stranger.status == 403)
            let gone = try await client.withdraw(reports[0], at: node)
            let again = try await client.withdraw(reports[0], at: node)
            #expect(gone.status == 200 && again.status == 200)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 3 && sums == .vector([3, 6, 9]))
            let late = try await client.withdraw(reports[1], at: node)
            #expect(late.status == 409)

            let audit = try await client.audit()
            #expect(audit.isVerified, "\(audit.batches)")
            let entries = try await client.published()
            #expect(withdrawals(entries) == [reports[0].metadata.reportID] && rejections(entries).isEmpty)
            #expect(try await client.receipt(reports[0].metadata.reportID).status == 410)
            #expect(try await client.status()["withdrawn"] as? Int == 1)
        }
    }

    @Test func aReportThatWaitsOrIsInAJobIsLetGo() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .timeInterval))
        let reports = try (0..<4).map { _ in try client.report([1, 2, 3]) }
        // Without the helper, reports stay in their job.
        let leader = try await pair.start(pair.leader)
        let early = try await pair.start(pair.helper)
        try await leader.awaitStanding(of: client.file.taskID) { $0 == .fits }
        await early.stop()
        try await client.upload(reports)
        while try await leader.context.store.reportCounts(task: client.file.taskID).aggregating < 4 {
            try await Task.sleep(for: .milliseconds(20))
        }
        let waiting = try await client.withdraw(reports[0], at: pair.leader)
        #expect(waiting.status == 202)
        let helper = try await pair.start(pair.helper)
        let (count, sums) = try await client.collect(client.today)
        #expect(count == 3 && sums == .vector([3, 6, 9]))
        #expect(try await client.audit().isVerified)
        #expect(withdrawals(try await client.published()) == [reports[0].metadata.reportID])
        let again = try await client.withdraw(reports[0], at: pair.leader)
        #expect(again.status == 200)
        await leader.stop()
        await helper.stop()
    }

    @Test func aBatchThatWithdrawalsMakeTooSmallIsNotCollected() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        try await pair.withNodes { leader, _ in
            let reports = try (0..<2).map { _ in try client.report([1, 2, 3]) }
            try await client.upload(reports)
            try await client.awaitAccepted(2, at: leader)
            let gone = try await client.withdraw(reports[0], at: pair.helper)
            #expect(gone.status == 200)
            let refused = try await client.finishCollection(.leaderSelected)
            #expect(try problem(refused) == .invalidBatchSize)
        }
    }

    @Test func whatIsNoWithdrawalOfAReportHereIsRefused() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        let report = try client.report([1, 2, 3])
        var entry = try WithdrawalEntry(
            taskID: client.file.taskID, reportID: report.metadata.reportID, key: client.claimKey(report))
        entry.signature[0] ^= 1
        let unsigned = LedgerEntry.withdrawal(entry).encoded()
        let other = LedgerEntry.withdrawal(
            try WithdrawalEntry(taskID: .random(), reportID: report.metadata.reportID, key: client.claimKey(report))
        ).encoded()
        let bodies: [([UInt8], Int)] = [(unsigned, 403), (other, 400), ([0, 5, 1], 400), ([], 400)]
        try await pair.withNodes { _, _ in
            for node in [pair.leader, pair.helper] {
                // A leader keeps a report out that it does not have; a helper wants to see a promise about it.
                let unknown = try await client.withdraw(report, at: node)
                #expect(unknown.status == (node.role == .leader ? 200 : 404))
                for (body, status) in bodies {
                    let answer = try await TestClient(port: node.listenPort).send(
                        "POST", "/cairn/tasks/\(client.file.taskID.base64URL)/withdrawals", body: body)
                    #expect(answer.status == status)
                }
            }
        }
    }

    /// Who refused a report is who signed that it did.
    @Test func theHelperSignsWhatItRefuses() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        try await pair.withNodes { leader, _ in
            let good = try (0..<2).map { _ in try client.report([1, 2, 3]) }
            let bad = try DishonestClient.unreadableForHelper(client.report([1, 2, 3]))
            try await client.upload(good + [bad])
            try await client.awaitAccepted(2, at: leader)
            _ = try await client.collect(.leaderSelected)
            let rejected = rejections(try await client.published())
            #expect(rejected.map(\.reportID) == [bad.metadata.reportID])
            #expect(rejected.map(\.role) == [.helper] && rejected.map(\.error) == [.hpkeDecryptError])
            let entry = try #require(rejected.first)
            #expect(entry.isSigned(by: pair.helperKeys.statementPublicKey))

            func ask(_ report: Report) async throws -> Answer {
                let path = "refusals/\(report.metadata.reportID.base64URL)"
                return try await TestClient(port: pair.helper.listenPort).send(
                    "GET", "/cairn/tasks/\(client.file.taskID.base64URL)/\(path)")
            }
            #expect(try await LedgerEntry(decoding: ask(bad).body) == .rejected(entry))
            #expect(try await ask(good[0]).status == 404, "it never says that it refused what it accepted")
            let anonymous = try await TestClient(port: pair.helper.listenPort).send(
                "POST", "/cairn/tasks/\(client.file.taskID.base64URL)/refusals", body: [0, 0, 0, 0])
            #expect(anonymous.status == 401)
        }
    }
}
