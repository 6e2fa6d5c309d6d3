import DAP
import Datastore

/// What verifying some aggregation jobs takes.
package struct JobLoad: Sendable, Equatable {
    package var jobs = 0
    /// Memory, for requests and output shares.
    package var bytes = 0
    /// Of one core, as far as it is known.
    package var seconds = 0.0

    package init(jobs: Int = 0, bytes: Int = 0, seconds: Double = 0) {
        self.jobs = jobs
        self.bytes = bytes
        self.seconds = seconds
    }

    package static func + (first: JobLoad, second: JobLoad) -> JobLoad {
        JobLoad(
            jobs: first.jobs + second.jobs, bytes: first.bytes + second.bytes, seconds: first.seconds + second.seconds)
    }

    package static func - (first: JobLoad, second: JobLoad) -> JobLoad {
        JobLoad(
            jobs: first.jobs - second.jobs, bytes: first.bytes - second.bytes, seconds: first.seconds - second.seconds)
    }
}

/// When a helper verifies an aggregation job while the leader waits, when it stores the job and answers later, and when it
/// asks to be asked again (DAP-18, Asynchronous Request Handling). Pure.
///
/// A leader that waits costs a connection and the memory of its request, and gives up after some minutes. So a helper lets it
/// wait for as long as it does not notice, and no longer: what has no place at once, and what takes longer than expected, is
/// stored, and verified when there is a place.
package struct JobDeferral: Sendable {
    /// How long a leader waits at most before its job is stored.
    package var patience: Duration = .seconds(20)
    /// A job is not begun while its leader waits where it is likely to take longer than this.
    package var expected: Duration = .seconds(20)
    /// How many jobs are verified at a time while their leaders wait. A leader of ours has sixteen under way. With none,
    /// every job is stored first.
    package var jobs = 16
    /// The memory for all that is being verified.
    package var bytes = SystemMemory.size / 4
    /// What may wait, stored.
    package var room = HelperJobRoom(jobs: 1_024, bytes: 4 << 30, jobsOfTask: 256, bytesOfTask: 1 << 30)
    /// For how long a job that was stored is its verifier's. Whoever goes on says so before it is over; a job of a node that
    /// was killed is another's, or its own after the restart, when it is.
    package var lease: Duration = .seconds(20)

    package init() {}

    /// The shortest and longest `Retry-After`, in seconds.
    package static let pauses = 1...300
    /// Seconds of a core for a report of a task of which nothing was verified yet.
    package static let unknownCost = 0.002

    /// The part of one of several leaders. Whatever the others send, each has its own: its places, its memory, its share of the
    /// cores and of what may wait. So no leader's jobs keep another's from being verified, and all together have no more than
    /// one alone would have (but for the one job that everybody may have under way, however large).
    package func part(of leaders: Int) -> JobDeferral {
        guard leaders > 1 else { return self }
        var part = self
        part.jobs = min(jobs, max(1, jobs / leaders))
        part.bytes /= leaders
        part.room = HelperJobRoom(
            jobs: max(1, room.jobs / leaders), bytes: room.bytes / leaders, jobsOfTask: room.jobsOfTask,
            bytesOfTask: room.bytesOfTask)
        return part
    }

    // MARK: Admission

    /// Whether a job that has just come is verified while its leader waits.
    ///
    /// - Parameters:
    ///   - underWay: what is being verified.
    ///   - due: how many stored jobs wait for a place: nobody goes before them.
    ///   - cores: how many verify.
    package func isAnsweredAtOnce(_ job: JobLoad, underWay: JobLoad, due: Int, cores: Int) -> Bool {
        guard due == 0, underWay.jobs < jobs else { return false }
        guard (underWay.seconds + job.seconds) / Double(max(1, cores)) <= expected / .seconds(1) else { return false }
        return underWay.jobs == 0 || underWay.bytes + job.bytes <= bytes
    }

    /// Whether a stored job is begun. More than keep the cores busy would only take memory from those that leaders wait for.
    package func isBegun(_ job: JobLoad, underWay: JobLoad, cores: Int) -> Bool {
        guard underWay.jobs > 0 else { return true }
        return underWay.jobs <= cores && underWay.bytes + job.bytes <= bytes
    }

    /// For how long a stored job is leased. Longer where it was taken before and has no end yet: it may be what has ended
    /// the process, and whoever restarts should come to other jobs first.
    ///
    /// - Parameter attempts: how often it was taken before.
    package func lease(attempts: Int) -> Duration {
        guard attempts > 0 else { return lease }
        return min(lease + .seconds(StoredJobTrouble.pause(attempts: attempts)), HelperJobLease.longest)
    }

    // MARK: Order

    /// The stored jobs whose turn it is, in order: no task is served a second time before each other one was once, and of one
    /// task the oldest comes first. Among tasks that have as many, the one that was served longest ago comes first: where
    /// one job fills the memory, none is under way when the next is chosen.
    ///
    /// - Parameters:
    ///   - underWay: how many jobs of each task are being verified.
    ///   - served: when a task was served last, as a number that grows.
    package static func order(
        _ waiting: [WaitingHelperJob], underWay: [TaskID: Int], served: [TaskID: Int] = [:]
    ) -> [WaitingHelperJob] {
        inTurns(waiting.filter { $0.left == .zero }, after: underWay, served)
    }

    private static func inTurns(
        _ jobs: [WaitingHelperJob], after taken: [TaskID: Int], _ served: [TaskID: Int]
    ) -> [WaitingHelperJob] {
        var turns = taken
        let oldestFirst = jobs.sorted { ($0.arrived, $0.id) < ($1.arrived, $1.id) }
        let ranked = oldestFirst.enumerated().map { place, job in
            let turn = turns[job.task, default: 0]
            turns[job.task] = turn + 1
            return (turn: turn, served: served[job.task, default: 0], place: place, job: job)
        }
        return ranked.sorted { ($0.turn, $0.served, $0.place) < ($1.turn, $1.served, $1.place) }.map(\.job)
    }

    // MARK: Retry-After

    /// In how many seconds the answer to a stored job is likely to be there.
    ///
    /// - Parameters:
    ///   - job: the one that is asked about; one that is not stored comes behind all.
    ///   - waiting: all stored jobs.
    ///   - seconds: of one core, for a report of a task.
    package static func retryAfter(
        _ job: AggregationJobID, among waiting: [WaitingHelperJob], seconds: (TaskID) -> Double, cores: Int
    ) -> Int {
        let isHeld = { (job: WaitingHelperJob) in job.isHeld && job.left > .zero }
        var work = 0.0
        var earliest = 0.0
        for next in waiting.filter(isHeld) + inTurns(waiting.filter { !isHeld($0) }, after: [:], [:]) {
            work += Double(next.reports) * seconds(next.task)
            if next.id == job {
                if !isHeld(next) { earliest = next.left / .seconds(1) }
                break
            }
        }
        let expected = max(work / Double(max(1, cores)), earliest)
        let longest = pauses.upperBound
        return expected >= Double(longest) ? longest : max(pauses.lowerBound, Int(expected.rounded(.up)))
    }
}

/// What a report of each task has taken to verify.
package struct JobCosts: Sendable {
    private var costs: [TaskID: Double] = [:]

    package init() {}

    /// Seconds of one core for a report; nil before the first job of the task has ended.
    package func known(_ task: TaskID) -> Double? { costs[task] }

    package func perReport(_ task: TaskID) -> Double { costs[task] ?? JobDeferral.unknownCost }

    /// Notes what a job has taken. A machine that has other things to do makes a job slower and none makes it faster, so a
    /// figure that is lower counts at once, and one that is higher by and by.
    package mutating func note(_ task: TaskID, seconds: Double, reports: Int) {
        guard reports > 0, seconds >= 0 else { return }
        let new = seconds / Double(reports)
        let old = costs[task] ?? new
        costs[task] = new < old ? new : old + (new - old) / 8
    }
}
