import AggregatorNode
import Crypto
import DAP
import Datastore
import Encodings
import Foundation
import Ledger
import TestSupport
import Testing
import TransparencyLog

/// Somebody puts a backup in the place of a helper's database, and the leader uses what it has forgotten: a second sum over
/// all reports but one would be that one's share. Nothing but the database shows that the helper was restored.
@Suite struct RestoreTests {
    private static let shares = "/aggregate_shares"

    /// A batch of which the helper has released its share, and a backup from before the close.
    private struct Released {
        let id: BatchID
        let reports: [LeaderReport]
        let backup: String
        /// Entries in the log when the backup was made.
        let sizeAtBackup: Int

        var selector: BatchSelector { .leaderSelected(id) }
    }

    private func release(_ fixture: HelperFixture, _ client: TestClient) async throws -> Released {
        let id = BatchID.random()
        let reports = try (0..<4).map { try fixture.report([UInt64($0), 1, 7]) }
        _ = try await fixture.post(
            client, "/aggregation_jobs", fixture.job(reports, batch: id), .aggregationJobInitReq)
        await fixture.log.append(reports.map { fixture.entry($0, batch: id) })
        let size = try await fixture.log.flush(client)
        let backup = try await fixture.backUp()
        let close = try await close(reports, id, size, fixture, client)
        await fixture.log.append([close])
        try await fixture.log.flush(client)
        let answer = try await fixture.post(
            client, Self.shares, fixture.shareRequest(reports, .leaderSelected(id)), .aggregateShareReq)
        try #require(answer.status == 200, "\(answer.text)")
        return Released(id: id, reports: reports, backup: backup, sizeAtBackup: Int(size))
    }

    private func terms(_ reports: [LeaderReport], _ id: BatchID, _ fixture: HelperFixture) -> CloseEntry.Terms {
        var root = BatchRoot()
        for report in reports { root.append(entry: fixture.entry(report, batch: id)) }
        return .init(taskID: fixture.task.id, selector: .leaderSelected(id), root: root.root, count: root.count)
    }

    private func propose(
        _ reports: [LeaderReport], _ id: BatchID, _ size: UInt64, _ fixture: HelperFixture, _ client: TestClient
    ) async throws -> Answer {
        let proposal = CloseProposal(
            selector: .leaderSelected(id), checkpointSize: size, reportIDs: reports.map(\.id))
        return try await client.send(
            "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
            headers: fixture.headers("application/octet-stream"))
    }

    /// The close entry of these reports under both signatures.
    private func close(
        _ reports: [LeaderReport], _ id: BatchID, _ size: UInt64, _ fixture: HelperFixture, _ client: TestClient
    ) async throws -> [UInt8] {
        let answer = try await propose(reports, id, size, fixture, client)
        guard answer.status == 200, case .signed(let signature) = try CloseAnswer(decoding: answer.body) else {
            throw CancellationError()
        }
        let terms = terms(reports, id, fixture)
        return LedgerEntry.close(
            CloseEntry(
                terms: terms, leaderSignature: try terms.sign(with: fixture.parties.leaderKeys.statement),
                helperSignature: signature)
        ).encoded()
    }

    private func rejection(_ report: LeaderReport, _ fixture: HelperFixture) throws -> [UInt8] {
        LedgerEntry.rejected(
            try RejectedEntry(
                taskID: fixture.task.id, reportID: report.id, role: .leader, error: .reportDropped,
                key: fixture.parties.leaderKeys.statement)
        ).encoded()
    }

    /// The attack that revealed an input: a rejection, another close, a second share.
    @Test func aRestoredHelperSignsNoSecondCloseAndStops() async throws {
        let fixture = try await HelperFixture(committed: true)
        let released = try await withServer(fixture.routes) { try await release(fixture, $0) }
        let restored = try await fixture.restored(from: released.backup)
        let rest = Array(released.reports.dropFirst())
        try await withServer(restored.routes) { client in
            await restored.log.append([try rejection(released.reports[0], restored)])
            // The witness's memory is as old; an honest proof brings it up to the log, where its own word stands.
            try await restored.log.flush(client, witnessed: released.sizeAtBackup)
            let size = await restored.log.size
            let answer = try await propose(rest, released.id, size, restored, client)
            #expect(answer.status == 503, "\(answer.text)")
            let reason = try #require(restored.context.halt.reason)
            #expect(reason.contains("under its signature") && reason.contains("does not know it"))
            #expect(try await restored.context.store.haltReason() == reason)
        }
        // It does not start again either.
        await #expect(throws: NodeStartError.self) {
            try await Node.begin(
                restored.context.store, generationFile: restored.parties.directory.file("no-such-file"))
        }
    }

    /// With an independent witness in the quorum, a forked log gets nowhere, whatever the helper has forgotten.
    @Test func aForkedLogIsNotCosignedByTheIndependentWitnessSoNoShareLeaves() async throws {
        let independent = try Cosigner(name: "independent.example")
        let fixture = try await HelperFixture(committed: true, independent: independent)
        let released = try await withServer(fixture.routes) { try await release(fixture, $0) }
        let restored = try await fixture.restored(from: released.backup)
        let rest = Array(released.reports.dropFirst())
        try await withServer(restored.routes) { client in
            try await restored.log.rewind(to: released.sizeAtBackup, witnessed: released.sizeAtBackup)
            await restored.log.append([try rejection(released.reports[0], restored)])
            let size = try await restored.log.flush(client)
            let answer = try await propose(rest, released.id, size, restored, client)
            #expect(answer.status == 409 && answer.text.contains("policy"), "\(answer.text)")
            // Not even with a close that the helper had signed: the share waits for the quorum.
            let terms = terms(rest, released.id, restored)
            let forged = CloseEntry(
                terms: terms, leaderSignature: try terms.sign(with: restored.parties.leaderKeys.statement),
                helperSignature: try terms.sign(with: restored.parties.helperKeys.statement))
            await restored.log.append([LedgerEntry.close(forged).encoded()])
            try await restored.log.flush(client)
            let share = try await restored.post(
                client, Self.shares, restored.shareRequest(rest, released.selector), .aggregateShareReq)
            #expect(share.status >= 400 && share.headers["cairn-statement"] == nil)
        }
    }

    /// A helper that signed a second close in good faith, because the leader showed it no newer log, releases nothing.
    @Test func noShareLeavesForASecondCloseEvenIfTheHelperSignedIt() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            let id = BatchID.random()
            let reports = try (0..<4).map { try fixture.report([UInt64($0), 1, 7]) }
            _ = try await fixture.post(
                client, "/aggregation_jobs", fixture.job(reports, batch: id), .aggregationJobInitReq)
            await fixture.log.append(reports.map { fixture.entry($0, batch: id) })
            let size = try await fixture.log.flush(client)
            let signed = try await close(reports, id, size, fixture, client)
            // In front of the close that the helper knows of there is another one under both signatures.
            let rest = Array(reports.dropFirst())
            let earlier = terms(rest, id, fixture)
            await fixture.log.append([
                try rejection(reports[0], fixture),
                LedgerEntry.close(
                    CloseEntry(
                        terms: earlier, leaderSignature: try earlier.sign(with: fixture.parties.leaderKeys.statement),
                        helperSignature: try earlier.sign(with: fixture.parties.helperKeys.statement))
                ).encoded(), signed,
            ])
            try await fixture.log.flush(client)
            for batch in [reports, rest] {
                let answer = try await fixture.post(
                    client, Self.shares, fixture.shareRequest(batch, .leaderSelected(id)), .aggregateShareReq)
                #expect(answer.status >= 400 && answer.headers["cairn-statement"] == nil, "\(answer.text)")
            }
        }
    }

    @Test func aWalletsCheckpointStopsAHelperThatHasForgottenIt() async throws {
        let fixture = try await HelperFixture(committed: true)
        let released = try await withServer(fixture.routes) { try await release(fixture, $0) }
        let folder = fixture.parties.directory.file("log")
        let newest = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/checkpoint"))
        // The honest helper has nothing to learn from it, nor from garbage, nor from another log's.
        try await withServer(fixture.routes) { client in
            #expect(try await client.send("POST", "/cairn/checkpoints", body: Array(newest)).status == 204)
            #expect(try await client.send("POST", "/cairn/checkpoints", body: [1, 2, 3]).status == 400)
            let stranger = try SignedCheckpoint(
                Checkpoint(origin: Parties.origin, size: 1_000_000, root: [UInt8](repeating: 1, count: 32)),
                signedBy: try NoteSigner(name: Parties.origin))
            #expect(
                try await client.send("POST", "/cairn/checkpoints", body: stranger.serialized()).status == 204)
            #expect(fixture.context.halt.reason == nil)
        }
        let restored = try await fixture.restored(from: released.backup)
        try await withServer(restored.routes) { client in
            let answer = try await client.send("POST", "/cairn/checkpoints", body: Array(newest))
            #expect(answer.status == 503)
            #expect(restored.context.halt.reason?.contains("its key's signature") == true)
        }
    }

    @Test func aWitnessThatIsAskedWithItsOwnNewerCosignatureStops() async throws {
        let fixture = try await HelperFixture(committed: true)
        let released = try await withServer(fixture.routes) { try await release(fixture, $0) }
        let folder = fixture.parties.directory.file("log")
        let newest = try SignedCheckpoint(
            parsing: Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/checkpoint"))))
        let restored = try await fixture.restored(from: released.backup)
        try await withServer(restored.routes) { client in
            let request = AddCheckpointRequest(oldSize: UInt64(released.sizeAtBackup), proof: [], checkpoint: newest)
            let answer = try await client.send("POST", "/witness/add-checkpoint", body: request.serialized())
            #expect(answer.status == 503)
            #expect(restored.context.halt.reason != nil)
        }
    }

    // MARK: The file beside the keys

    @Test func aDatabaseFromABackupDoesNotStartBesideNewerKeys() async throws {
        let fixture = try await HelperFixture(committed: true)
        let file = "\(fixture.parties.helper.keyDirectory)/generation"
        let backup = try await fixture.backUp()
        _ = try await withServer(fixture.routes) { try await release(fixture, $0) }
        let restored = try await fixture.restored(from: backup)
        await #expect(throws: GenerationError.self) {
            try await Generation.begin(path: file, store: restored.context.store)
        }
        // Nor without the file, nor with one that is far behind, nor with one that is none.
        try FileManager.default.removeItem(atPath: file)
        for text in [nil, "5000\n", "none\n"] as [String?] {
            if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) }
            await #expect(throws: GenerationError.self, "\(text ?? "missing")") {
                try await Generation.begin(path: file, store: restored.context.store)
            }
        }
    }

    @Test func aCrashBetweenDatabaseAndFileIsNoRestore() async throws {
        let temporary = try TemporaryFolder.ofNodes()
        let store = try NodeDatabase.open(path: temporary.file("node.sqlite"))
        let file = temporary.file("generation")
        _ = try await Generation.begin(path: file, store: store)
        // Counted in the database, and killed before the file followed.
        try await store.countDeed()
        let second = try await Generation.begin(path: file, store: store)
        let number = try await store.generation()
        #expect(try GenerationFile(path: file).read()?.number == number)
        try await store.countDeed()
        try await second.settle()
        #expect(try GenerationFile(path: file).read()?.number == number + 1)
    }
}
