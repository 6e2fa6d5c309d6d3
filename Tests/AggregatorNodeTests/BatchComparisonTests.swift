import AggregatorNode
import DAP
import Datastore
import Encodings
import Ledger
import Testing

/// The helper compares an uncommitted batch with the leader's. What a leader must not get out of it: two sums over sets
/// that overlap, or a sum over too few.
@Suite struct BatchComparisonTests {
    private static let shares = "/aggregate_shares"

    private func aggregate(
        _ reports: [LeaderReport], _ batch: BatchID?, _ fixture: HelperFixture, _ client: TestClient
    ) async throws -> Answer {
        try await fixture.post(
            client, "/aggregation_jobs", fixture.job(reports, batch: batch), .aggregationJobInitReq)
    }

    private func compare(
        _ ids: [ReportID], _ selector: BatchSelector, _ fixture: HelperFixture, _ client: TestClient,
        type: String = BatchComparison.mediaType
    ) async throws -> Answer {
        try await client.send(
            "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/batches",
            body: BatchComparison(selector: selector, reportIDs: ids).encoded(), headers: fixture.headers(type))
    }

    private func difference(_ answer: Answer) throws -> BatchDifference {
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.headers["content-type"] == BatchDifference.mediaType)
        return try BatchDifference(decoding: answer.body)
    }

    private func share(
        _ reports: [LeaderReport], _ selector: BatchSelector, _ fixture: HelperFixture, _ client: TestClient
    ) async throws -> Answer {
        try await fixture.post(client, Self.shares, fixture.shareRequest(reports, selector), .aggregateShareReq)
    }

    /// The example of `Protocols/reconciliation.md`.
    @Test func theMessagesAreThoseOfThePage() throws {
        let ids = [1, 2].map { ReportID(unchecked: [UInt8](repeating: $0, count: 16)) }
        let comparison = BatchComparison(
            selector: .leaderSelected(BatchID(unchecked: [UInt8](repeating: 9, count: 32))), reportIDs: ids)
        let nines = String(repeating: "09", count: 32)
        let (ones, twos) = (String(repeating: "01", count: 16), String(repeating: "02", count: 16))
        #expect(Hex.encode(comparison.encoded()) == "020020\(nines)00000020\(ones)\(twos)")
        #expect(try BatchComparison(decoding: comparison.encoded()) == comparison)
        let difference = BatchDifference(missing: [ids[1]], dropped: 3)
        #expect(Hex.encode(difference.encoded()) == "00000010\(twos)0000000000000003")
        #expect(try BatchDifference(decoding: difference.encoded()) == difference)
    }

    @Test func bothHoldTheSameAfterwards() async throws {
        let fixture = try await HelperFixture(committed: false)
        let reports = try (0..<5).map { try fixture.report([$0, 1, 7]) }
        let stranger = try fixture.report()
        let batch = BatchID.random()
        let selector = BatchSelector.leaderSelected(batch)
        try await withServer(fixture.routes) { client in
            let output = try fixture.finish(reports, try await aggregate(reports, batch, fixture, client).body)
            let kept = Array(reports.prefix(3))
            #expect(try problem(await share(kept + [stranger], selector, fixture, client)) == .batchMismatch)

            let first = try difference(
                await compare((kept + [stranger]).map(\.id), selector, fixture, client))
            #expect(first == BatchDifference(missing: [stranger.id], dropped: 2))
            let again = try difference(
                await compare((kept + [stranger]).map(\.id), selector, fixture, client))
            #expect(again == BatchDifference(missing: [stranger.id], dropped: 0), "asking again changes nothing")

            let answer = try await share(kept, selector, fixture, client)
            #expect(answer.status == 200, "\(answer.text)")
            let request = fixture.shareRequest(kept, selector)
            #expect(
                try fixture.unshard(answer, request, leaderShares: Array(output.prefix(3))).value
                    == .vector([3, 3, 21]))
        }
    }

    /// A leader that sums all of them but one after the sum of all, or the dropped ones in another batch.
    @Test func nothingIsSummedTwice() async throws {
        let fixture = try await HelperFixture(committed: false)
        let reports = try (0..<5).map { try fixture.report([$0, 1, 7]) }
        let (batch, other) = (BatchID.random(), BatchID.random())
        let selector = BatchSelector.leaderSelected(batch)
        try await withServer(fixture.routes) { client in
            _ = try await aggregate(reports, batch, fixture, client)
            let dropped = Array(reports.suffix(2))
            let kept = Array(reports.prefix(3))
            _ = try await compare(kept.map(\.id), selector, fixture, client)

            // Dropped is for good: in no other job, in no other batch, not by naming them again.
            for target in [batch, other] {
                let replay = try await aggregate(dropped.reversed(), target, fixture, client)
                let outcomes = try AggregationJobResp(decoding: replay.body).responses.map(\.outcome)
                #expect(outcomes == [.reject(.reportReplayed), .reject(.reportReplayed)])
            }
            let named = try difference(await compare(reports.map(\.id), selector, fixture, client))
            #expect(named == BatchDifference(missing: dropped.map(\.id), dropped: 0))
            #expect(try problem(await share(reports, selector, fixture, client)) == .batchMismatch)

            #expect(try await share(kept, selector, fixture, client).status == 200)
            // Collected once: nothing is compared, dropped or released any more.
            let late = try await compare(kept.prefix(2).map(\.id), selector, fixture, client)
            #expect(try problem(late) == .batchOverlap)
            #expect(try problem(await share(Array(kept.prefix(2)), selector, fixture, client)) == .batchOverlap)
        }
    }

    @Test func anIntervalThatSharesABucketWithACollectedOneIsNotTouched() async throws {
        let fixture = try await HelperFixture(committed: false, mode: .timeInterval)
        let time = HelperFixture.now / 60
        let old = try (0..<2).map { _ in try fixture.report(time: time - 3) }
        let new = try (0..<2).map { _ in try fixture.report(time: time) }
        @Sendable func selector(_ start: UInt64, _ duration: UInt64) -> BatchSelector {
            .timeInterval(Interval(start: start, duration: duration))
        }
        try await withServer(fixture.routes) { client in
            _ = try await aggregate(old + new, nil, fixture, client)
            let first = selector(time - 3, 1)
            let query = Query.timeInterval(Interval(start: time - 3, duration: 1))
            let request = fixture.shareRequest(old, first, query: query)
            #expect(try await fixture.post(client, Self.shares, request, .aggregateShareReq).status == 200)
            #expect(try problem(await compare([], selector(time - 3, 4), fixture, client)) == .batchOverlap)
            #expect(
                try difference(await compare(new.map(\.id), selector(time - 1, 2), fixture, client))
                    == BatchDifference(missing: [], dropped: 0), "nothing of it was dropped before")
        }
    }

    /// A sum over fewer than the minimum is refused whatever was dropped before.
    @Test func theMinimumHoldsForWhatRemains() async throws {
        let fixture = try await HelperFixture(committed: false)
        let reports = try (0..<3).map { try fixture.report([$0, 1, 7]) }
        let selector = BatchSelector.leaderSelected(.random())
        guard case .batch(let batch)? = BatchScope(selector) else { return }
        try await withServer(fixture.routes) { client in
            _ = try await aggregate(reports, batch, fixture, client)
            _ = try difference(await compare([reports[0].id], selector, fixture, client))
            #expect(try problem(await share([reports[0]], selector, fixture, client)) == .invalidBatchSize)
        }
    }

    /// A report joins and another leaves while the batch is summed: as many as before, but not the same.
    @Test func aSumOverReportsThatHaveChangedIsNotReleased() async throws {
        let fixture = try await HelperFixture(committed: false)
        let store = fixture.context.store
        let reports = try (0..<4).map { try fixture.report([$0, 1, 7]) }
        let batch = BatchID.random()
        let scope = BatchScope.batch(batch)
        try await withServer(fixture.routes) { client in
            _ = try await aggregate(Array(reports.prefix(3)), batch, fixture, client)
            let sum = try await store.sumHelperShares(fixture.task.id, scope, vdaf: fixture.task.vdaf)
            _ = try await compare(reports.prefix(2).map(\.id), .leaderSelected(batch), fixture, client)
            _ = try await aggregate([reports[3]], batch, fixture, client)
            let commit = HelperCollectionCommit(
                share: .random(), selected: scope, queried: scope, standing: sum.standing,
                answer: HelperCollection(response: [1], statement: nil))
            #expect(try await store.commitHelperCollection(fixture.task.id, commit) == .changed)
        }
    }

    @Test func onlyTheLeaderOfAnUncommittedTaskMayAsk() async throws {
        let fixture = try await HelperFixture(committed: false)
        let selector = BatchSelector.leaderSelected(.random())
        let path = "/cairn/tasks/\(fixture.task.id.base64URL)/batches"
        let id = ReportID.random()
        try await withServer(fixture.routes) { client in
            let body = BatchComparison(selector: selector, reportIDs: []).encoded()
            #expect(try await client.send("POST", path, body: body).status == 401)
            #expect(
                try await client.send("POST", path, body: body, headers: ["Authorization": "Bearer x"]).status == 403)
            #expect(try await compare([], selector, fixture, client, type: "application/json").status == 415)
            let cases: [([ReportID], BatchSelector, DAPErrorType)] = [
                ([id, id], selector, .invalidMessage),
                ([], .timeInterval(Interval(start: 1, duration: 1)), .invalidMessage),
                ([], BatchSelector(batchMode: .leaderSelected, config: [1]), .invalidMessage),
                ((0...1_000).map { _ in .random() }, selector, .invalidBatchSize),
            ]
            for (ids, selector, type) in cases {
                #expect(try problem(await compare(ids, selector, fixture, client)) == type)
            }
            let cut = try await client.send(
                "POST", path, body: Array(body.dropLast()), headers: fixture.headers(BatchComparison.mediaType))
            #expect(try problem(cut) == .invalidMessage)
        }
        let committed = try await HelperFixture(committed: true)
        try await withServer(committed.routes) { client in
            let answer = try await compare([], selector, committed, client)
            #expect(try problem(answer) == .invalidMessage)
        }
    }
}
