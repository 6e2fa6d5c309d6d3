import AggregatorNode
import DAP
import Datastore
import TaskTypes
import Tasks
import Testing

/// How much of a leader one upload may take.
@Suite struct UploadLimitTests {
    private static let types: [(VDAFConfiguration, MeasurementValue)] = [
        (.count, .bool(true)), (.sum(maxMeasurement: 1_000), .integer(17)),
        (.sumVec(length: 30, maxMeasurement: 7, chunkLength: 9), .vector([UInt64](repeating: 5, count: 30))),
        (.histogram(length: 10, chunkLength: 3), .bucket(4)),
        (
            .multihotCountVec(length: 10, maxWeight: 2, chunkLength: 4),
            .choices([true, true] + [Bool](repeating: false, count: 8))
        ),
        (.l1BoundSum(length: 4, maxValue: 15, chunkLength: 3), .vector([1, 2, 3, 4])),
        (
            .sumVecField64(length: 10, maxMeasurement: 3, chunkLength: 5, proofs: 3),
            .vector([UInt64](repeating: 3, count: 10))
        ),
    ]

    @Test func sizesAreThoseOfRealReports() throws {
        let bounded = try VDAFConfiguration.boundedL2(dimension: 20, normBound: 4)
        let all = Self.types + [(bounded, .real([Double](repeating: 0.5, count: 20)))]
        for (base, value) in all {
            for configuration in [base, .committed(base)] {
                let vdaf = try makeTaskVDAF(configuration)
                let report = try vdaf.shard(taskID: .random(), measurement: value, reportID: .random())
                #expect(vdaf.sizes.publicShare == report.publicShare.count, "\(configuration)")
                #expect(vdaf.sizes.inputShares == report.inputShares.map(\.count), "\(configuration)")
            }
        }
    }

    @Test func aCountTaskTakesNoHundredsOfMegabytes() async throws {
        let fixture = try await HelperFixture(committed: false, vdaf: .count)
        let task = try #require(try await fixture.context.registry.task(fixture.task.id))
        #expect(task.reportsPerUpload == 1_000)
        #expect(task.uploadLimit < 8 << 20)
        #expect(task.jobLimit < 64 << 20)
        // What our own client sends at once fits, whatever the task's reports are.
        let report = task.vdaf.sizes.largestReport
        #expect(256 * report <= task.uploadLimit && 256 <= task.reportsPerUpload)
    }

    @Test func aRequestHoldsNoMoreThanItMay() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .timeInterval))
        let node = try await pair.start(pair.leader)
        let report = try client.report([1, 2, 3])
        #expect(try await client.upload([Report](repeating: report, count: 1_000)) == [])
        #expect(try await client.uploadAnswer([Report](repeating: report, count: 1_001)).status == 413)
        let long = try await client.http.send(
            "POST", client.path + "/reports", body: [UInt8](repeating: 0, count: 16 << 20),
            headers: ["Content-Type": MediaType.uploadReq.headerValue])
        #expect(long.status == 413)
        await node.stop()
    }

    /// One id is decrypted once in a request, and what cannot be a report of the task is not decrypted at all.
    @Test func reportsAreLookedAtBeforeAnyIsOpened() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .timeInterval))
        let node = try await pair.start(pair.leader)
        let (good, other) = (try client.report([1, 2, 3]), try client.report([3, 2, 1]))
        let twin = try client.report([7, 7, 7], id: other.metadata.reportID)
        let short = try client.report([1, 1, 1])
        let share = short.leaderEncryptedInputShare
        let cut = Report(
            metadata: short.metadata, publicShare: short.publicShare,
            leaderEncryptedInputShare: HpkeCiphertext(
                configID: share.configID, encapsulatedKey: share.encapsulatedKey, payload: share.payload.dropLast()),
            helperEncryptedInputShare: short.helperEncryptedInputShare)
        let failures = try await client.upload([good, other, twin, cut, good])
        #expect(
            failures == [
                ReportUploadStatus(reportID: other.metadata.reportID, error: .reportReplayed),
                ReportUploadStatus(reportID: short.metadata.reportID, error: .invalidMessage),
            ])
        await node.stop()
    }

    private func inflated(_ report: Report, to size: Int) -> Report {
        let share = report.helperEncryptedInputShare
        return Report(
            metadata: report.metadata, publicShare: report.publicShare,
            leaderEncryptedInputShare: report.leaderEncryptedInputShare,
            helperEncryptedInputShare: HpkeCiphertext(
                configID: share.configID, encapsulatedKey: share.encapsulatedKey,
                payload: [UInt8](repeating: 0, count: size)))
    }

    /// Only the helper can open its share, but one that is too long would make a job with others' reports too long for it.
    @Test func aHelpersShareIsNoLongerThanOneCanBe() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .timeInterval))
        let node = try await pair.start(pair.leader)
        let report = try client.report([1, 2, 3])
        let long = inflated(report, to: 1 << 20)
        #expect(
            try await client.upload([long])
                == [ReportUploadStatus(reportID: report.metadata.reportID, error: .invalidMessage)])
        #expect(try await client.upload([report]) == [])
        await node.stop()
    }

    /// Such reports, stored by a leader that let them in: their jobs would be longer than the helper takes.
    @Test func storedSharesThatAreTooLongHoldNobodyUp() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .timeInterval))
        let time = client.now
        let store = try await pair.leader.openTestDatabase()
        let stored = try (0..<16).map { number in
            let report = inflated(try client.report([1, 1, 1], time: time), to: 2 << 20)
            let key = pair.leaderKeys.hpke
            let opener = ReportOpener(
                taskID: client.file.taskID, task: client.file.configuration, role: .leader, keys: [key],
                vdaf: client.vdaf)
            let share = ReportShare(
                metadata: report.metadata, publicShare: report.publicShare,
                encryptedInputShare: report.leaderEncryptedInputShare)
            return NewReport(
                reportID: report.metadata.reportID, time: time, fingerprint: [UInt8](repeating: 0, count: 32),
                payload: ReportPayload(
                    metadata: report.metadata.encoded(), publicShare: report.publicShare,
                    inputShare: try opener.open(share, now: time * 60).get().inputShare,
                    helperShare: report.helperEncryptedInputShare.encoded()))
        }
        _ = try await store.storeReports(stored, task: client.file.taskID, bucketCapacity: nil)
        try store.close()
        try await pair.withNodes { leader, _ in
            try await client.upload(try (0..<4).map { try client.report([$0, 1, 7], time: time) })
            #expect(try await client.collect(client.today).sums == .vector([6, 4, 28]))
            let counts = try await leader.context.store.reportCounts(task: client.file.taskID)
            #expect(counts.rejected == [.invalidMessage: 16])
        }
    }

    @Test func aFullDiskTakesNoUploads() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .timeInterval))
        let disk = DiskSpace(directories: ["/"], reserve: 1 << 20) { _ in 1_000 }
        let node = try await pair.start(pair.leader, disk: disk)
        let answer = try await client.uploadAnswer([try client.report([1, 2, 3])])
        #expect(answer.status == 507 && answer.headers["retry-after"] == "60")
        #expect(try ProblemDocument(json: answer.body).taskID == client.file.taskID)
        await node.stop()
    }

    @Test func slicesAreShortAndLoseNothing() {
        #expect(UploadInspection.slices([]) == [])
        let many = UploadInspection.slices([Int](repeating: 100, count: 100))
        #expect(many == [0..<32, 32..<64, 64..<96, 96..<100])
        let large = UploadInspection.slices([3 << 20, 3 << 20, 5 << 20, 1])
        #expect(large == [0..<2, 2..<3, 3..<4])
    }
}
