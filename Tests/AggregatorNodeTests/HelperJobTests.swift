import AggregatorNode
import DAP
import Datastore
import Testing

/// Aggregation jobs and uncommitted collection over real HTTP, on a real database file.
@Suite struct HelperJobTests {
    private static let jobs = "/aggregation_jobs"

    private func outcomes(_ answer: Answer) throws -> [VerifyResp.Outcome] {
        try AggregationJobResp(decoding: answer.body).responses.map(\.outcome)
    }

    private func isAccepted(_ outcome: VerifyResp.Outcome) -> Bool {
        if case .continue = outcome { true } else { false }
    }

    @Test func aJobIsAnsweredAgainByteForByteAndCountsOnce() async throws {
        let fixture = try await HelperFixture(committed: false)
        let batch = BatchID.random()
        let reports = try (0..<3).map { try fixture.report([$0, 1, 7]) }
        let job = fixture.job(reports, batch: batch)
        let (first, location) = try await withServer(fixture.routes) { client in
            let first = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
            #expect(first.status == 200)
            let location = try #require(first.headers["location"])
            let again = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
            #expect(again.body == first.body && again.headers["location"] == location)
            #expect(try await fixture.get(client, location).body == first.body)
            #expect(try await fixture.get(client, location + "?step=0").body == first.body)
            #expect(try problem(await fixture.get(client, location + "?step=1")) == .stepMismatch)
            return (first, location)
        }
        #expect(try outcomes(first).allSatisfy(isAccepted))
        // A node that was restarted knows the job, too.
        try fixture.context.store.close()
        let reopened = try fixture.reopened()
        let shares = try fixture.finish(reports, first.body)
        try await withServer(reopened.routes) { client in
            #expect(try await fixture.get(client, location).body == first.body)
            let again = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
            #expect(again.body == first.body)
            let request = fixture.shareRequest(reports, .leaderSelected(batch))
            let share = try await fixture.post(client, "/aggregate_shares", request, .aggregateShareReq)
            #expect(share.status == 200, "\(share.text)")
            #expect(try fixture.unshard(share, request, leaderShares: shares).value == .vector([3, 3, 21]))
        }
    }

    @Test func manyCopiesOfAJobAtOnceAreOneJob() async throws {
        let fixture = try await HelperFixture(committed: false)
        let job = fixture.job(try (0..<4).map { _ in try fixture.report() }, batch: .random())
        let bodies = try await withServer(fixture.routes) { client in
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<8 {
                    group.addTask { try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq).body }
                }
                return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
            }
        }
        #expect(bodies.count == 1)
        let body = try #require(bodies.first)
        #expect(try AggregationJobResp(decoding: body).responses.allSatisfy { isAccepted($0.outcome) })
    }

    @Test func aReportIsAcceptedInOneJobOnly() async throws {
        let fixture = try await HelperFixture(committed: false)
        let (first, second) = (try fixture.report(), try fixture.report())
        let batch = BatchID.random()
        try await withServer(fixture.routes) { client in
            let one = try await fixture.post(
                client, Self.jobs, fixture.job([first], batch: batch), .aggregationJobInitReq)
            #expect(try isAccepted(outcomes(one)[0]))
            let both = try await fixture.post(
                client, Self.jobs, fixture.job([first, second], batch: batch), .aggregationJobInitReq)
            #expect(try outcomes(both)[0] == .reject(.reportReplayed))
            #expect(try isAccepted(outcomes(both)[1]))
            // Deleting a job forgets its answer, not its reports.
            let location = try #require(one.headers["location"])
            #expect(try await fixture.get(client, location, "DELETE").status == 204)
            #expect(try problem(await fixture.get(client, location)) == .unrecognizedAggregationJob)
            #expect(try problem(await fixture.get(client, location, "DELETE")) == .unrecognizedAggregationJob)
            let again = try await fixture.post(
                client, Self.jobs, fixture.job([first], batch: batch), .aggregationJobInitReq)
            #expect(try outcomes(again) == [.reject(.reportReplayed)])
        }
    }

    @Test func oneBadReportHarmsNoOther() async throws {
        let fixture = try await HelperFixture(committed: false)
        let good = try fixture.report()
        var wrongMessage = try fixture.report().verifyInit
        wrongMessage = VerifyInit(reportShare: wrongMessage.reportShare, payload: good.verifyInit.payload)
        let share = try fixture.report().verifyInit
        let garbled = VerifyInit(
            reportShare: ReportShare(
                metadata: share.reportShare.metadata, publicShare: share.reportShare.publicShare,
                encryptedInputShare: good.report.helperEncryptedInputShare), payload: share.payload)
        let early = try fixture.report().verifyInit
        let tooEarly = VerifyInit(
            reportShare: ReportShare(
                metadata: ReportMetadata(
                    reportID: .random(), time: (HelperFixture.now + 3_600) / 60, publicExtensions: []),
                publicShare: early.reportShare.publicShare, encryptedInputShare: early.reportShare.encryptedInputShare),
            payload: early.payload)
        let job = AggregationJobInitReq(
            verificationKeyID: 0, aggregationParameter: [],
            extensions: [AggregationJobInitReq.leaderSelectedBatchID(.random())],
            verifyInits: [wrongMessage, garbled, good.verifyInit, tooEarly])
        try await withServer(fixture.routes) { client in
            let answer = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
            let found = try outcomes(answer)
            #expect(found[0] == .reject(.vdafVerifyError))
            #expect(found[1] == .reject(.hpkeDecryptError))
            #expect(isAccepted(found[2]))
            #expect(found[3] == .reject(.reportTooEarly))
        }
    }

    /// A share of a few bytes stands for 64 MiB here, and a job is verified as a whole.
    @Test func aJobThatWouldTakeTooMuchMemoryIsRefused() async throws {
        let fixture = try await HelperFixture(
            committed: false,
            vdaf: .boundedL2(dimension: 1 << 22, integerBound: 1 << 13, fractionalBits: 13, isField128: true))
        @Sendable func job(_ count: Int) -> AggregationJobInitReq {
            AggregationJobInitReq(
                verificationKeyID: 0, aggregationParameter: [],
                extensions: [AggregationJobInitReq.leaderSelectedBatchID(.random())],
                verifyInits: (0..<count).map { _ in
                    VerifyInit(
                        reportShare: ReportShare(
                            metadata: ReportMetadata(
                                reportID: .random(), time: HelperFixture.now / 60, publicExtensions: []),
                            publicShare: [],
                            encryptedInputShare: HpkeCiphertext(configID: 0, encapsulatedKey: [1], payload: [2])),
                        payload: [1])
                })
        }
        try await withServer(fixture.routes) { client in
            #expect(try await fixture.post(client, Self.jobs, job(8), .aggregationJobInitReq).status == 200)
            let answer = try await fixture.post(client, Self.jobs, job(9), .aggregationJobInitReq)
            #expect(try problem(answer) == .invalidMessage)
            #expect(answer.text.contains("up to 8"))
        }
    }

    @Test func aMalformedJobIsRefusedAsTheDraftSays() async throws {
        let fixture = try await HelperFixture(committed: false)
        let report = try fixture.report()
        let batch = BatchID.random()
        let unknown = Extension(type: 77, data: [])
        let named = AggregationJobInitReq.leaderSelectedBatchID(batch)
        let cases: [(AggregationJobInitReq, DAPErrorType)] = [
            (fixture.job([report, report], batch: batch), .invalidMessage),
            (fixture.job([], batch: batch), .invalidMessage),
            (fixture.job([report], batch: nil), .invalidMessage),
            (fixture.job([report], batch: nil, extensions: [Extension(type: 1, data: [1, 2])]), .invalidMessage),
            (fixture.job([report], batch: nil, extensions: [named, unknown]), .unsupportedExtension),
            (fixture.job([report], batch: batch, keyID: 1), .invalidMessage),
            (fixture.job([report], batch: batch, parameter: [0]), .invalidAggregationParameter),
        ]
        try await withServer(fixture.routes) { client in
            for (job, type) in cases {
                let answer = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
                #expect(answer.status == 400)
                #expect(try problem(answer) == type)
                #expect(try ProblemDocument(json: answer.body).taskID == fixture.task.id)
            }
            let stranger = "/tasks/\(TaskID.random().base64URL)/aggregation_jobs"
            let answer = try await client.send(
                "POST", stranger, body: [],
                headers: fixture.headers(AggregatorNode.MediaType.aggregationJobInitReq.headerValue))
            #expect(answer.status == 404)
            #expect(try problem(answer) == .unrecognizedTask)
            let anonymous = try await client.send("POST", fixture.path + Self.jobs, body: [])
            #expect(anonymous.status == 401)
        }
    }

    @Test func aContinuationOfAOneRoundJobIsRefused() async throws {
        let fixture = try await HelperFixture(committed: false)
        let report = try fixture.report()
        try await withServer(fixture.routes) { client in
            let answer = try await fixture.post(
                client, Self.jobs, fixture.job([report], batch: .random()), .aggregationJobInitReq)
            let location = try #require(answer.headers["location"])
            func resume(_ step: UInt16, _ ids: [ReportID], at path: String) async throws -> DAPErrorType? {
                let message = AggregationJobContinueReq(
                    step: step, verifyContinues: ids.map { VerifyContinue(reportID: $0, payload: [1]) })
                return try problem(
                    await client.send(
                        "POST", path, body: message.encoded(),
                        headers: fixture.headers(AggregatorNode.MediaType.aggregationJobContinueReq.headerValue)))
            }
            #expect(try await resume(0, [], at: location) == .invalidMessage)
            #expect(try await resume(1, [report.id], at: location) == .invalidMessage)
            #expect(try await resume(1, [], at: location) == .stepMismatch)
            #expect(try await resume(2, [], at: location) == .stepMismatch)
            let other = "\(fixture.path)/aggregation_jobs/\(AggregationJobID.random().base64URL)"
            #expect(try await resume(1, [], at: other) == .unrecognizedAggregationJob)
        }
    }

    /// The same request with extensions of these types in the collector's part.
    private func asking(_ request: AggregateShareReq, with types: [UInt16]) -> AggregateShareReq {
        AggregateShareReq(
            collectionJobReq: CollectionJobReq(
                query: request.collectionJobReq.query, extensions: types.map { Extension(type: $0, data: []) }),
            batchSelector: request.batchSelector, reportCount: request.reportCount, checksum: request.checksum)
    }

    @Test func anUncommittedBatchIsCollectedOnceAndStaysClosed() async throws {
        let fixture = try await HelperFixture(committed: false, mode: .timeInterval)
        let time = HelperFixture.now / 60
        let reports = try (0..<3).map { try fixture.report([1, 2, 3], time: time - $0) }
        let interval = Interval(start: time - 2, duration: 3)
        let selector = BatchSelector.timeInterval(interval)
        let query = Query.timeInterval(Interval(start: time - 5, duration: 6))
        let shares = "/aggregate_shares"
        try await withServer(fixture.routes) { client in
            let job = try await fixture.post(
                client, Self.jobs, fixture.job(reports, batch: nil), .aggregationJobInitReq)
            let output = try fixture.finish(reports, job.body)
            let good = fixture.shareRequest(reports, selector, query: query)

            let refused: [(AggregateShareReq, DAPErrorType)] = [
                (fixture.shareRequest(Array(reports.dropLast()), selector, query: query), .batchMismatch),
                (
                    fixture.shareRequest([], .timeInterval(Interval(start: time - 5, duration: 2)), query: query),
                    .invalidBatchSize
                ),
                (
                    fixture.shareRequest(reports, .timeInterval(Interval(start: time, duration: 0)), query: query),
                    .batchInvalid
                ),
                (
                    fixture.shareRequest(
                        reports, .timeInterval(Interval(start: .max, duration: 2)),
                        query: .timeInterval(Interval(start: .max, duration: 2))), .batchInvalid
                ),
                (
                    fixture.shareRequest(reports, .timeInterval(Interval(start: 0, duration: 2)), query: query),
                    .batchInvalid
                ),
                (fixture.shareRequest(reports, .leaderSelected(.random())), .invalidMessage),
                (asking(good, with: [9, 3]), .invalidExtension), (asking(good, with: [3, 9]), .unsupportedExtension),
            ]
            for (request, type) in refused {
                let answer = try await fixture.post(client, shares, request, .aggregateShareReq)
                #expect(try problem(answer) == type, "\(answer.text)")
            }

            let share = try await fixture.post(client, shares, good, .aggregateShareReq)
            #expect(share.status == 200, "\(share.text)")
            #expect(share.headers["cairn-statement"] == nil)
            #expect(try fixture.unshard(share, good, leaderShares: output).value == .vector([3, 6, 9]))
            let location = try #require(share.headers["location"])
            #expect(try await fixture.post(client, shares, good, .aggregateShareReq).body == share.body)
            #expect(try await fixture.get(client, location).body == share.body)

            // Another request for a bucket of the query is an overlap, and late reports are turned away.
            let other = fixture.shareRequest([], .timeInterval(Interval(start: time - 5, duration: 1)), query: query)
            #expect(try problem(await fixture.post(client, shares, other, .aggregateShareReq)) == .batchOverlap)
            let late = try fixture.report(time: time - 4)
            let answer = try await fixture.post(
                client, Self.jobs, fixture.job([late], batch: nil), .aggregationJobInitReq)
            #expect(try outcomes(answer) == [.reject(.batchCollected)])

            #expect(try await fixture.get(client, location, "DELETE").status == 204)
            #expect(try await fixture.get(client, location).status == 404)
            #expect(try problem(await fixture.post(client, shares, good, .aggregateShareReq)) == .batchOverlap)
        }
    }
}
