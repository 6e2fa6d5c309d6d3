import AggregatorNode
import DAP
import Ledger
import Synchronization
import Tasks
import Testing
import TransparencyLog

/// The helper as a reader of the leader's log: what it believes, and that a log which serves other bytes than it had
/// cosigned gets nowhere.
@Suite struct LogFollowerTests {
    /// Switches the tampering on and off.
    private final class Switch: Sendable {
        let isOn = Atomic(true)
    }

    private func fixture(_ onlyWhile: Switch, _ isTampered: @escaping @Sendable (String) -> Bool) async throws
        -> HelperFixture
    {
        try await HelperFixture(committed: true) { folder in
            TamperingSource(honest: DirectoryTileSource(directory: folder)) {
                onlyWhile.isOn.load(ordering: .relaxed) && isTampered($0)
            }
        }
    }

    @Test(arguments: ["tile/entries/000.p/4", "tile/0/000.p/4", "tile/entries/", "tile/"])
    func tamperedFilesAreNoticedAndNothingOfThemIsKept(_ prefix: String) async throws {
        let tampering = Switch()
        let fixture = try await fixture(tampering) { $0.hasPrefix(prefix) }
        try await withServer(fixture.routes) { client in
            let batch = BatchID.random()
            let reports = try (0..<3).map { _ in try fixture.report() }
            _ = try await fixture.post(
                client, "/aggregation_jobs", fixture.job(reports, batch: batch), .aggregationJobInitReq)
            await fixture.log.append(reports.map { fixture.entry($0, batch: batch) })
            let size = try await fixture.log.flush(client)
            let proposal = CloseProposal(
                selector: .leaderSelected(batch), checkpointSize: size, reportIDs: reports.map(\.id))
            func propose() async throws -> Answer {
                try await client.send(
                    "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
                    headers: fixture.headers("application/octet-stream"))
            }
            let refused = try await propose()
            #expect(refused.status == 409 && refused.text.contains("does not verify"), "\(refused.text)")
            #expect(try await fixture.context.store.helperLogPosition(origin: Parties.origin) == nil)
            tampering.isOn.store(false, ordering: .relaxed)
            let answer = try await propose()
            guard case .signed = try CloseAnswer(decoding: answer.body) else {
                Issue.record("not signed: \(answer.text)")
                return
            }
            #expect(try await fixture.context.store.helperLogPosition(origin: Parties.origin)?.size == 4)
        }
    }

    /// The part that had the task's entry is read again after a failure behind it, and the entry is found again.
    @Test func aFailureBehindTheTasksEntryForgetsNothing() async throws {
        let tampering = Switch()
        let fixture = try await fixture(tampering) { $0.hasPrefix("tile/entries/001") }
        let filler = (0..<300).map { LedgerEntry.unknown(type: 99, body: Array("\($0)".utf8)).encoded() }
        try await withServer(fixture.routes) { client in
            let batch = BatchID.random()
            let reports = try (0..<3).map { _ in try fixture.report() }
            _ = try await fixture.post(
                client, "/aggregation_jobs", fixture.job(reports, batch: batch), .aggregationJobInitReq)
            await fixture.log.append(filler + reports.map { fixture.entry($0, batch: batch) })
            let size = try await fixture.log.flush(client)
            let proposal = CloseProposal(
                selector: .leaderSelected(batch), checkpointSize: size, reportIDs: reports.map(\.id))
            func propose() async throws -> Answer {
                try await client.send(
                    "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
                    headers: fixture.headers("application/octet-stream"))
            }
            #expect(try await propose().status == 409)
            tampering.isOn.store(false, ordering: .relaxed)
            let answer = try await propose()
            guard answer.status == 200, case .signed = try CloseAnswer(decoding: answer.body) else {
                Issue.record("not signed: \(answer.text)")
                return
            }
        }
    }

    @Test func aLongLogIsReadInPartsAndOnlyOnce() async throws {
        let fixture = try await HelperFixture(committed: true)
        let filler = (0..<2_500).map { LedgerEntry.unknown(type: 99, body: Array("\($0)".utf8)).encoded() }
        try await withServer(fixture.routes) { client in
            let batch = BatchID.random()
            let reports = try (0..<2).map { _ in try fixture.report() }
            _ = try await fixture.post(
                client, "/aggregation_jobs", fixture.job(reports, batch: batch), .aggregationJobInitReq)
            var answers: [Int] = []
            for (part, report) in reports.enumerated() {
                await fixture.log.append(Array(filler[(part * 1_250)..<((part + 1) * 1_250)]))
                await fixture.log.append([fixture.entry(report, batch: batch)])
                let size = try await fixture.log.flush(client)
                let proposal = CloseProposal(
                    selector: .leaderSelected(batch), checkpointSize: size, reportIDs: reports.map(\.id))
                let answer = try await client.send(
                    "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
                    headers: fixture.headers("application/octet-stream"))
                switch try CloseAnswer(decoding: answer.body) {
                case .drop(let ids): answers.append(ids.count)
                case .signed: answers.append(0)
                }
                #expect(try await fixture.context.store.helperLogPosition(origin: Parties.origin)?.size == size)
            }
            // At first the second report was not logged yet, then both were.
            #expect(answers == [1, 0])
        }
    }

    @Test func anUnreachableLogIsATemporaryFailure() async throws {
        struct Gone: TileSource {
            func tile(path: String) async throws -> [UInt8] { throw PeerError.unreachable(url: path, reason: "gone") }
        }
        let fixture = try await HelperFixture(committed: true) { _ in Gone() }
        try await withServer(fixture.routes) { client in
            await fixture.log.append([LedgerEntry.unknown(type: 99, body: []).encoded()])
            let size = try await fixture.log.flush(client)
            let proposal = CloseProposal(selector: .leaderSelected(.random()), checkpointSize: size, reportIDs: [])
            let answer = try await client.send(
                "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
                headers: fixture.headers("application/octet-stream"))
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] != nil)
        }
    }

    /// Signatures are checked a window at a time. One that does not hold takes its own entry out and no other.
    @Test func amongManySignaturesThoseThatDoNotHoldAreKnown() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            let batch = BatchID.random()
            let reports = try (0..<8).map { _ in try fixture.report() }
            _ = try await fixture.post(
                client, "/aggregation_jobs", fixture.job(reports, batch: batch), .aggregationJobInitReq)
            var entries = reports.map { fixture.entry($0, batch: batch) }
            for (number, report) in reports.enumerated() {
                switch number {
                case 0, 1: entries.append(try withdrawal(report, of: fixture, isValid: number == 0))
                case 2, 3: entries.append(try rejected(report, of: fixture, isValid: number == 2))
                default: break
                }
            }
            await fixture.log.append(entries)
            let size = try await fixture.log.flush(client)
            let proposal = CloseProposal(
                selector: .leaderSelected(batch), checkpointSize: size,
                reportIDs: [1, 3, 4, 5, 6, 7].map { reports[$0].id })
            let answer = try await client.send(
                "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
                headers: fixture.headers("application/octet-stream"))
            guard answer.status == 200, case .signed = try CloseAnswer(decoding: answer.body) else {
                Issue.record("not signed: \(answer.text)")
                return
            }
        }
    }

    private func withdrawal(_ report: LeaderReport, of fixture: HelperFixture, isValid: Bool) throws -> [UInt8] {
        let key = try ClaimKey.derive(
            seed: [UInt8](repeating: 3, count: 32), taskID: fixture.task.id, reportID: report.id)
        var entry = try WithdrawalEntry(taskID: fixture.task.id, reportID: report.id, key: key)
        if !isValid { entry.signature[40] ^= 1 }
        return LedgerEntry.withdrawal(entry).encoded()
    }

    private func rejected(_ report: LeaderReport, of fixture: HelperFixture, isValid: Bool) throws -> [UInt8] {
        var entry = try RejectedEntry(
            taskID: fixture.task.id, reportID: report.id, role: .leader, error: .reportDropped,
            key: fixture.parties.leaderKeys.statement)
        if !isValid { entry.signature[0] ^= 1 }
        return LedgerEntry.rejected(entry).encoded()
    }
}
