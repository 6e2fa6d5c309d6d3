import DAP
import Datastore

/// The aggregation jobs that this process is verifying: each once, and no more than there is room for.
///
/// A leader that gives up waiting and repeats its request meets the work that is already under way.
actor VerifyingJobs {
    private struct Entry {
        let task: TaskID
        let load: JobLoad
        let job: RunningJob
    }

    /// Who asks for a place.
    enum Asking: Sendable {
        /// A leader, which waits.
        case leader
        /// The queue of stored jobs.
        case queue
    }

    nonisolated let rules: JobDeferral
    nonisolated let cores: Int
    /// Raised when there may be something to do for those who verify stored jobs.
    nonisolated let change = WakeSignal()
    private var running: [AggregationJobID: Entry] = [:]
    private var underWay = JobLoad()
    private var costs = JobCosts()
    /// How many stored jobs wait for a place, as far as this process knows.
    private var due = 0

    init(rules: JobDeferral, cores: Int) {
        self.rules = rules
        self.cores = cores
    }

    // MARK: Beginning and ending

    /// Begins with a job, or finds it under way.
    ///
    /// - Parameters:
    ///   - bytes: the memory that it takes.
    ///   - work: verifies and commits; gives the answer.
    /// - Returns: nil where there is no room now.
    func begin(
        _ id: AggregationJobID, of task: TaskID, reports: Int, bytes: Int, for asking: Asking,
        _ work: @escaping @Sendable (RunningJob) async throws -> [UInt8]
    ) -> RunningJob? {
        if let present = running[id] { return present.job }
        let load = JobLoad(jobs: 1, bytes: bytes, seconds: Double(reports) * (costs.known(task) ?? 0))
        let isTaken =
            switch asking {
            case .leader: rules.isAnsweredAtOnce(load, underWay: underWay, due: due, cores: cores)
            case .queue: rules.isBegun(load, underWay: underWay, cores: cores)
            }
        guard isTaken else { return nil }
        let job = RunningJob()
        running[id] = Entry(task: task, load: load, job: job)
        underWay = underWay + load
        // Not a child task: the work goes on when the leader hangs up, for when it repeats its request.
        Task {
            let outcome: Result<[UInt8], any Error>
            do { outcome = .success(try await work(job)) } catch { outcome = .failure(error) }
            // First it is not under way any more: whoever comes from now on finds what is stored.
            end(id)
            await job.end(outcome)
        }
        return job
    }

    private func end(_ id: AggregationJobID) {
        guard let entry = running.removeValue(forKey: id) else { return }
        underWay = running.isEmpty ? JobLoad() : underWay - entry.load
        if due > 0 { change.raise() }
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

    /// - Parameter count: of stored jobs that wait for a place.
    func noteDue(_ count: Int) { due = count }

    /// A job was stored that nobody verifies yet.
    func noteStored() {
        due += 1
        change.raise()
    }

    /// The `Retry-After` of a stored job, or of one that would be.
    func retryAfter(_ job: AggregationJobID, among waiting: [WaitingHelperJob]) -> Int {
        JobDeferral.retryAfter(job, among: waiting, seconds: costs.perReport, cores: cores)
    }
}
