import AggregatorNode
import DAP
import Datastore
import Testing

/// The jobs that a helper is verifying, and what becomes of those that the leader deletes meanwhile.
@Suite struct VerifyingJobsTests {
    private let task = TaskID.random()
    private let id = AggregationJobID(unchecked: [UInt8](repeating: 7, count: 16))

    private func jobs() -> VerifyingJobs { VerifyingJobs(rules: JobDeferral(), cores: 2) }

    private func begin(
        _ jobs: VerifyingJobs, _ work: @escaping @Sendable (RunningJob) async throws -> [UInt8]
    ) async throws -> RunningJob {
        try #require(await jobs.begin(id, of: task, from: "leader", reports: 1, bytes: 1, for: .leader, work))
    }

    /// Its reports may be in other jobs by the time that it would be committed.
    @Test func aJobThatIsDeletedWhileItIsVerifiedCommitsNothing() async throws {
        let jobs = jobs()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let first = try await begin(jobs) { running in
            for await _ in gate {}
            do { _ = try await running.beginCommit() } catch {
                end.yield(false)
                throw error
            }
            end.yield(true)
            return [1]
        }
        await jobs.abandon(id, of: .random())
        #expect(try await begin(jobs) { _ in [2] } === first, "another task's leader has no say")
        await jobs.abandon(id, of: task)
        await #expect(throws: DatastoreError.leaseLost) { try await first.answer(within: nil) }
        let second = try await begin(jobs) { _ in [2] }
        #expect(second !== first, "who posts it again meets other work")
        #expect(try await second.answer(within: nil) == [2])
        open.finish()
        #expect(await ends.first { _ in true } == false)
    }

    @Test func aCommitThatHasBegunEndsBeforeItsJobIsDeleted() async throws {
        let jobs = jobs()
        let (begun, say) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let running = try await begin(jobs) { running in
            _ = try await running.beginCommit()
            say.finish()
            for await _ in gate {}
            return [1]
        }
        for await _ in begun {}
        async let deletion: Void = jobs.abandon(id, of: task)
        open.finish()
        await deletion
        #expect(try await running.answer(within: .zero) == [1])
    }

    /// One leader sends jobs that take for ever, and has more stored than it may: the other's are verified at once.
    @Test func oneLeaderDoesNotUseUpTheOthersPlaces() async throws {
        let jobs = VerifyingJobs(rules: JobDeferral(), cores: 2, leaders: 2)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        func ids(_ count: Int, _ first: UInt8) -> [AggregationJobID] {
            (0..<count).map { AggregationJobID(unchecked: [first, UInt8($0)] + [UInt8](repeating: 0, count: 14)) }
        }
        var taken: [String: Int] = [:]
        for (leader, first) in [("greedy", 1), ("fair", 2)] as [(String, UInt8)] {
            for id in ids(20, first) {
                let running = await jobs.begin(
                    id, of: .random(), from: leader, reports: 1, bytes: 1, for: .leader
                ) { _ in
                    for await _ in gate {}
                    return []
                }
                if running != nil { taken[leader, default: 0] += 1 }
            }
        }
        #expect(taken == ["greedy": 8, "fair": 8])

        let waiting = ids(256, 3).enumerated().map { number, id in
            WaitingHelperJob(task: task, id: id, arrived: UInt64(number), reports: 1, bytes: 8 << 20)
        }
        var stored = 0
        for job in waiting where await jobs.hasRoom(job, from: "greedy") {
            await jobs.noteStored(job, from: "greedy", isDue: true)
            stored += 1
        }
        #expect(stored == 256)
        #expect(await !jobs.hasRoom(waiting[0], from: "greedy"), "2 of 4 GiB")
        #expect(await jobs.hasRoom(waiting[0], from: "fair"))
        open.finish()
        // What waits of one keeps the other's from nothing.
        _ = try await eventually("the places are free again") {
            await jobs.begin(id, of: task, from: "fair", reports: 1, bytes: 1, for: .leader) { _ in [] }
        }
        let behind = ids(1, 9)[0]
        #expect(
            await jobs.begin(behind, of: task, from: "greedy", reports: 1, bytes: 1, for: .leader) { _ in [] } == nil,
            "nobody goes before the leader's own")
    }

    /// SIGTERM: whoever comes next need not wait for the end of the lease, and this process commits nothing more.
    @Test func aProcessThatShutsDownGivesBackWhatItDoesNotFinish() async throws {
        let lease = HelperJobLease(task: task, job: id)
        let (plain, held, committing) = (RunningJob(), RunningJob(), RunningJob())
        #expect(await plain.surrender() == nil, "its leader waits, and nothing is stored")
        for job in [held, committing] { await job.hold(lease, since: .now, for: .seconds(20)) }
        #expect(try await committing.beginCommit() == lease)
        #expect(await committing.surrender() == nil, "what is being committed is")
        #expect(await held.surrender() == lease)
        #expect(await held.surrender() == nil)
        await #expect(throws: DatastoreError.leaseLost) { try await held.beginCommit() }
    }

    @Test func aPollIsAnsweredByWhatTheLastLookHasSeen() async {
        let jobs = jobs()
        let mine = WaitingHelperJob(task: task, id: id, arrived: 9, reports: 1, bytes: 1)
        #expect(await jobs.retryAfter(mine) == 1)
        let before = WaitingHelperJob(
            task: task, id: AggregationJobID(unchecked: [UInt8](repeating: 8, count: 16)), arrived: 1, reports: 10_000,
            bytes: 1)
        _ = await jobs.awake([before])
        #expect(await jobs.retryAfter(mine) > 1)
    }

    /// Where the disk is full, jobs that cannot be taken are not asked for again and again.
    @Test func aJobThatCannotBeTakenRests() async {
        let jobs = jobs()
        let waiting = WaitingHelperJob(task: task, id: id, arrived: 1, reports: 1, bytes: 1)
        #expect(await jobs.awake([waiting]) == [waiting])
        for _ in 0..<9 { await jobs.rest(id) }
        #expect(await jobs.awake([waiting]).isEmpty)
        #expect(await jobs.awake([]).isEmpty)
        #expect(await jobs.awake([waiting]) == [waiting], "one that was gone meanwhile is another")
    }
}
