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
        schedule.resume(7, at: start + .seconds(1))
        schedule.resume(8, at: start)
        #expect(schedule.next(at: start) == .resume(8))
        #expect(schedule.next(at: start) == .wait(until: start + .seconds(1)))
        #expect(schedule.next(at: start + .seconds(1)) == .resume(7))
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
}
