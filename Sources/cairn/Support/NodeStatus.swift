import AggregatorNode
import DAP
import Datastore
import Foundation

/// How a node is: what an operator wants to know first, for every task and for the node as a whole.
struct NodeStatus: Encodable {
    struct Jobs: Encodable {
        let forming: Int
        let pending: Int
        /// Of those, how many somebody works on now.
        let leased: Int
        /// How many wait for what: `worker`, `takeover`, `turn`, `pause`, `asked_pause`.
        let waitsFor: [String: Int]
        /// When the first pause ends.
        let next: String?
        /// The helper's last answers about jobs that wait, and about how many each: `unusable: status 502`.
        let answers: [String: Int]
    }

    /// Jobs that wait at a helper to be verified.
    struct Stored: Encodable {
        let jobs: Int
        let reports: Int
        /// Of their requests.
        let bytes: Int
        /// When the first of them came.
        let oldest: String
        /// As of jobs; the helper asks nobody for a pause.
        let waitsFor: [String: Int]
        let next: String?
    }

    struct Task: Encodable {
        let taskId: String
        let name: String
        let state: String
        let reports: [String: UInt64]
        let refused: [String: UInt64]
        let jobs: Jobs
        let storedJobs: Stored?
    }

    struct Collection: Encodable {
        let taskId: String
        let collectionJob: String
        /// `waiting`, `sealed`, `closed`, `share_received` or `published`.
        let state: String
        /// Whether its collector has deleted it.
        let deleted: Bool
        /// Whether a process works on it now.
        let leased: Bool
        /// What it waits for; nothing where nothing is known.
        let waitingFor: String?
    }

    struct Log: Encodable {
        let entries: UInt64
        /// The largest checkpoint that was signed, and the largest that a witness has cosigned; 0: none.
        let signed: UInt64
        let cosigned: UInt64
    }

    struct Duty: Encodable {
        let duty: String
        let holder: String
        let secondsLeft: Int64
    }

    /// `leader`, `helper` or both.
    let roles: [String]
    /// Why the node was stopped for good; nothing while it may run.
    let halted: String?
    /// The processes that are at work, where the database is on a server.
    let processes: [String]
    let tasks: [Task]
    let collections: [Collection]
    /// Of a leader.
    let log: Log?
    let duties: [Duty]

    init(_ configuration: NodeConfiguration, _ store: NodeDatabase) async throws {
        roles = configuration.roles.map(\.rawValue)
        halted = try await store.haltReason()
        processes = try await store.workingProcesses()
        let now = UInt64(Date().timeIntervalSince1970)
        let stored = Dictionary(grouping: try await store.waitingHelperJobs(), by: \.task)
        var tasks: [Task] = []
        for task in try await store.everyTask().compactMap({ try? $0.get() }) {
            let overview = try await store.overview(of: task.id, jobLimit: .max)
            tasks.append(
                Task(
                    taskId: task.id.base64URL, name: task.name, state: "\(task.service)", reports: overview.states,
                    refused: overview.rejected, jobs: Jobs(overview.jobs, now: now),
                    storedJobs: stored[task.id].flatMap { Stored($0, now: now) }))
        }
        self.tasks = tasks
        var collections: [Collection] = []
        for found in try await store.collectionOverviews() { collections.append(Collection(found)) }
        self.collections = collections
        log = configuration.roles.contains(.leader) ? try await Log(store) : nil
        duties = try await store.duties().map {
            Duty(duty: $0.duty, holder: $0.holder, secondsLeft: max(0, $0.left) / 1_000)
        }
    }

    /// For people: one fact a line, what needs a person first.
    var lines: [String] {
        var lines = ["role         \(roles.joined(separator: " and "))"]
        if let halted { lines.insert("HALTED       \(halted)", at: 0) }
        for process in processes { lines.append("at work      \(process)") }
        for task in tasks {
            lines.append("task         \(task.name)  \(task.state)  \(Self.list(task.reports))")
            if !task.refused.isEmpty { lines.append("  refused    \(Self.list(task.refused))") }
            let jobs = task.jobs
            if jobs.forming + jobs.pending > 0 {
                lines.append("  jobs       \(jobs.forming) forming, \(jobs.pending) sent and not answered")
                lines.append("             \(JobWait.text(jobs.waitsFor))\(Self.next(jobs.next))")
            }
            for (answer, count) in jobs.answers.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                lines.append("             \(count)x \(answer)")
            }
            if let stored = task.storedJobs {
                lines.append(
                    "  stored     \(stored.jobs) to be verified, \(stored.reports) reports, the first since "
                        + TimeArgument.forPeople(stored.oldest))
                lines.append("             \(JobWait.text(stored.waitsFor))\(Self.next(stored.next))")
            }
            for collection in collections where collection.taskId == task.taskId {
                let deleted = collection.deleted ? ", deleted by its collector" : ""
                lines.append("  collection \(collection.collectionJob)  \(collection.state)\(deleted)")
                if let waitingFor = collection.waitingFor { lines.append("             waits for \(waitingFor)") }
            }
        }
        if let log {
            lines.append(
                "log          \(log.entries) entries, signed up to \(log.signed), cosigned up to \(log.cosigned)")
        }
        for duty in duties {
            lines.append("duty         \(duty.duty): \(duty.holder), for \(duty.secondsLeft) s more")
        }
        return lines
    }

    private static func next(_ time: String?) -> String {
        time.map { "; the next at \(TimeArgument.forPeople($0))" } ?? ""
    }

    private static func list(_ counts: [String: UInt64]) -> String {
        counts.isEmpty
            ? "no reports" : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}

extension NodeStatus.Jobs {
    /// - Parameter now: POSIX seconds.
    init(_ jobs: [PendingJobOverview], now: UInt64) {
        forming = jobs.count { $0.isForming }
        pending = jobs.count - forming
        waitsFor = JobWait.counts(jobs.map(\.wait))
        leased = waitsFor[JobWait.worker.rawValue] ?? 0
        let pauses = jobs.filter { [.pause, .askedPause].contains($0.wait) }.map { $0.left / 1_000 }
        next = pauses.min().map { TimeArgument.text(now + UInt64(max(0, $0))) }
        var answers: [String: Int] = [:]
        for case let progress? in jobs.map(\.progress) {
            answers["\(progress.answer): \(progress.reason)", default: 0] += 1
        }
        self.answers = answers
    }
}

extension NodeStatus.Stored {
    /// - Parameter now: POSIX seconds.
    init?(_ jobs: [WaitingHelperJob], now: UInt64) {
        guard let first = jobs.map(\.arrived).min() else { return nil }
        self.jobs = jobs.count
        reports = jobs.reduce(0) { $0 + $1.reports }
        bytes = jobs.reduce(0) { $0 + $1.bytes }
        oldest = TimeArgument.text(first)
        waitsFor = JobWait.counts(jobs.map(\.wait))
        let pauses = jobs.filter { $0.wait == .pause }.map(\.left.components.seconds)
        next = pauses.min().map { TimeArgument.text(now + UInt64(max(0, $0))) }
    }
}

extension NodeStatus.Collection {
    init(_ found: CollectionOverview) {
        let job = found.stored
        taskId = job.task.base64URL
        collectionJob = job.id.base64URL
        state = job.state.name
        deleted = job.isHidden
        leased = found.isLeased
        waitingFor = job.progress.note
    }
}

extension NodeStatus.Log {
    init(_ store: NodeDatabase) async throws {
        entries = try await store.logSize()
        signed = try await store.largestCheckpoint()?.size ?? 0
        cosigned = try await store.cosignedCheckpoints(covering: 0, limit: 1).first?.size ?? 0
    }
}
