import AggregatorNode
import Crypto
import DAP
import Datastore
import Foundation
import Ledger
import Testing

/// Whatever a node says for good, it counts before it says it: with the database from just before put back in its place,
/// it does not start.
@Suite struct CountedWordsTests {
    // MARK: The helper's

    enum HelperWord: CaseIterable, Sendable { case withdrawal, earlyWithdrawal, refusal, listedRefusal }

    @Test(arguments: HelperWord.allCases) func aHelperThatForgotItsWordDoesNotStart(word: HelperWord) async throws {
        let fixture = try await HelperFixture(committed: true)
        let report = try fixture.report()
        let id = report.id
        let tasks = "/cairn/tasks/\(fixture.task.id.base64URL)"
        let backup = try await withServer(fixture.routes) { client in
            func take(_ report: LeaderReport) async throws {
                let job = fixture.job([report], batch: .random())
                #expect(try await fixture.post(client, "/aggregation_jobs", job, .aggregationJobInitReq).status == 200)
            }
            if word == .withdrawal { try await take(report) }
            let backup = try await fixture.backUp()
            switch word {
            case .withdrawal, .earlyWithdrawal:
                let entry = LedgerEntry.withdrawal(try withdrawal(id, fixture)).encoded()
                let body = PromisedWithdrawal(entry: entry, promise: try promise(report, fixture)).encoded()
                for _ in 0..<2 {
                    let answer = try await client.send(
                        "POST", "\(tasks)/withdrawals", body: body,
                        headers: ["Content-Type": PromisedWithdrawal.mediaType])
                    #expect(answer.status == (word == .withdrawal ? 200 : 202), "\(answer.text)")
                }
            case .refusal, .listedRefusal:
                var bad = report
                bad.verification = try fixture.report().verification
                try await take(bad)
                let answer =
                    word == .refusal
                    ? try await client.send("GET", "\(tasks)/refusals/\(id.base64URL)")
                    : try await client.send(
                        "POST", "\(tasks)/refusals", body: RefusalQuestion(reportIDs: [id]).encoded(),
                        headers: fixture.headers("application/octet-stream"))
                #expect(answer.status == 200 && answer.body.count > 64, "\(answer.text)")
            }
            return backup
        }
        let restored = try await fixture.restored(from: backup)
        try await expectOld(restored.context.store, fixture.parties.helper)
    }

    /// What was said before counts once: repeating a question writes nothing.
    @Test func theSameWordAgainCountsNothing() async throws {
        let fixture = try await HelperFixture(committed: true)
        let report = try fixture.report()
        let store = fixture.context.store
        let entry = try withdrawal(report.id, fixture)
        func withdraw(_ entry: WithdrawalEntry, _ earlyLimit: Int?) async throws -> WithdrawalOutcome {
            try await store.withdrawHelperReport(entry, earlyLimit: earlyLimit, vdaf: fixture.task.vdaf)
        }
        let before = try await store.generation()
        #expect(try await withdraw(entry, nil) == .unknown)
        #expect(try await store.generation() == before)
        for _ in 0..<3 {
            #expect(try await withdraw(entry, 5) == .pending)
            #expect(try await store.generation() == before + 1)
        }
        #expect(try await withdraw(try withdrawal(.random(), fixture), 1) == .full)
        #expect(try await store.generation() == before + 1)
    }

    // MARK: The leader's

    enum LeaderWord: CaseIterable, Sendable { case promise, withdrawal, earlyWithdrawal }

    @Test(arguments: LeaderWord.allCases) func aLeaderThatForgotItsWordDoesNotStart(word: LeaderWord) async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        let report = try client.report([1, 2, 3])
        let leader = try await pair.start(pair.leader)
        if word == .withdrawal { #expect(try await client.upload([report]).isEmpty) }
        let backup = pair.directory.file("backup")
        try await pair.leader.backUpTestDatabase(leader.context.store, to: backup)
        let before = try await leader.context.store.generation()
        for _ in 0..<2 {
            switch word {
            case .promise: #expect(try await client.upload([report]).isEmpty)
            case .withdrawal, .earlyWithdrawal:
                let answer = try await client.withdraw(report, at: pair.leader)
                #expect((200...202).contains(answer.status), "\(answer.text)")
            }
        }
        #expect(try await leader.context.store.generation() == before + 1, "once, however often it is asked")
        await leader.stop()
        try await pair.leader.restoreTestDatabase(from: backup)
        try await expectOld(try await pair.leader.openTestDatabase(), pair.leader)
    }

    /// A promise that could not be counted stays in the house, and nothing is taken while that lasts.
    @Test func noPromiseLeavesWhileTheFileCannotBeWritten() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        let leader = try await pair.start(pair.leader)
        let keys = pair.leader.keyDirectory
        try FileManager.default.moveItem(atPath: keys, toPath: keys + ".away")
        for _ in 0..<3 {
            let answer = try await client.uploadAnswer([try client.report([1, 2, 3])])
            #expect(answer.status >= 500 && answer.headers["cairn-promise"] == nil, "\(answer.text)")
        }
        // The first was under way when the disk failed; the others were not begun.
        let counts = try await leader.context.store.reportCounts(task: client.file.taskID)
        #expect(counts.received + counts.aggregating == 1)
        try FileManager.default.moveItem(atPath: keys + ".away", toPath: keys)
        #expect(try await client.upload([try client.report([1, 2, 3])]).isEmpty)
        await leader.stop()
    }

    // MARK: -

    private func expectOld(_ store: NodeDatabase, _ configuration: NodeConfiguration) async throws {
        let error = await #expect(throws: GenerationError.self) {
            try await Generation.begin(path: "\(configuration.keyDirectory)/generation", store: store)
        }
        guard case .databaseIsOld = error else {
            Issue.record("\(error?.description ?? "it starts")")
            return
        }
    }

    private func withdrawal(_ id: ReportID, _ fixture: HelperFixture) throws -> WithdrawalEntry {
        try WithdrawalEntry(
            taskID: fixture.task.id, reportID: id,
            key: try ClaimKey.derive(
                seed: [UInt8](repeating: 3, count: 32), taskID: fixture.task.id, reportID: id))
    }

    private func promise(_ report: LeaderReport, _ fixture: HelperFixture) throws -> [UInt8] {
        let entry = try ReportEntry(
            taskID: fixture.task.id, metadata: report.report.metadata, publicShare: report.report.publicShare,
            vdaf: fixture.task.vdaf)
        let promise = try UploadPromise(
            entries: [entry], taskID: fixture.task.id, deadline: HelperFixture.now + 86_400, origin: Parties.origin,
            key: fixture.parties.leaderKeys.statement)
        return try promise.held(for: [entry], configuration: fixture.task.configuration.encoding)[0].serialized()
    }
}
