import AggregatorNode
import Crypto
import DAP
import Datastore
import Foundation
import Ledger
import Tasks
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

    /// The helper has told its leader which reports it dropped.
    @Test func aHelperThatForgotAComparisonDoesNotStart() async throws {
        let fixture = try await HelperFixture(committed: false)
        let reports = try (0..<3).map { _ in try fixture.report() }
        let batch = BatchID.random()
        let comparison = BatchComparison(
            selector: .leaderSelected(batch), reportIDs: reports.dropLast().map(\.id))
        let backup = try await withServer(fixture.routes) { client in
            let job = fixture.job(reports, batch: batch)
            #expect(try await fixture.post(client, "/aggregation_jobs", job, .aggregationJobInitReq).status == 200)
            let backup = try await fixture.backUp()
            let answer = try await client.send(
                "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/batches", body: comparison.encoded(),
                headers: fixture.headers(BatchComparison.mediaType))
            #expect(try BatchDifference(decoding: answer.body) == BatchDifference(missing: [], dropped: 1))
            return backup
        }
        let restored = try await fixture.restored(from: backup)
        try await expectOld(restored.context.store, fixture.parties.helper)
    }

    /// A job's answer refuses reports. That it is stored says nothing about the file: the node may have ended in between.
    @Test func noRefusalLeavesInARepeatedAnswerWhileTheFileCannotBeWritten() async throws {
        let fixture = try await HelperFixture(committed: true)
        var bad = try fixture.report()
        bad.verification = try fixture.report().verification
        let job = fixture.job([bad], batch: .random())
        let keys = fixture.parties.helper.keyDirectory
        let before = try await fixture.context.store.generation()
        try await withServer(fixture.routes) { client in
            let path =
                fixture.path + "/aggregation_jobs/"
                + AggregationJobID.derived(taskID: fixture.task.id, body: job.encoded()).base64URL + "?step=0"
            func answers() async throws -> [Answer] {
                [
                    try await fixture.post(client, "/aggregation_jobs", job, .aggregationJobInitReq),
                    try await fixture.get(client, path),
                ]
            }
            try FileManager.default.moveItem(atPath: keys, toPath: keys + ".away")
            for _ in 0..<2 {
                for answer in try await answers() { #expect(answer.status >= 500, "\(answer.text)") }
            }
            #expect(try await fixture.context.store.generation() == before + 1, "it is stored")
            try FileManager.default.moveItem(atPath: keys + ".away", toPath: keys)
            for answer in try await answers() { #expect(answer.status == 200, "\(answer.text)") }
            #expect(try GenerationFile(path: "\(keys)/generation").read()?.number == before + 1)
        }
    }

    /// What was said before counts once: repeating a question writes nothing.
    @Test func theSameWordAgainCountsNothing() async throws {
        let fixture = try await HelperFixture(committed: true)
        let report = try fixture.report()
        let store = fixture.context.store
        let entry = try withdrawal(report.id, fixture)
        func withdraw(_ entry: WithdrawalEntry, _ earlyLimit: Int?) async throws -> WithdrawalOutcome {
            try await store.withdrawHelperReport(
                entry, early: earlyLimit.map { EarlyRoom(limit: $0, origin: Parties.origin) }, vdaf: fixture.task.vdaf)
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
        #expect(try await leader.context.store.generation() > before)
        await leader.stop()
        try await pair.leader.restoreTestDatabase(from: backup)
        try await expectOld(try await pair.leader.openTestDatabase(), pair.leader)
    }

    /// With a checkpoint counts whatever its tree says for the first time.
    @Test func aLeaderCountsWhatItsLogSays() async throws {
        let pair = try NodePair()
        let store = try await pair.leader.openTestDatabase()
        func expect(_ counted: UInt64, _ deed: () async throws -> Void) async throws {
            let before = try await store.generation()
            try await deed()
            #expect(try await store.generation() == before + counted)
        }
        func checkpoint(_ size: UInt64) -> StoredCheckpoint {
            StoredCheckpoint(size: size, root: [UInt8](repeating: UInt8(size), count: 32), note: [1])
        }
        for size in [1, 2] as [UInt64] {
            try await expect(1) { _ = try await store.recordCheckpoint(checkpoint(size)) }
            try await expect(0) { _ = try await store.recordCheckpoint(checkpoint(size)) }
        }
        // The same tree, with a later time of the leader.
        let later = StoredCheckpoint(size: 2, root: checkpoint(2).root, note: [2])
        for counted in [1, 0] as [UInt64] {
            try await expect(counted) { _ = try await store.renewCheckpoint(later, insteadOf: checkpoint(2)) }
        }
        for (counted, entry) in [(1, 7), (0, 7), (1, 8)] as [(UInt64, UInt8)] {
            try await expect(counted) { try await store.submitLogEntry([entry], task: .random()) }
        }
        await store.closeWhenIdle()
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
