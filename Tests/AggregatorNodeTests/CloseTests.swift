import AggregatorNode
import DAP
import Encodings
import Ledger
import Testing
import TransparencyLog

/// The close of a committed batch: what the helper signs, and that no share leaves before it stands in the log.
@Suite struct CloseTests {
    private static let octets = "application/octet-stream"
    private static let shares = "/aggregate_shares"

    /// A batch of aggregated reports, logged and cosigned.
    private struct Batch {
        let id = BatchID.random()
        var reports: [LeaderReport] = []
        var leaderShares: [[UInt8]] = []
        var checkpointSize: UInt64 = 0

        var selector: BatchSelector { .leaderSelected(id) }
    }

    private func aggregate(
        _ count: Int, _ fixture: HelperFixture, _ client: TestClient, logging: Bool = true
    ) async throws -> Batch {
        var batch = Batch()
        batch.reports = try (0..<count).map { try fixture.report([UInt64($0), 1, 7]) }
        let answer = try await fixture.post(
            client, "/aggregation_jobs", fixture.job(batch.reports, batch: batch.id), .aggregationJobInitReq)
        batch.leaderShares = try fixture.finish(batch.reports, answer.body)
        if logging {
            await fixture.log.append(batch.reports.map { fixture.entry($0, batch: batch.id) })
            batch.checkpointSize = try await fixture.log.flush(client)
        }
        return batch
    }

    private func propose(
        _ ids: [ReportID], _ batch: Batch, _ fixture: HelperFixture, _ client: TestClient, size: UInt64? = nil
    ) async throws -> Answer {
        let proposal = CloseProposal(
            selector: batch.selector, checkpointSize: size ?? batch.checkpointSize, reportIDs: ids)
        return try await client.send(
            "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
            headers: fixture.headers(Self.octets))
    }

    private func signature(_ answer: Answer) throws -> [UInt8] {
        guard answer.status == 200, case .signed(let signature) = try CloseAnswer(decoding: answer.body) else {
            Issue.record("not signed: \(answer.text)")
            return []
        }
        return signature
    }

    private func terms(_ batch: Batch, _ fixture: HelperFixture, _ reports: [LeaderReport]? = nil) -> CloseEntry.Terms {
        var root = BatchRoot()
        for report in reports ?? batch.reports { root.append(entry: fixture.entry(report, batch: batch.id)) }
        return .init(taskID: fixture.task.id, selector: batch.selector, root: root.root, count: root.count)
    }

    private func closeEntry(
        _ terms: CloseEntry.Terms, _ helperSignature: [UInt8], _ fixture: HelperFixture
    ) throws -> [UInt8] {
        LedgerEntry.close(
            CloseEntry(
                terms: terms, leaderSignature: try terms.sign(with: fixture.parties.leaderKeys.statement),
                helperSignature: helperSignature)
        ).encoded()
    }

    /// A leader that lost its connection asks again while the helper still works on the first request. No answer may
    /// name reports to be dropped that another answer signs for.
    @Test func theSameProposalManyTimesAtOnceGetsOneSignature() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            for _ in 0..<5 {
                let batch = try await aggregate(4, fixture, client)
                let ids = batch.reports.map(\.id)
                let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                    for _ in 0..<16 {
                        group.addTask { try signature(await propose(ids, batch, fixture, client)) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.count == 16 && Set(answers).count == 1)
            }
        }
    }

    @Test func aClosedBatchIsCollectedWithAStatementThatHolds() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            let batch = try await aggregate(4, fixture, client)
            let ids = batch.reports.map(\.id)
            let signed = try signature(await propose(ids, batch, fixture, client))
            let terms = terms(batch, fixture)
            let entry = try closeEntry(terms, signed, fixture)
            await fixture.log.append([entry])
            try await fixture.log.flush(client)

            let request = fixture.shareRequest(batch.reports, batch.selector)
            let answer = try await fixture.post(client, Self.shares, request, .aggregateShareReq)
            #expect(answer.status == 200, "\(answer.text)")
            let result = try fixture.unshard(answer, request, leaderShares: batch.leaderShares)
            #expect(result.value == .vector([6, 4, 28]))

            let header = try #require(answer.headers["cairn-statement"])
            let statement = try Statement(decoding: try #require(Base64.decode(header)))
            #expect(statement.role == .helper && statement.terms == terms)
            #expect(statement.isSigned(by: fixture.parties.helperKeys.statementPublicKey))
            #expect(statement.shareHash == Blob.hash(result.helperShare))
            let blob = try await client.send("GET", "/cairn/blobs/\(Hex.encode(statement.shareHash))")
            #expect(blob.body == result.helperShare)
            #expect(blob.headers["cache-control"]?.contains("immutable") == true)

            let again = try await fixture.post(client, Self.shares, request, .aggregateShareReq)
            #expect(again.body == answer.body && again.headers["cairn-statement"] == header)
        }
    }

    @Test func noShareLeavesBeforeTheCloseIsLoggedAndCosigned() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            let batch = try await aggregate(3, fixture, client)
            let request = fixture.shareRequest(batch.reports, batch.selector)
            func refusal() async throws -> DAPErrorType? {
                let answer = try await fixture.post(client, Self.shares, request, .aggregateShareReq)
                #expect(answer.status >= 400 && answer.headers["cairn-statement"] == nil)
                return try problem(answer)
            }
            #expect(try await refusal() == .batchInvalid)
            let signed = try signature(await propose(batch.reports.map(\.id), batch, fixture, client))
            #expect(try await refusal() == .batchInvalid)
            // Logged, but in no checkpoint that the helper cosigned.
            let entry = try closeEntry(terms(batch, fixture), signed, fixture)
            await fixture.log.append([entry])
            #expect(try await refusal() == .batchInvalid)
            try await fixture.log.flush(client)
            #expect(try await fixture.post(client, Self.shares, request, .aggregateShareReq).status == 200)
        }
    }

    @Test func aCloseWithAForgedSignatureOpensNothing() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            let batch = try await aggregate(3, fixture, client)
            let signed = try signature(await propose(batch.reports.map(\.id), batch, fixture, client))
            let terms = terms(batch, fixture)
            let forged = LedgerEntry.close(
                CloseEntry(terms: terms, leaderSignature: signed, helperSignature: signed)
            ).encoded()
            await fixture.log.append([forged])
            try await fixture.log.flush(client)
            let request = fixture.shareRequest(batch.reports, batch.selector)
            #expect(try problem(await fixture.post(client, Self.shares, request, .aggregateShareReq)) == .batchInvalid)
        }
    }

    @Test func theHelperDropsWhatItDoesNotKnowAsLogged() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            var batch = try await aggregate(5, fixture, client, logging: false)
            let unknown = try fixture.report()
            var altered = batch.reports[1]
            altered.commitments.reverse()
            // 0 and 4 as they are, 1 with other commitments, 2 not at all, 3 rejected afterwards, and one the helper
            // never saw.
            await fixture.log.append([
                fixture.entry(batch.reports[0], batch: batch.id), fixture.entry(altered, batch: batch.id),
                fixture.entry(batch.reports[3], batch: batch.id), fixture.entry(unknown, batch: batch.id),
                fixture.entry(batch.reports[4], batch: batch.id),
            ])
            let rejected = try RejectedEntry(
                taskID: fixture.task.id, reportID: batch.reports[3].id, role: .leader, error: .reportDropped,
                key: fixture.parties.leaderKeys.statement)
            await fixture.log.append([LedgerEntry.rejected(rejected).encoded()])
            batch.checkpointSize = try await fixture.log.flush(client)

            let ids = batch.reports.map(\.id)
            let answer = try await propose(
                [ids[0], ids[1], ids[2], ids[3], unknown.id, ids[4]], batch, fixture, client)
            #expect(try CloseAnswer(decoding: answer.body) == .drop([ids[1], ids[2], ids[3], unknown.id]))
            // As long as the log shows leaves that are left out but not rejected, a reader would count them.
            #expect(try problem(await propose([ids[0], ids[4]], batch, fixture, client)) == .batchMismatch)
            let rejections = try [ids[1], unknown.id].map {
                try LedgerEntry.rejected(
                    RejectedEntry(
                        taskID: fixture.task.id, reportID: $0, role: .leader, error: .reportDropped,
                        key: fixture.parties.leaderKeys.statement)
                ).encoded()
            }
            await fixture.log.append(rejections)
            batch.checkpointSize = try await fixture.log.flush(client)
            let signed = try signature(await propose([ids[0], ids[4]], batch, fixture, client))
            let expected = terms(batch, fixture, [batch.reports[0], batch.reports[4]])
            #expect(
                LedgerSignature.isValid(
                    signed, over: expected.signedBytes(), by: fixture.parties.helperKeys.statementPublicKey))
        }
    }

    /// A leader that adds a leaf between the helper's signature and the close entry gets no share for what it makes
    /// of the batch.
    @Test func aLeafSlippedInBeforeTheCloseKeepsTheShareIn() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            let batch = try await aggregate(3, fixture, client)
            let signed = try signature(await propose(batch.reports.map(\.id), batch, fixture, client))
            let slipped = fixture.entry(try fixture.report(), batch: batch.id)
            let close = try closeEntry(terms(batch, fixture), signed, fixture)
            await fixture.log.append([slipped, close])
            try await fixture.log.flush(client)
            let request = fixture.shareRequest(batch.reports, batch.selector)
            let answer = try await fixture.post(client, Self.shares, request, .aggregateShareReq)
            #expect(try problem(answer) == .batchInvalid)
            #expect(answer.text.contains("4 report leaves"))
        }
    }

    @Test func aBucketIsSignedOnceAndThenTakesNothingIn() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            let batch = try await aggregate(4, fixture, client)
            let ids = batch.reports.map(\.id)
            let first = try signature(await propose(ids, batch, fixture, client))
            #expect(try signature(await propose(ids, batch, fixture, client)) == first)
            #expect(try problem(await propose(Array(ids.dropLast()), batch, fixture, client)) == .batchOverlap)
            let late = try fixture.report()
            let answer = try await fixture.post(
                client, "/aggregation_jobs", fixture.job([late], batch: batch.id), .aggregationJobInitReq)
            #expect(try AggregationJobResp(decoding: answer.body).responses[0].outcome == .reject(.batchCollected))
        }
    }

    @Test func aProposalOutOfFormIsRefused() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            let batch = try await aggregate(3, fixture, client)
            let ids = batch.reports.map(\.id)
            #expect(try problem(await propose(ids.reversed(), batch, fixture, client)) == .invalidMessage)
            #expect(try problem(await propose(ids + [ids[2]], batch, fixture, client)) == .invalidMessage)
            #expect(try problem(await propose([ids[0]], batch, fixture, client)) == .batchMismatch)
            #expect(try await propose(ids, batch, fixture, client, size: 1_000).status == 409)
            let path = "/cairn/tasks/\(fixture.task.id.base64URL)/closes"
            #expect(try await client.send("POST", path, body: []).status == 401)
            let garbage = try await client.send("POST", path, body: [9, 9], headers: fixture.headers(Self.octets))
            #expect(try problem(garbage) == .invalidMessage)
            #expect(try await client.send("POST", path, body: [], headers: fixture.headers("text/plain")).status == 415)
            // None of this spent the one signature.
            #expect(try signature(await propose(ids, batch, fixture, client)).count == 64)
        }
    }

    @Test func reportsLeftOutOfACloseAreNotCounted() async throws {
        let fixture = try await HelperFixture(committed: true)
        try await withServer(fixture.routes) { client in
            var batch = try await aggregate(4, fixture, client)
            let kept = Array(batch.reports.dropFirst())
            let rejected = try RejectedEntry(
                taskID: fixture.task.id, reportID: batch.reports[0].id, role: .leader, error: .reportDropped,
                key: fixture.parties.leaderKeys.statement)
            await fixture.log.append([LedgerEntry.rejected(rejected).encoded()])
            batch.checkpointSize = try await fixture.log.flush(client)
            let signed = try signature(await propose(kept.map(\.id), batch, fixture, client))
            let close = try closeEntry(terms(batch, fixture, kept), signed, fixture)
            await fixture.log.append([close])
            try await fixture.log.flush(client)
            let all = fixture.shareRequest(batch.reports, batch.selector)
            #expect(try problem(await fixture.post(client, Self.shares, all, .aggregateShareReq)) == .batchMismatch)
            let request = fixture.shareRequest(kept, batch.selector)
            let answer = try await fixture.post(client, Self.shares, request, .aggregateShareReq)
            #expect(answer.status == 200, "\(answer.text)")
            let value = try fixture.unshard(
                answer, request, leaderShares: Array(batch.leaderShares.dropFirst())
            ).value
            #expect(value == .vector([6, 3, 21]))
        }
    }
}
