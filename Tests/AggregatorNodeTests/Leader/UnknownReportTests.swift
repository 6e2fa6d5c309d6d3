import AggregatorNode
import Crypto
import DAP
import Datastore
import Encodings
import Foundation
import Ledger
import TaskTypes
import Tasks
import Testing
import TransparencyLog

/// Reports that the leader has in another form than they were sent, or not at all: its contributor must get an end that
/// the log shows.
@Suite struct UnknownReportTests {
    private func withdrawals(_ entries: [LedgerEntry]) -> [ReportID] {
        entries.compactMap { if case .withdrawal(let entry) = $0 { entry.reportID } else { nil } }
    }

    @Test func aReportThatNeverCameIsKeptOutAndTheLogSaysSo() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        try await pair.withNodes { leader, _ in
            let reports = try (0..<3).map { _ in try client.report([1, 2, 3]) }
            let lost = reports[0]
            for _ in 0..<2 { #expect(try await client.withdraw(lost, at: pair.leader).status == 200) }
            _ = try await eventually("the log shows the withdrawal") { () -> Bool? in
                // There is no checkpoint before the first one.
                guard let published = try? await client.published() else { return nil }
                return withdrawals(published) == [lost.metadata.reportID] ? true : nil
            }
            // Whoever kept the report cannot bring it in any more.
            let late = try await client.upload(reports)
            #expect(late.map(\.reportID) == [lost.metadata.reportID] && late.map(\.error) == [.reportDropped])
            let answer = try await client.uploadAnswer([lost])
            #expect(answer.headers["cairn-promise"] == nil)
            try await client.awaitAccepted(2, at: leader)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 2 && sums == .vector([2, 4, 6]))
            #expect(try await client.audit().isVerified)
            #expect(try await withdrawals(client.published()) == [lost.metadata.reportID])
        }
    }

    @Test func strangersKeepNobodysReportOut() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        try await pair.withNodes { leader, _ in
            let report = try client.report([1, 2, 3])
            let stranger = try await client.withdraw(report, at: pair.leader, key: Curve25519.Signing.PrivateKey())
            #expect(stranger.status == 200)
            #expect(try await client.upload([report]).isEmpty)
            try await client.awaitAccepted(1, at: leader)
            #expect(try await client.withdraw(report, at: pair.leader).status == 200)
        }
    }

    @Test func withdrawalsOfReportsThatAreNotThereAreBounded() async throws {
        let pair = try NodePair()
        let file = try await pair.addTask(committed: true, mode: .leaderSelected)
        let vdaf = try makeTaskVDAF(file.configuration.vdaf)
        let store = try await pair.leader.openTestDatabase()
        defer { try? store.close() }
        func withdraw(_ id: ReportID, _ task: TaskID = file.taskID) async throws -> WithdrawalOutcome {
            let key = try ClaimKey.derive(seed: [UInt8](repeating: 8, count: 32), taskID: task, reportID: id)
            return try await store.withdraw(
                try WithdrawalEntry(taskID: task, reportID: id, key: key), earlyLimit: 2, vdaf: vdaf)
        }
        let ids = (0..<3).map { _ in ReportID.random() }
        let before = try await store.numberedSize()
        #expect(try await withdraw(ids[0]) == .withdrawn)
        #expect(try await withdraw(ids[1]) == .withdrawn)
        #expect(try await withdraw(ids[2]) == .full)
        #expect(try await withdraw(ids[0]) == .withdrawn, "what is there is there")
        #expect(try await withdraw(ids[2], .random()) == .withdrawn, "every task has its own bound")
        #expect(try await store.numberedSize() == before + 3)
    }

    /// A client that was told to encrypt anew sends the same report in other ciphertexts. Whichever form the leader has
    /// taken, it promises the report, once and the same, and counts it once.
    @Test func theSameReportInOtherCiphertextsIsTheSameReport() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        try await pair.withNodes { leader, _ in
            let sharded = try client.vdaf.shard(
                taskID: client.file.taskID, measurement: .vector([1, 2, 3]), reportID: .random())
            let (first, second) = (try client.seal(sharded), try client.seal(sharded))
            try #require(first != second && first.metadata == second.metadata)
            for report in [first, second, first] {
                let answer = try await client.uploadAnswer([report])
                #expect(answer.status == 200 && answer.body.isEmpty)
                let promise = try UploadPromise(
                    parsing: try #require(answer.headers["cairn-promise"].flatMap { Base64.decode($0) }))
                let held = try promise.held(
                    for: [client.entry(first)], configuration: client.file.configuration.encoding)
                #expect(held.count == 1)
            }
            // Under its id, no other report of the contributor is taken.
            let other = try client.report([1, 2, 3], id: first.metadata.reportID)
            #expect(try await client.upload([other]).map(\.error) == [.reportReplayed])
            #expect(try await client.upload([client.report([1, 0, 0])]).isEmpty)
            try await client.awaitAccepted(2, at: leader)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 2 && sums == .vector([2, 2, 3]))
        }
    }

    @Test func inTasksWithoutALogOtherCiphertextsAreAnotherReport() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .leaderSelected))
        try await pair.withNodes { _, _ in
            let sharded = try client.vdaf.shard(
                taskID: client.file.taskID, measurement: .vector([1, 2, 3]), reportID: .random())
            #expect(try await client.upload([client.seal(sharded)]).isEmpty)
            #expect(try await client.upload([client.seal(sharded)]).map(\.error) == [.reportReplayed])
        }
    }
}
