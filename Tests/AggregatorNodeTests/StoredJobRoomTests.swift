import AggregatorNode
import DAP
import Datastore
import Testing

/// What a helper stores to verify it later, and what it has no room for.
@Suite struct StoredJobRoomTests: DeferredJobs {
    /// A leader that sends more than there is room for, all at once, and comes again as it is told.
    @Test func aFloodOfJobsIsAnsweredOnceEach() async throws {
        var rules = JobDeferral()
        (rules.jobs, rules.patience) = (2, .milliseconds(20))
        rules.room = HelperJobRoom(jobs: 8, bytes: 1 << 30, jobsOfTask: 8, bytesOfTask: 1 << 30)
        let fixture = try await HelperFixture(committed: false, deferral: rules)
        let (helper, batch) = (fixture.helper, BatchID.random())
        let reports = try (0..<60).map { _ in try fixture.report([1, 2, 3]) }
        let jobs = reports.map { fixture.job([$0], batch: batch) }
        try await withServer(fixture.routes(of: helper)) { client in
            try await verifying(helper) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for job in jobs {
                        group.addTask {
                            let answer = try await eventually("the job is taken", every: .milliseconds(20)) {
                                let answer = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
                                return answer.status == 503 ? nil : answer
                            }
                            let location = try #require(answer.headers["location"])
                            let verdicts =
                                answer.body.isEmpty ? try await fetch(fixture, client, location) : answer
                            #expect(try isAccepted(verdicts))
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let standing = try await fixture.context.store.helperStanding(fixture.task.id, .batch(batch))
            #expect(standing.accepted == 60)
            #expect(try await fixture.context.store.waitingHelperJobs().isEmpty)
        }
    }

    @Test func aRequestThatWouldBeRefusedIsNotStored() async throws {
        let fixture = try await HelperFixture(committed: false, deferral: Self.storing)
        let report = try fixture.report()
        try await withServer(fixture.routes) { client in
            for job in [
                fixture.job([report, report], batch: .random()), fixture.job([], batch: .random()),
                fixture.job([report], batch: .random(), keyID: 1),
            ] {
                let answer = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
                #expect(try problem(answer) == .invalidMessage)
            }
            #expect(try await fixture.context.store.waitingHelperJobs().isEmpty)
        }
    }

    @Test func whatHasNoRoomIsToldWhenToComeAgain() async throws {
        var rules = Self.storing
        rules.room = HelperJobRoom(jobs: 9, bytes: 1 << 30, jobsOfTask: 2, bytesOfTask: 1 << 30)
        let fixture = try await HelperFixture(committed: false, deferral: rules)
        let helper = fixture.helper
        let jobs = try (0..<3).map { _ in fixture.job([try fixture.report()], batch: .random()) }
        try await withServer(fixture.routes(of: helper)) { client in
            let first = try await fixture.post(client, Self.jobs, jobs[0], .aggregationJobInitReq)
            _ = try await fixture.post(client, Self.jobs, jobs[1], .aggregationJobInitReq)
            let refused = try await fixture.post(client, Self.jobs, jobs[2], .aggregationJobInitReq)
            #expect(refused.status == 503)
            #expect(refused.headers["retry-after"].flatMap { Int($0) }.map(JobDeferral.pauses.contains) == true)
            // Those that have a place keep it.
            _ = try expectDeferral(await fixture.post(client, Self.jobs, jobs[0], .aggregationJobInitReq), fixture)
            try await verifying(helper) {
                _ = try await fetch(fixture, client, try #require(first.headers["location"]))
                let answer = try await eventually("there is room again") {
                    let answer = try await fixture.post(client, Self.jobs, jobs[2], .aggregationJobInitReq)
                    return answer.status == 503 ? nil : answer
                }
                let location = try #require(answer.headers["location"])
                #expect(
                    try await isAccepted(answer.body.isEmpty ? fetch(fixture, client, location) : answer))
            }
        }
    }

    @Test func whatADiskHasNoRoomForIsNotStored() async throws {
        // What is owed would still have room.
        let full = DiskSpace(directories: ["/"], probe: { _ in DiskSpace.reserve / 2 + (1 << 20) })
        let fixture = try await HelperFixture(committed: false, deferral: Self.storing, disk: full)
        let job = fixture.job([try fixture.report()], batch: .random())
        try await withServer(fixture.routes) { client in
            let answer = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
            #expect(answer.status == 507)
            #expect(try await fixture.context.store.waitingHelperJobs().isEmpty)
        }
    }
}
