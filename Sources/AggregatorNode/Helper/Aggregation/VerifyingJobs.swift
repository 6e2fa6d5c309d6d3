import DAP
import Datastore

/// The aggregation jobs that this process is verifying: each once, and no more than there is room for.
///
/// A leader that gives up waiting and repeats its request meets the work that is already under way. Of several leaders each has
/// places of its own (``JobDeferral/part(of:)``).
package actor VerifyingJobs {
    private struct Entry {
        let task: TaskID
        let leader: String
        let load: JobLoad
        let job: RunningJob
    }

    /// Who asks for a place.
    package enum Asking: Sendable {
        /// A leader, which waits.
        case leader
        /// The queue of stored jobs.
        case queue
    }

    nonisolated let rules: JobDeferral
    nonisolated let cores: Int
    /// Of each leader.
    private let part: JobDeferral
    private let coresOfLeader: Int
    /// Raised when there may be something to do for who verifies stored jobs.
    nonisolated let change: WakeSignal
    /// Tasks of which a stored job may have a place now.
    nonisolated let hints: TaskHints
    private var running: [AggregationJobID: Entry] = [:]
    private var underWay: [String: JobLoad] = [:]
    private var costs = JobCosts()
    /// How many stored jobs of a leader wait for a place, as far as this process knows.
    private var due: [String: Int] = [:]
    /// What is stored of a leader's.
    private var stored: [String: JobLoad] = [:]
    /// What was stored at the last look: no poll reads it again.
    private var waiting: [WaitingHelperJob] = []
    /// When a stored job of each task was begun last, counted in beginnings.
    private(set) var served: [TaskID: Int] = [:]
    private var beginnings = 0
    /// Jobs that could not be taken: until when they are left alone, and how often that was.
    private var resting: [AggregationJobID: (until: ContinuousClock.Instant, times: Int)] = [:]

    /// - Parameter leaders: how many there are.
    package init(rules: JobDeferral, cores: Int, leaders: Int = 1) {
        self.rules = rules
        self.cores = cores
        let change = WakeSignal()
        (self.change, hints) = (change, TaskHints(signal: change))
        part = rules.part(of: leaders)
        coresOfLeader = max(1, cores / max(1, leaders))
    }

    // MARK: Beginning and ending

    /// Begins with a job, or finds it under way.
    ///
    /// - Parameters:
    ///   - leader: whose it is.
    ///   - bytes: the memory that it takes.
    ///   - work: verifies and commits; gives the answer.
    /// - Returns: nil where there is no room now.
    package func begin(
        _ id: AggregationJobID, of task: TaskID, from leader: String, reports: Int, bytes: Int, for asking: Asking,
        _ work: @escaping @Sendable (RunningJob) async throws -> [UInt8]
    ) -> RunningJob? {
        if let present = running[id] { return present.job }
        let load = JobLoad(jobs: 1, bytes: bytes, seconds: Double(reports) * (costs.known(task) ?? 0))
        let present = underWay[leader] ?? JobLoad()
        let isTaken =
            switch asking {
            case .leader:
                part.isAnsweredAtOnce(load, underWay: present, due: due[leader] ?? 0, cores: coresOfLeader)
            case .queue: part.isBegun(load, underWay: present, cores: coresOfLeader)
            }
        guard isTaken else { return nil }
        if asking == .queue {
            beginnings += 1
            served[task] = beginnings
        }
        let job = RunningJob()
        running[id] = Entry(task: task, leader: leader, load: load, job: job)
        underWay[leader] = present + load
        // Not a child task: the work goes on when the leader hangs up, for when it repeats its request.
        Task {
            let outcome: Result<[UInt8], any Error>
            do { outcome = .success(try await work(job)) } catch { outcome = .failure(error) }
            // First it is not under way any more: whoever comes from now on finds what is stored.
            end(id, of: task, job, load, of: leader, outcome)
            await job.end(outcome)
        }
        return job
    }

    private func end(
        _ id: AggregationJobID, of task: TaskID, _ job: RunningJob, _ load: JobLoad, of leader: String,
        _ outcome: Result<[UInt8], any Error>
    ) {
        if running[id]?.job === job { running[id] = nil }
        let rest = (underWay[leader] ?? load) - load
        underWay[leader] = rest.jobs > 0 ? rest : nil
        // After a failure the next look is soon enough: what has failed may be due again at once.
        if due[leader] ?? 0 > 0, case .success = outcome { hints.add(task) }
    }

    /// The leader deletes a job: nothing of it is committed any more, and whoever posts it again meets other work. Its place
    /// is free when the work has ended.
    package func abandon(_ id: AggregationJobID, of task: TaskID) async {
        guard let entry = running[id], entry.task == task else { return }
        await entry.job.abandon()
        if running[id]?.job === entry.job { running[id] = nil }
    }

    /// Notes what verification took.
    ///
    /// - Parameter seconds: of one core.
    func note(_ task: TaskID, seconds: Double, reports: Int) {
        costs.note(task, seconds: seconds, reports: reports)
    }

    // MARK: Stored jobs

    /// How many jobs of each task are under way.
    var counts: [TaskID: Int] { running.values.reduce(into: [:]) { $0[$1.task, default: 0] += 1 } }

    var jobs: [RunningJob] { running.values.map(\.job) }

    /// A job could not be taken, and nothing in the database says when to try again.
    package func rest(_ id: AggregationJobID) {
        let times = resting[id]?.times ?? 0
        resting[id] = (.now + .seconds(StoredJobTrouble.pause(attempts: times)), times + 1)
    }

    /// Notes all jobs that are stored.
    ///
    /// - Returns: those that do not rest.
    package func awake(_ waiting: [WaitingHelperJob]) -> [WaitingHelperJob] {
        self.waiting = waiting
        let ids = Set(waiting.map(\.id))
        resting = resting.filter { ids.contains($0.key) }
        let tasks = Set(waiting.map(\.task))
        served = served.filter { tasks.contains($0.key) }
        let now = ContinuousClock.now
        return waiting.filter { job in resting[job.id].map { $0.until <= now } ?? true }
    }

    /// - Parameters:
    ///   - jobs: stored ones that wait for a place.
    ///   - leader: whose the jobs of a task are.
    package func noteDue(_ jobs: [WaitingHelperJob], leader: (TaskID) -> String) {
        due = jobs.reduce(into: [:]) { $0[leader($1.task), default: 0] += 1 }
        stored = waiting.reduce(into: [:]) { stored, job in
            stored[leader(job.task)] = (stored[leader(job.task)] ?? JobLoad()) + JobLoad(jobs: 1, bytes: job.bytes)
        }
    }

    /// Whether a leader may have a job more stored.
    package func hasRoom(_ job: WaitingHelperJob, from leader: String) -> Bool {
        let present = stored[leader] ?? JobLoad()
        return present.jobs < part.room.jobs && present.bytes + job.bytes <= part.room.bytes
    }

    /// A job was stored that nobody verifies yet, or somebody does.
    package func noteStored(_ job: WaitingHelperJob, from leader: String, isDue: Bool) {
        stored[leader] = (stored[leader] ?? JobLoad()) + JobLoad(jobs: 1, bytes: job.bytes)
        guard isDue else { return }
        due[leader, default: 0] += 1
        hints.add(job.task)
    }

    /// The `Retry-After` of a stored job, or of one that would be, by what was stored at the last look.
    package func retryAfter(_ job: WaitingHelperJob) -> Int {
        let others = waiting.filter { $0.id != job.id }
        return JobDeferral.retryAfter(job.id, among: others + [job], seconds: costs.perReport, cores: cores)
    }

    /// How many jobs were stored at the last look.
    var waitingCount: Int { waiting.count }
}
