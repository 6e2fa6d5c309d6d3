import AggregatorNode
import DAP
import Datastore
import Testing

/// Which jobs a helper verifies while the leader waits, in which order the others come, and when they are asked for.
@Suite struct JobDeferralTests {
    private let tasks = (0..<3).map { TaskID(unchecked: [UInt8](repeating: UInt8($0), count: 32)) }

    private func id(_ number: Int) -> AggregationJobID {
        AggregationJobID(unchecked: [UInt8](repeating: UInt8(number), count: 16))
    }

    private func job(
        _ number: Int, _ task: Int, reports: Int = 10, isHeld: Bool = false, left: Int64 = 0
    ) -> WaitingHelperJob {
        WaitingHelperJob(
            task: tasks[task], id: id(number), arrived: UInt64(number), reports: reports, bytes: 1,
            isHeld: isHeld, left: .seconds(left))
    }

    private func rules(jobs: Int = 4, bytes: Int = 100, expected: Duration = .seconds(10)) -> JobDeferral {
        var rules = JobDeferral()
        (rules.jobs, rules.bytes, rules.expected) = (jobs, bytes, expected)
        return rules
    }

    // MARK: Admission

    @Test func aHelperThatHasNothingToDoAnswersAtOnce() {
        let idle = JobLoad()
        #expect(rules().isAnsweredAtOnce(JobLoad(jobs: 1, bytes: 50), underWay: idle, due: 0, cores: 2))
        #expect(
            rules().isAnsweredAtOnce(JobLoad(jobs: 1, bytes: 5_000), underWay: idle, due: 0, cores: 2),
            "a job that takes more than all memory comes through alone")
        #expect(JobDeferral().isAnsweredAtOnce(JobLoad(jobs: 1), underWay: idle, due: 0, cores: 1))
        #expect(!rules(jobs: 0).isAnsweredAtOnce(JobLoad(jobs: 1), underWay: idle, due: 0, cores: 2))
    }

    @Test func eachBoundDefersAJob() {
        let rules = rules()
        let small = JobLoad(jobs: 1, bytes: 10, seconds: 1)
        let cases: [(underWay: JobLoad, due: Int, job: JobLoad, isAtOnce: Bool)] = [
            (JobLoad(jobs: 3, bytes: 90, seconds: 19), 0, small, true),
            (JobLoad(jobs: 4, bytes: 0, seconds: 0), 0, small, false),
            (JobLoad(jobs: 1, bytes: 91, seconds: 0), 0, small, false),
            (JobLoad(jobs: 1, bytes: 0, seconds: 19.1), 0, small, false),
            (JobLoad(), 1, small, false), (JobLoad(), 0, JobLoad(jobs: 1, bytes: 1, seconds: 20.1), false),
        ]
        for (underWay, due, job, isAtOnce) in cases {
            #expect(
                rules.isAnsweredAtOnce(job, underWay: underWay, due: due, cores: 2) == isAtOnce, "\(underWay) \(due)")
        }
    }

    /// However large it is: else it would wait for ever.
    @Test func aStoredJobIsAlwaysBegunWhereNothingElseIs() {
        let huge = JobLoad(jobs: 1, bytes: .max / 2, seconds: 1e9)
        #expect(rules(jobs: 0, bytes: 0).isBegun(huge, underWay: JobLoad(), cores: 1))
        #expect(!rules().isBegun(huge, underWay: JobLoad(jobs: 1, bytes: 1), cores: 8))
        let small = JobLoad(jobs: 1, bytes: 1)
        #expect(rules().isBegun(small, underWay: JobLoad(jobs: 2, bytes: 9), cores: 2))
        #expect(!rules().isBegun(small, underWay: JobLoad(jobs: 3, bytes: 9), cores: 2), "all cores have work")
    }

    @Test func eachOfSeveralLeadersHasAnEqualPart() {
        let rules = rules(jobs: 16, bytes: 300)
        let part = rules.part(of: 3)
        #expect(part.jobs == 5 && part.bytes == 100 && part.room.jobs == 341)
        #expect(part.room.jobsOfTask == rules.room.jobsOfTask)
        #expect(rules.part(of: 1).jobs == 16 && rules.part(of: 0).bytes == 300)
        // Never none, but where there is none for anybody.
        #expect(rules.part(of: 99).jobs == 1 && self.rules(jobs: 0).part(of: 3).jobs == 0)
    }

    // MARK: Order

    @Test func tasksTakeTurnsAndTheOldestComesFirst() {
        let waiting = [job(5, 1), job(1, 0), job(2, 0), job(3, 0), job(4, 1), job(6, 2)].shuffled()
        let order = { (underWay: [TaskID: Int]) in
            JobDeferral.order(waiting, underWay: underWay).map(\.arrived)
        }
        #expect(order([:]) == [1, 4, 6, 2, 5, 3])
        #expect(order([tasks[0]: 1]) == [4, 6, 1, 5, 2, 3])
        #expect(order([tasks[0]: 9, tasks[2]: 1]) == [4, 5, 6, 1, 2, 3])
    }

    /// A job that fills the memory is alone: nothing is under way whenever the next is chosen.
    @Test func tasksTakeTurnsWhereJobsAreVerifiedOneByOne() {
        var waiting = [job(1, 0), job(2, 0), job(3, 0), job(4, 1), job(5, 2), job(6, 1)]
        var served: [TaskID: Int] = [:]
        var order: [UInt64] = []
        while let next = JobDeferral.order(waiting, underWay: [:], served: served).first {
            order.append(next.arrived)
            served[next.task] = order.count
            waiting.removeAll { $0.id == next.id }
        }
        #expect(order == [1, 4, 5, 2, 6, 3])
    }

    @Test func onlyWhatIsDueAndFreeIsTaken() {
        let waiting = [
            job(1, 0, left: 1), job(2, 0, isHeld: true, left: 1), job(3, 0), job(4, 0, isHeld: true),
        ]
        #expect(JobDeferral.order(waiting, underWay: [:]).map(\.arrived) == [3, 4])
    }

    // MARK: Retry-After

    private func retryAfter(_ number: Int, _ waiting: [WaitingHelperJob], cores: Int = 2) -> Int {
        JobDeferral.retryAfter(id(number), among: waiting, seconds: { $0 == tasks[0] ? 0.5 : 4 }, cores: cores)
    }

    @Test func theQueueSaysWhenToAskAgain() {
        let waiting = [
            job(1, 0, reports: 40, isHeld: true, left: 10), job(2, 0, reports: 16), job(3, 1, reports: 2), job(4, 0),
        ]
        #expect(retryAfter(1, waiting) == 10)
        #expect(retryAfter(2, waiting) == 14)
        #expect(retryAfter(3, waiting) == 18)
        #expect(retryAfter(4, waiting) == 21, "20 + 8 + 8 + 5 seconds of two cores, in whole ones")
        #expect(retryAfter(4, waiting, cores: 1) == 41)
        #expect(retryAfter(9, waiting) == 21, "one that is not stored comes behind all")
    }

    @Test func itIsNeverNothingAndNeverForEver() {
        #expect(retryAfter(1, []) == 1)
        #expect(retryAfter(1, [job(1, 0, reports: 0)]) == 1)
        #expect(retryAfter(1, [job(1, 1, reports: 1_000_000)]) == 300)
        #expect(retryAfter(1, [job(1, 0, reports: 1, left: 60)]) == 60)
        #expect(retryAfter(1, [job(1, 0, reports: 1, left: 1 << 40)]) == 300)
        #expect(retryAfter(1, [job(1, 0, reports: 1, isHeld: true, left: 60)]) == 1, "somebody is at it")
    }

    // MARK: Costs

    @Test func whatReportsCostIsLearned() {
        var costs = JobCosts()
        #expect(costs.known(tasks[0]) == nil && costs.perReport(tasks[0]) == JobDeferral.unknownCost)
        costs.note(tasks[0], seconds: 8, reports: 2)
        #expect(costs.known(tasks[0]) == 4 && costs.known(tasks[1]) == nil)
        costs.note(tasks[0], seconds: 12, reports: 1)
        #expect(costs.known(tasks[0]) == 5, "a busy machine does not make a job dear")
        costs.note(tasks[0], seconds: 1, reports: 1)
        #expect(costs.known(tasks[0]) == 1)
        costs.note(tasks[0], seconds: 1, reports: 0)
        #expect(costs.known(tasks[0]) == 1)
    }

    /// What may have ended the process comes behind what has not.
    @Test func aJobThatWasTakenBeforeIsLeasedForLonger() {
        let rules = JobDeferral()
        #expect(rules.lease(attempts: 0) == .seconds(20))
        #expect([1, 2, 5, 6, 9].map { rules.lease(attempts: $0) } == [22, 24, 52, 80, 80].map { .seconds($0) })
        var slow = rules
        slow.lease = .seconds(100)
        #expect(slow.lease(attempts: 9) == HelperJobLease.longest, "a longer one would be taken for a clock's error")
    }

    // MARK: Troubles

    @Test func everyTroubleHasItsConsequence() {
        let task = tasks[0]
        let errors: [(any Error, StoredJobTrouble)] = [
            (DatastoreError.leaseLost, .gone), (DatastoreError.notServed(task), .refused),
            (NodeError.unrecognizedTask(task), .refused), (NodeError.dap(.invalidMessage, ""), .refused),
            (NodeError.unavailable("", retryAfter: 2), .passing), (DatastoreError.busy(""), .passing),
            (DatastoreError.stale, .passing), (DatastoreError.full, .passing),
            (NodeError.insufficientStorage, .passing), (CancellationError(), .passing),
        ]
        for (error, trouble) in errors { #expect(StoredJobTrouble(error) == trouble, "\(error)") }
        #expect(StoredJobTrouble.gone.next(attempts: 3) == .nothing)
        #expect(StoredJobTrouble.refused.next(attempts: 0) == .forget)
        let pauses = [0, 1, 2, 5, 6, 7, 1_000].map { StoredJobTrouble.passing.next(attempts: $0) }
        #expect(pauses == [1, 2, 4, 32, 60, 60, 60].map { .again(seconds: $0) })
    }
}
