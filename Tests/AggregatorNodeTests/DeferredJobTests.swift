import AggregatorNode
import DAP
import Datastore
import Testing

/// A helper that answers later, over real HTTP, on a real database.
@Suite struct DeferredJobTests: DeferredJobs {
    @Test func aStoredJobIsAnsweredWhenItIsAskedFor() async throws {
        let fixture = try await HelperFixture(committed: false, deferral: Self.storing)
        let batch = BatchID.random()
        let reports = try (0..<3).map { try fixture.report([$0, 1, 7]) }
        let job = fixture.job(reports, batch: batch)
        let helper = fixture.helper
        try await withServer(fixture.routes(of: helper)) { client in
            let first = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
            let location = try expectDeferral(first, fixture)
            // The same bytes are the same job, and a poll says what the request was told.
            for _ in 0..<2 {
                let again = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
                #expect(try expectDeferral(again, fixture) == location)
                #expect(try expectDeferral(await fixture.get(client, location), fixture) == location)
            }
            #expect(
                try problem(await fixture.get(client, location.replacing("step=0", with: "step=1"))) == .stepMismatch)
            let path = String(location.prefix { $0 != "?" })
            let next = AggregationJobContinueReq(step: 1, verifyContinues: [])
            let resumed = try await client.send(
                "POST", path, body: next.encoded(),
                headers: fixture.headers(AggregatorNode.MediaType.aggregationJobContinueReq.headerValue))
            #expect(try problem(resumed) == .stepMismatch)

            let answer = try await verifying(helper) { try await fetch(fixture, client, location) }
            #expect(try isAccepted(answer))
            let repeated = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
            #expect(repeated.body == answer.body && repeated.headers["location"] == path)
            let shares = try fixture.finish(reports, answer.body)
            let request = fixture.shareRequest(reports, .leaderSelected(batch))
            let share = try await fixture.post(client, "/aggregate_shares", request, .aggregateShareReq)
            #expect(try fixture.unshard(share, request, leaderShares: shares).value == .vector([3, 3, 21]))
        }
    }

    /// The verification goes on while the job is stored, and its end is the job's.
    @Test func aJobThatOutlastsThePatienceIsStoredAndAnsweredLater() async throws {
        let fixture = try await HelperFixture(committed: false, deferral: Self.impatient)
        let helper = fixture.helper
        try await withServer(fixture.routes(of: helper)) { client in
            for _ in 0..<20 {
                let reports = try (0..<4).map { try fixture.report([$0, 1, 7]) }
                let job = fixture.job(reports, batch: .random())
                // Nobody takes up stored jobs here.
                let first = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
                let location = try #require(first.headers["location"])
                let answer = first.body.isEmpty ? try await fetch(fixture, client, location) : first
                #expect(try isAccepted(answer))
                #expect(try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq).body == answer.body)
            }
            #expect(try await fixture.context.store.waitingHelperJobs().isEmpty)
        }
    }

    @Test func aNodeThatWasKilledFindsWhatItHasStored() async throws {
        let fixture = try await HelperFixture(committed: true, deferral: Self.storing)
        let jobs = try (0..<3).map { _ in fixture.job([try fixture.report()], batch: .random()) }
        let locations = try await withServer(fixture.routes) { client in
            var locations: [String] = []
            for job in jobs {
                let answer = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
                locations.append(try expectDeferral(answer, fixture))
            }
            return locations
        }
        // It died while it verified one of them.
        let held = try #require(try await fixture.context.store.waitingHelperJobs().first)
        let lease = HelperJobLease(task: held.task, job: held.id)
        _ = try await fixture.context.store.leaseHelperJob(lease, for: HelperJobLease.longest)
        try fixture.context.store.close()

        let reopened = try fixture.reopened()
        let helper = reopened.helper
        try await withServer(reopened.routes(of: helper)) { client in
            try await verifying(helper) {
                let others = locations.filter { !$0.contains(held.id.base64URL) }
                for location in others { #expect(try isAccepted(await fetch(reopened, client, location))) }
                let mine = try #require(locations.first { !others.contains($0) })
                #expect(try await reopened.get(client, mine).body.isEmpty, "it may still be at work")
                try await reopened.context.store.renewHelperJob(lease, for: .zero)
                #expect(try isAccepted(await fetch(reopened, client, mine)))
            }
        }
        await #expect(throws: DatastoreError.leaseLost) { try await reopened.context.store.forgetHelperJob(lease) }
    }

    /// The operator's part (`cairn node jobs forget`): the leader hears that there is no such job, and its reports count once,
    /// whatever it does then.
    @Test func aJobThatTheOperatorForgetsIsUnknownAndMayComeAgain() async throws {
        let fixture = try await HelperFixture(committed: true, deferral: Self.storing)
        let (helper, store, batch) = (fixture.helper, fixture.context.store, BatchID.random())
        let reports = try (0..<2).map { _ in try fixture.report() }
        let job = fixture.job(reports, batch: batch)
        try await withServer(fixture.routes(of: helper)) { client in
            let first = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
            let location = try expectDeferral(first, fixture)
            let stored = try #require(try await store.waitingHelperJobs().first)
            // Somebody verifies it at that moment.
            let lease = HelperJobLease(task: stored.task, job: stored.id)
            #expect(try await store.leaseHelperJob(lease, for: .seconds(60)) != nil)
            #expect(try await store.forgetHelperJob(stored.task, stored.id))
            #expect(try await !store.forgetHelperJob(stored.task, stored.id))
            await #expect(throws: DatastoreError.leaseLost) { try await store.renewHelperJob(lease, for: .seconds(60)) }
            #expect(try problem(await fixture.get(client, location)) == .unrecognizedAggregationJob)

            // A leader that still wants it posts the same bytes.
            let again = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
            #expect(try expectDeferral(again, fixture) == location)
            let answer = try await verifying(helper) { try await fetch(fixture, client, location) }
            #expect(try isAccepted(answer))
            #expect(try await !store.forgetHelperJob(stored.task, stored.id), "what is answered stays")
            #expect(try await fixture.get(client, location).body == answer.body)
            // And one that has put its reports into another job has them counted there alone.
            let other = fixture.job([reports[0]], batch: batch)
            let replayed = try await fixture.post(client, Self.jobs, other, .aggregationJobInitReq)
            let verdicts = try await verifying(helper) {
                try await fetch(fixture, client, try #require(replayed.headers["location"]))
            }
            #expect(
                try AggregationJobResp(decoding: verdicts.body).responses.map(\.outcome) == [.reject(.reportReplayed)])
            #expect(try await store.helperStanding(fixture.task.id, .batch(batch)).accepted == 2)
        }
    }

    /// Each of them may be asked for any job, and verifies what it gets hold of.
    @Test func twoProcessesOfANodeShareWhatIsStored() async throws {
        let fixture = try await HelperFixture(committed: false, deferral: Self.storing)
        let (first, second) = (fixture.helper, fixture.helper)
        let batch = BatchID.random()
        let reports = try (0..<12).map { _ in try fixture.report([1, 2, 3]) }
        let jobs = reports.map { fixture.job([$0], batch: batch) }
        try await withServer(fixture.routes(of: first)) { one in
            try await withServer(fixture.routes(of: second)) { other in
                let locations = try await withThrowingTaskGroup(of: String.self) { group in
                    for job in jobs {
                        for client in [one, other] {
                            group.addTask {
                                let answer = try await fixture.post(client, Self.jobs, job, .aggregationJobInitReq)
                                return try expectDeferral(answer, fixture)
                            }
                        }
                    }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                }
                #expect(locations.count == jobs.count, "the same job has the same name at both")
                try await verifying(first) {
                    try await verifying(second) {
                        for (number, location) in locations.enumerated() {
                            let answer = try await fetch(fixture, number % 2 == 0 ? one : other, location)
                            #expect(try isAccepted(answer), "it was verified once")
                        }
                    }
                }
                #expect(try await fixture.context.store.waitingHelperJobs().isEmpty)
                let standing = try await fixture.context.store.helperStanding(fixture.task.id, .batch(batch))
                #expect(standing.accepted == 12)
            }
        }
    }

    @Test func aDeletedJobIsNeverVerified() async throws {
        let fixture = try await HelperFixture(committed: false, deferral: Self.storing)
        let (report, batch) = (try fixture.report(), BatchID.random())
        let helper = fixture.helper
        try await withServer(fixture.routes(of: helper)) { client in
            let job = fixture.job([report], batch: batch)
            let location = try expectDeferral(
                await fixture.post(client, Self.jobs, job, .aggregationJobInitReq), fixture)
            let path = String(location.prefix { $0 != "?" })
            #expect(try await fixture.get(client, path, "DELETE").status == 204)
            #expect(try problem(await fixture.get(client, path, "DELETE")) == .unrecognizedAggregationJob)
            #expect(try problem(await fixture.get(client, location)) == .unrecognizedAggregationJob)
            // Its report may be in another.
            let other = fixture.job([report, try fixture.report()], batch: batch)
            let next = try expectDeferral(
                await fixture.post(client, Self.jobs, other, .aggregationJobInitReq), fixture)
            let answer = try await verifying(helper) { try await fetch(fixture, client, next) }
            #expect(try isAccepted(answer))
            #expect(try problem(await fixture.get(client, location)) == .unrecognizedAggregationJob)
        }
    }

    /// Between arrival and verification the operator has ended the task: the leader hears it, and nothing remains.
    @Test func aTaskThatHasEndedTakesItsStoredJobsAlong() async throws {
        let fixture = try await HelperFixture(committed: false, deferral: Self.storing)
        let job = fixture.job([try fixture.report()], batch: .random())
        let helper = fixture.helper
        try await withServer(fixture.routes(of: helper)) { client in
            let location = try expectDeferral(
                await fixture.post(client, Self.jobs, job, .aggregationJobInitReq), fixture)
            #expect(
                try await fixture.context.store.endTask(fixture.task.id, mayDiscard: false, at: 0)
                    == .ended(discarded: 0))
            _ = try await verifying(helper) {
                try await eventually("it is forgotten") {
                    try await fixture.context.store.waitingHelperJobs().isEmpty ? true : nil
                }
            }
            // What it knows of tasks may be a second old.
            try await eventually("the leader hears it") {
                try problem(await fixture.get(client, location)) == .unrecognizedTask ? true : nil
            }
        }
    }

    /// A batch that was collected meanwhile takes no reports: each is told so.
    @Test func aBatchThatWasCollectedMeanwhileTakesNothing() async throws {
        let fixture = try await HelperFixture(committed: false, mode: .timeInterval, deferral: Self.storing)
        let time = HelperFixture.now / 60
        let early = try (0..<3).map { _ in try fixture.report([1, 2, 3], time: time) }
        let late = fixture.job([try fixture.report(time: time)], batch: nil)
        let helper = fixture.helper
        try await withServer(fixture.routes(of: helper)) { client in
            let job = fixture.job(early, batch: nil)
            let first = try expectDeferral(
                await fixture.post(client, Self.jobs, job, .aggregationJobInitReq), fixture)
            _ = try await verifying(helper) { try await fetch(fixture, client, first) }
            let second = try expectDeferral(
                await fixture.post(client, Self.jobs, late, .aggregationJobInitReq), fixture)
            let interval = Interval(start: time, duration: 1)
            let request = fixture.shareRequest(early, .timeInterval(interval), query: .timeInterval(interval))
            #expect(try await fixture.post(client, "/aggregate_shares", request, .aggregateShareReq).status == 200)
            let answer = try await verifying(helper) { try await fetch(fixture, client, second) }
            #expect(
                try AggregationJobResp(decoding: answer.body).responses.map(\.outcome) == [.reject(.batchCollected)])
        }
    }
}
