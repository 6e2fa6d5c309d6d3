import AggregatorNode
import Crypto
import DAP
import Ledger
import Tasks
import Testing

/// Withdrawals that reach the helper before their reports: only what the leader has promised is kept, and what is kept
/// keeps the report out.
@Suite struct EarlyWithdrawalTests {
    private let seed = [UInt8](repeating: 3, count: 32)

    private func routes(_ fixture: HelperFixture, limit: Int) -> RouteTable {
        fixture.routes(of: Helper(context: fixture.context, earlyWithdrawalLimit: limit))
    }

    private func withdrawal(
        of id: ReportID, _ fixture: HelperFixture, task: TaskID? = nil, key: Curve25519.Signing.PrivateKey? = nil
    ) throws -> WithdrawalEntry {
        try WithdrawalEntry(
            taskID: task ?? fixture.task.id, reportID: id,
            key: try key ?? ClaimKey.derive(seed: seed, taskID: fixture.task.id, reportID: id))
    }

    /// The leader's promise about reports, one file for each.
    private func promises(
        _ reports: [LeaderReport], _ fixture: HelperFixture, key: Curve25519.Signing.PrivateKey? = nil,
        origin: String = Parties.origin
    ) throws -> [[UInt8]] {
        let entries = try reports.map { report in
            try ReportEntry(
                taskID: fixture.task.id, metadata: report.report.metadata, publicShare: report.report.publicShare,
                vdaf: fixture.task.vdaf)
        }
        let promise = try UploadPromise(
            entries: entries, taskID: fixture.task.id, deadline: HelperFixture.now + 86_400, origin: origin,
            key: key ?? fixture.parties.leaderKeys.statement)
        let held = try promise.held(for: entries, configuration: fixture.task.configuration.encoding)
        return held.map { $0.serialized() }
    }

    private func send(
        _ withdrawal: WithdrawalEntry, promise: [UInt8]? = nil, _ fixture: HelperFixture, _ client: TestClient
    ) async throws -> Answer {
        let entry = LedgerEntry.withdrawal(withdrawal).encoded()
        return try await client.send(
            "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/withdrawals",
            body: promise.map { PromisedWithdrawal(entry: entry, promise: $0).encoded() } ?? entry,
            headers: promise == nil ? [:] : ["Content-Type": PromisedWithdrawal.mediaType])
    }

    private func outcomes(
        _ reports: [LeaderReport], batch: BatchID, _ fixture: HelperFixture, _ client: TestClient
    ) async throws -> [ReportError?] {
        let answer = try await fixture.post(
            client, "/aggregation_jobs", fixture.job(reports, batch: batch), .aggregationJobInitReq)
        return try AggregationJobResp(decoding: answer.body).responses.map {
            if case .reject(let error) = $0.outcome { error } else { nil }
        }
    }

    private func refusal(_ id: ReportID, _ fixture: HelperFixture, _ client: TestClient) async throws -> Answer {
        try await client.send("GET", "/cairn/tasks/\(fixture.task.id.base64URL)/refusals/\(id.base64URL)")
    }

    @Test func aPromisedReportThatIsWithdrawnFirstIsRefusedWhenItComes() async throws {
        let fixture = try await HelperFixture(committed: true)
        let reports = try (0..<3).map { _ in try fixture.report() }
        let promises = try promises(reports, fixture)
        let gone = reports[1].id
        try await withServer(fixture.routes) { client in
            let entry = try withdrawal(of: gone, fixture)
            for _ in 0..<2 {
                let early = try await send(entry, promise: promises[1], fixture, client)
                #expect(early.status == 202, "\(early.text)")
            }
            #expect(try await refusal(gone, fixture, client).status == 404, "it has not refused what has not come")
            let batch = BatchID.random()
            #expect(try await outcomes(reports, batch: batch, fixture, client) == [nil, .reportDropped, nil])
            // The leader cannot bring it in by another job, and learns why it is out.
            #expect(
                try await outcomes([reports[1]], batch: .random(), fixture, client) == [.reportDropped])
            let word = try await refusal(gone, fixture, client)
            #expect(try LedgerEntry(decoding: word.body) == .withdrawal(entry))
            let again = try await send(entry, fixture, client)
            #expect(again.status == 200)
            // A leader that ignores all that and closes over the report gets no signature.
            await fixture.log.append(reports.map { fixture.entry($0, batch: batch) })
            let size = try await fixture.log.flush(client)
            let proposal = CloseProposal(
                selector: .leaderSelected(batch), checkpointSize: size, reportIDs: reports.map(\.id))
            let answer = try await client.send(
                "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
                headers: fixture.headers("application/octet-stream"))
            #expect(try CloseAnswer(decoding: answer.body) == .drop([gone]), "\(answer.text)")
        }
    }

    @Test func aReportThatCameIsLetGoWithAndWithoutThePromise() async throws {
        let fixture = try await HelperFixture(committed: true)
        let reports = try (0..<2).map { _ in try fixture.report() }
        let promises = try promises(reports, fixture)
        try await withServer(fixture.routes) { client in
            #expect(try await outcomes(reports, batch: .random(), fixture, client) == [nil, nil])
            let with = try await send(try withdrawal(of: reports[0].id, fixture), promise: promises[0], fixture, client)
            let without = try await send(try withdrawal(of: reports[1].id, fixture), fixture, client)
            #expect(with.status == 200 && without.status == 200)
        }
    }

    @Test func nothingThatTheLeaderDidNotPromiseTakesRoom() async throws {
        let fixture = try await HelperFixture(committed: true)
        let other = try await HelperFixture(committed: true)
        let reports = try (0..<2).map { _ in try fixture.report() }
        let id = reports[0].id
        let promises = try promises(reports, fixture)
        let stranger = Curve25519.Signing.PrivateKey()
        try await withServer(routes(fixture, limit: 1)) { client in
            let mine = try withdrawal(of: id, fixture)
            // Signed withdrawals of reports that never were, by as many keys as anybody likes.
            for _ in 0..<20 {
                let key = Curve25519.Signing.PrivateKey()
                let answer = try await send(
                    try withdrawal(of: .random(), fixture, key: key), fixture, client)
                #expect(answer.status == 404 && answer.text.contains(PromisedWithdrawal.mediaType), "\(answer.text)")
            }
            #expect(try await send(mine, fixture, client).status == 404)
            let foreign = try other.report()
            let wrong: [(String, WithdrawalEntry, [UInt8], Int)] = [
                ("no promise at all", mine, Array("cairn promise v1\n".utf8), 400),
                ("the promise of another report", mine, promises[1], 403),
                ("the promise of another task", mine, try self.promises([foreign], other)[0], 403),
                ("another claim key", try withdrawal(of: id, fixture, key: stranger), promises[0], 403),
                (
                    "the helper's signature in place of the leader's", mine,
                    try self.promises(reports, fixture, key: fixture.parties.helperKeys.statement)[0], 403
                ),
                (
                    "the leader's signature for another log", mine,
                    try self.promises(reports, fixture, origin: "log.example/other")[0], 403
                ),
                (
                    "a withdrawal in another task", try withdrawal(of: id, fixture, task: other.task.id), promises[0],
                    400
                ),
            ]
            for (what, entry, promise, status) in wrong {
                let answer = try await send(entry, promise: promise, fixture, client)
                #expect(answer.status == status, "\(what): \(answer.text)")
            }
            // A promise with any part of its note or proof changed.
            for position in stride(from: 0, to: promises[0].count, by: 37) {
                var changed = promises[0]
                changed[position] ^= 1
                let answer = try await send(mine, promise: changed, fixture, client)
                #expect([400, 403].contains(answer.status), "byte \(position): \(answer.text)")
            }
            let long = [UInt8](repeating: 65, count: PromisedWithdrawal.maximumSize)
            #expect(try await send(mine, promise: long, fixture, client).status == 413)
            // The one place is still free, and whoever has the promise gets it.
            #expect(try await send(mine, promise: promises[0], fixture, client).status == 202)
        }
    }

    @Test func aFullTableRefusesAndForgetsNothing() async throws {
        let fixture = try await HelperFixture(committed: true)
        let reports = try (0..<3).map { _ in try fixture.report() }
        let promises = try promises(reports, fixture)
        try await withServer(routes(fixture, limit: 2)) { client in
            func ask(_ number: Int) async throws -> Answer {
                try await send(
                    try withdrawal(of: reports[number].id, fixture), promise: promises[number], fixture, client)
            }
            #expect(try await ask(0).status == 202)
            #expect(try await ask(1).status == 202)
            let full = try await ask(2)
            #expect(full.status == 503 && full.headers["retry-after"] != nil, "\(full.text)")
            // What was kept is kept, and asking again takes no room.
            #expect(try await ask(0).status == 202)
            let dropped = try await outcomes(reports, batch: .random(), fixture, client)
            #expect(dropped == [.reportDropped, .reportDropped, nil])
            // Reports that came make room.
            let late = try fixture.report()
            let promise = try self.promises([late], fixture)[0]
            #expect(
                try await send(try withdrawal(of: late.id, fixture), promise: promise, fixture, client).status == 202)
        }
    }

    @Test func whatWaitsSurvivesARestart() async throws {
        let fixture = try await HelperFixture(committed: true)
        let report = try fixture.report()
        let promise = try promises([report], fixture)[0]
        try await withServer(fixture.routes) { client in
            let early = try await send(try withdrawal(of: report.id, fixture), promise: promise, fixture, client)
            #expect(early.status == 202)
        }
        try fixture.context.store.close()
        let reopened = try fixture.reopened()
        try await withServer(reopened.routes) { client in
            let found = try await outcomes([report], batch: .random(), reopened, client)
            #expect(found == [.reportDropped])
        }
    }

    /// A contributor that saw the end of a report in the log makes another one. The leader had kept the first, brings it to
    /// the helper, which has heard of no withdrawal, and logs its leaf behind the end: the helper closes over neither form
    /// of that.
    @Test(arguments: [true, false])
    func aLeafBehindItsEndIsNotClosedOver(isWithdrawn: Bool) async throws {
        let fixture = try await HelperFixture(committed: true)
        let reports = try (0..<3).map { _ in try fixture.report() }
        let kept = reports[0].id
        let end: LedgerEntry =
            isWithdrawn
            ? .withdrawal(try withdrawal(of: kept, fixture))
            : .rejected(
                try RejectedEntry(
                    taskID: fixture.task.id, reportID: kept, role: .leader, error: .reportDropped,
                    key: fixture.parties.leaderKeys.statement))
        try await withServer(fixture.routes) { client in
            await fixture.log.append([end.encoded()])
            _ = try await fixture.log.flush(client)
            let batch = BatchID.random()
            #expect(try await outcomes(reports, batch: batch, fixture, client) == [nil, nil, nil])
            await fixture.log.append(reports.map { fixture.entry($0, batch: batch) })
            let size = try await fixture.log.flush(client)
            let proposal = CloseProposal(
                selector: .leaderSelected(batch), checkpointSize: size, reportIDs: reports.map(\.id))
            let answer = try await client.send(
                "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
                headers: fixture.headers("application/octet-stream"))
            #expect(try CloseAnswer(decoding: answer.body) == .drop([kept]), "\(answer.text)")
        }
    }

    /// Between two nodes: the log gets the contributor's withdrawal in the place of the report.
    @Test func theLeaderLogsTheWithdrawalThatTheHelperKept() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        let reports = try (0..<3).map { _ in try client.report([1, 2, 3]) }
        let entry = try WithdrawalEntry(
            taskID: client.file.taskID, reportID: reports[0].metadata.reportID, key: client.claimKey(reports[0]))
        let entries = try reports.map(client.entry)
        let promise = try UploadPromise(
            entries: entries, taskID: client.file.taskID, deadline: client.now * 60 + 86_400,
            origin: pair.leader.logOrigin, key: pair.leaderKeys.statement)
        try await pair.withNodes { leader, _ in
            let early = try await TestClient(port: pair.helper.listenPort).send(
                "POST", "/cairn/tasks/\(client.file.taskID.base64URL)/withdrawals",
                body: PromisedWithdrawal(
                    entry: LedgerEntry.withdrawal(entry).encoded(),
                    promise: try promise.held(
                        for: entries, configuration: client.file.configuration.encoding)[0].serialized()
                ).encoded(), headers: ["Content-Type": PromisedWithdrawal.mediaType])
            #expect(early.status == 202, "\(early.text)")
            try await client.upload(reports)
            try await client.awaitAccepted(2, at: leader)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 2 && sums == .vector([2, 4, 6]))
            #expect(try await client.audit().isVerified)
            let logged = try await client.published()
            #expect(logged.contains(.withdrawal(entry)))
            #expect(!logged.contains { if case .rejected = $0 { true } else { false } })
        }
    }
}
