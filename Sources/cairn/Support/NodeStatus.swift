import AggregatorNode
import DAP
import Datastore

/// How a node is: what an operator wants to know first, for every task and for the node as a whole.
struct NodeStatus: Encodable {
    struct Jobs: Encodable {
        let forming: Int
        let pending: Int
        /// Of those, how many somebody works on now.
        let leased: Int
        /// The helper's last answers about jobs that wait, and about how many each: `unusable: status 502`.
        let answers: [String: Int]
    }

    struct Task: Encodable {
        let taskId: String
        let name: String
        let state: String
        let reports: [String: UInt64]
        let refused: [String: UInt64]
        let jobs: Jobs
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
        var tasks: [Task] = []
        for task in try await store.everyTask().compactMap({ try? $0.get() }) {
            let overview = try await store.overview(of: task.id, jobLimit: .max)
            tasks.append(
                Task(
                    taskId: task.id.base64URL, name: task.name, state: "\(task.service)", reports: overview.states,
                    refused: overview.rejected, jobs: Jobs(overview.jobs)))
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
                lines.append(
                    "  jobs       \(jobs.forming) forming, \(jobs.pending) sent and not answered, \(jobs.leased) being "
                        + "worked on")
            }
            for (answer, count) in jobs.answers.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                lines.append("             \(count)x \(answer)")
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

    private static func list(_ counts: [String: UInt64]) -> String {
        counts.isEmpty
            ? "no reports" : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}

extension NodeStatus.Jobs {
    init(_ jobs: [PendingJobOverview]) {
        forming = jobs.count { $0.isForming }
        pending = jobs.count - forming
        leased = jobs.count { $0.isLeased }
        var answers: [String: Int] = [:]
        for case let progress? in jobs.map(\.progress) {
            answers["\(progress.answer): \(progress.reason)", default: 0] += 1
        }
        self.answers = answers
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
