import AggregatorNode
import DAP
import Testing

@Suite struct JobScheduleTests {
    private let task = TaskID(unchecked: [UInt8](repeating: 1, count: 32))
    private let other = TaskID(unchecked: [UInt8](repeating: 2, count: 32))
    private let start = ContinuousClock.now

    @Test func afterAPauseInUploadsAJobIsFormed() {
        var schedule = JobSchedule()
        schedule.arrived(3, of: task, at: start)
        #expect(schedule.next(at: start) == .wait(until: start + .milliseconds(200)))
        schedule.arrived(1, of: task, at: start + .milliseconds(150))
        #expect(schedule.next(at: start + .milliseconds(200)) == .wait(until: start + .milliseconds(350)))
        #expect(schedule.next(at: start + .milliseconds(350)) == .form(task))
        #expect(schedule.next(at: start + .seconds(9)) == .wait(until: nil))
    }

    @Test func aFullJobIsFormedAtOnceAndTheRestWaits() {
        var schedule = JobSchedule()
        schedule.arrived(250, of: task, at: start)
        #expect(schedule.next(at: start) == .form(task))
        #expect(schedule.next(at: start) == .form(task))
        #expect(schedule.next(at: start) == .wait(until: start + .milliseconds(200)))
        #expect(schedule.next(at: start + .milliseconds(200)) == .form(task))
    }

    @Test func reportsThatKeepTricklingInDoNotWaitForEver() {
        var schedule = JobSchedule()
        var now = start
        while now < start + .seconds(2) {
            schedule.arrived(1, of: task, at: now)
            #expect(schedule.next(at: now) != .form(task))
            now += .milliseconds(100)
        }
        schedule.arrived(1, of: task, at: now)
        #expect(schedule.next(at: now) == .form(task))
    }

    /// A helper that lets every request hang, for many tasks, uses up its own part of the slots.
    @Test func eachHelperHasItsPartOfTheSlots() {
        let hanging = (3..<33).map { TaskID(unchecked: [UInt8](repeating: $0, count: 32)) }
        var schedule = JobSchedule()
        schedule.learn(Dictionary(uniqueKeysWithValues: (hanging + [task]).map { ($0, $0 == task ? "b" : "a") }))
        for id in hanging { schedule.demand(id, at: start) }
        var given: [TaskID] = []
        while case .form(let id) = schedule.next(at: start) { given.append(id) }
        #expect(given.count == 8)
        for _ in 0..<4 {
            schedule.demand(task, at: start)
            #expect(schedule.next(at: start) == .form(task))
        }
        // Of one whom nobody knows yet, too.
        schedule.demand(other, at: start)
        #expect(schedule.next(at: start) == .form(other))
        // Where a slot is given back, the next is the same helper's.
        schedule.ended(given[0])
        guard case .form(let next) = schedule.next(at: start) else {
            Issue.record("the slot is not used")
            return
        }
        #expect(hanging.contains(next))
    }

    @Test func oneHelperAloneHasAllSlots() {
        var schedule = JobSchedule()
        let tasks = (3..<33).map { TaskID(unchecked: [UInt8](repeating: $0, count: 32)) }
        schedule.learn(Dictionary(uniqueKeysWithValues: tasks.map { ($0, "a") }))
        for id in tasks { schedule.demand(id, at: start) }
        var given = 0
        while case .form = schedule.next(at: start) { given += 1 }
        #expect(given == 16)
    }

    @Test func aCollectionDoesNotWaitForThePause() {
        var schedule = JobSchedule()
        schedule.arrived(1, of: task, at: start)
        schedule.demand(task, at: start)
        #expect(schedule.next(at: start) == .form(task))
        schedule.demand(other, at: start)
        #expect(schedule.next(at: start) == .form(other))
    }

    @Test func pendingJobsAreSentAgainInTheirTime() {
        var schedule = JobSchedule()
        schedule.resume(7, of: task, at: start + .seconds(1))
        schedule.resume(8, of: task, at: start)
        #expect(schedule.next(at: start) == .resume(8, of: task))
        #expect(schedule.next(at: start) == .wait(until: start + .seconds(1)))
        #expect(schedule.isScheduled(7, of: task) && !schedule.isScheduled(8, of: task))
        #expect(schedule.next(at: start + .seconds(1)) == .resume(7, of: task))
        #expect(schedule.next(at: start + .seconds(1)) == .wait(until: nil))
    }

    @Test func theTaskThatWaitsLongestIsServedFirst() {
        var schedule = JobSchedule()
        schedule.arrived(1, of: other, at: start)
        schedule.arrived(1, of: task, at: start + .milliseconds(50))
        let later = start + .seconds(1)
        #expect(schedule.next(at: later) == .form(other))
        #expect(schedule.next(at: later) == .form(task))
    }

    // MARK: Fairness

    @Test func aTaskHoldsOnlyItsOwnSlots() {
        var schedule = JobSchedule()
        for job in 0..<10 { schedule.resume(Int64(job), of: task, at: start) }
        for _ in 0..<4 {
            guard case .resume(_, of: task) = schedule.next(at: start) else {
                Issue.record("a slot is missing")
                return
            }
        }
        #expect(schedule.next(at: start) == .wait(until: nil))
        schedule.arrived(1, of: other, at: start)
        #expect(schedule.next(at: start + .seconds(1)) == .form(other))
        schedule.ended(task)
        #expect(schedule.next(at: start + .seconds(1)) == .resume(4, of: task))
    }

    @Test func allTogetherHoldNoMoreThanTheNodeHas() {
        var schedule = JobSchedule()
        let tasks = (0..<9).map { TaskID(unchecked: [UInt8](repeating: UInt8(10 + $0), count: 32)) }
        for (number, task) in tasks.enumerated() {
            for job in 0..<4 { schedule.resume(Int64(number * 4 + job), of: task, at: start) }
        }
        var taken = 0
        while schedule.next(at: start) != .wait(until: nil) { taken += 1 }
        #expect(taken == 16)
        schedule.ended(tasks[0])
        #expect(schedule.next(at: start) != .wait(until: nil))
    }

    /// With one slot for all, a task with a thousand jobs and one with a single report take turns.
    @Test func whoWasServedLongestAgoIsNext() {
        var limits = JobSchedule.Limits()
        limits.slots = 1
        var schedule = JobSchedule(limits: limits)
        for job in 0..<1_000 { schedule.resume(Int64(job), of: task, at: start) }
        var now = start
        var served: [TaskID] = []
        for _ in 0..<10 {
            schedule.arrived(1, of: other, at: now)
            now += .seconds(1)
            switch schedule.next(at: now) {
            case .form(let task), .resume(_, let task):
                served.append(task)
                schedule.ended(task)
            case .wait: Issue.record("nothing to do")
            }
        }
        #expect(served.count { $0 == other } == 5)
    }

    /// Jobs that are repeated must not keep a task from forming new ones.
    @Test func formingAndRepeatingTakeTurns() {
        var schedule = JobSchedule()
        for job in 0..<10 { schedule.resume(Int64(job), of: task, at: start) }
        schedule.arrived(300, of: task, at: start)
        let actions = (0..<4).map { _ in schedule.next(at: start) }
        #expect(actions == [.resume(0, of: task), .form(task), .resume(1, of: task), .form(task)])
    }

    // MARK: Outages

    @Test func whileExchangesFailJobsAreFormedAtGrowingIntervals() {
        var schedule = JobSchedule()
        var now = start
        var formed: [Duration] = []
        for _ in 0..<4_000 {
            schedule.arrived(100, of: task, at: now)
            if schedule.next(at: now) == .form(task) {
                formed.append(now - start)
                schedule.failed(task, pause: .seconds(1), isAsked: false, at: now)
                schedule.ended(task)
            }
            now += .seconds(1)
        }
        #expect(formed.count > 5 && formed.count < 40, "\(formed)")
        schedule.answered(task, at: now)
        #expect(schedule.next(at: now) == .form(task))
    }

    @Test func aPauseThatThePeerAsksForIsTheTasks() {
        var schedule = JobSchedule()
        schedule.failed(task, pause: .seconds(3_600), isAsked: true, at: start)
        schedule.demand(task, at: start)
        #expect(schedule.next(at: start) == .wait(until: start + .seconds(3_600)))
        schedule.demand(other, at: start)
        #expect(schedule.next(at: start) == .form(other))
    }

    @Test func afterAnOutageWhatWaitsFollowsAtOnceButWhatThePeerPutOffDoesNot() {
        var schedule = JobSchedule()
        for _ in 0..<3 { schedule.failed(task, pause: .seconds(9), isAsked: false, at: start) }
        schedule.resume(1, of: task, at: start + .seconds(200))
        schedule.resume(2, of: task, at: start + .seconds(300))
        schedule.resume(3, of: task, at: start + .seconds(250), isAsked: true)
        schedule.answered(task, at: start)
        #expect(schedule.next(at: start) == .resume(1, of: task))
        #expect(schedule.next(at: start + .milliseconds(50)) == .resume(2, of: task))
        #expect(schedule.next(at: start + .milliseconds(50)) == .wait(until: start + .seconds(250)))
    }

    /// A job with a history can wait for minutes after the first failure behind a restart.
    @Test func whenThePeerIsBackWhatItHasNotPutOffFollowsAtOnce() {
        var schedule = JobSchedule()
        schedule.failed(task, pause: .seconds(300), isAsked: false, at: start)
        schedule.resume(1, of: task, at: start + .seconds(300))
        schedule.resume(2, of: task, at: start + .seconds(200), isAsked: true)
        schedule.returned(task, at: start)
        #expect(schedule.next(at: start) == .resume(1, of: task))
        #expect(schedule.next(at: start) == .wait(until: start + .seconds(200)))
        schedule.failed(other, pause: .seconds(3_600), isAsked: true, at: start)
        schedule.demand(other, at: start)
        schedule.returned(other, at: start)
        #expect(schedule.next(at: start + .seconds(1)) == .wait(until: start + .seconds(200)))
    }

    @Test func threeFailuresInARowPutThePeerInDoubt() {
        var schedule = JobSchedule()
        let doubts = (0..<4).map { _ in schedule.failed(task, pause: .seconds(1), isAsked: false, at: start) }
        #expect(doubts == [false, false, true, true])
    }

    /// One job that always fails beside others that succeed keeps its own pauses.
    @Test func aSingleFailureIsNoOutage() {
        var schedule = JobSchedule()
        schedule.failed(task, pause: .seconds(9), isAsked: false, at: start)
        schedule.resume(1, of: task, at: start + .seconds(200))
        schedule.answered(task, at: start)
        #expect(schedule.next(at: start) == .wait(until: start + .seconds(200)))
    }
}

@Suite struct LineRuleTests {
    private let start = ContinuousClock.now

    @Test func whatLastsIsSaidAtGrowingIntervals() {
        var rule = LineRule()
        let lines = (0..<7_200).filter { rule.line("down", at: start + .seconds($0)) != nil }
        #expect(lines.prefix(4) == [0, 1, 3, 7] && lines.count < 25, "\(lines)")
    }

    @Test func aChangeIsSaidAtOnceButNoMoreThanOnceASecond() {
        var rule = LineRule()
        #expect(rule.line("a", at: start) == 1)
        #expect(rule.line("b", at: start + .milliseconds(100)) == nil)
        #expect(rule.line("b", at: start + .seconds(1)) == 2)
        let many = (0..<100).compactMap { rule.line("\($0)", at: start + .seconds(2) + .milliseconds($0)) }
        #expect(many.count == 1)
    }

    /// Collections and tasks come and go for as long as a node runs.
    @Test func whatHasBeenOverForLongIsForgotten() {
        let rules = LineRules<Int>()
        for key in 0..<10_000 {
            let now = start + .seconds(key * 60)
            #expect(rules.line("down", about: key, at: now) == 1)
            #expect(rules.line("down", about: key, at: now + .milliseconds(1)) == nil)
        }
        #expect(rules.count <= 64)
    }
}
