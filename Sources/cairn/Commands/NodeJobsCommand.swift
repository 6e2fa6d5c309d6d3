import AggregatorNode
import ArgumentParser
import Datastore
import Foundation

/// `cairn node jobs`: the aggregation jobs and collections of a leader that have not ended, and the jobs that a helper has
/// stored.
struct NodeJobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "See and mend aggregation jobs and collections.",
        subcommands: [
            NodeJobsListCommand.self, NodeJobsShowCommand.self, NodeJobsRetryCommand.self, NodeJobsAbandonCommand.self,
            NodeJobsForgetCommand.self,
        ])
}

/// `--config FILE JOB`: an aggregation job by its number (`12`), or a collection by `c` and its number (`c3`).
struct NodeJobReference: ParsableArguments {
    enum Found {
        case aggregation(PendingJobOverview)
        case collection(CollectionOverview)
    }

    @Option(help: "The leader's configuration file.") var config: String
    @Argument(help: "The aggregation job (12) or collection (c3), as `cairn node jobs list` names it.") var job: String

    /// - Parameter changing: the command will change something, which only the newest database of the node may be.
    func find(changing: Bool = false) async throws -> (store: NodeDatabase, job: Found) {
        let configuration = try NodeConfiguration.load(path: config)
        let store =
            try await changing
            ? configuration.openNewestDatabase(mustExist: true, notice: Console.notice)
            : configuration.openDatabaseToLook(notice: Console.notice)
        if let number = Int64(job), let found = try await store.jobOverview(number) {
            return (store, .aggregation(found))
        }
        if let key = CollectionStop.key(named: job), let found = try await store.collectionOverview(key) {
            return (store, .collection(found))
        }
        throw CommandFailure(
            "this node has no job \(job) that has not ended",
            advice: "See them: \(PrintedCommand("node", "jobs", "list").option("--config", config).text)")
    }
}

/// `cairn node jobs list`. The node may be running.
struct NodeJobsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the aggregation jobs and collections that have not ended, and why.",
        discussion: """
            A job is formed of uploaded reports, sent to the helper until it answers, and gone then. One that stays is worth \
            a look: no batch with one of its reports is collected before it ends. A collection stays until both aggregators \
            have done their part; it says for whom it waits.

            A helper that has more jobs than it verifies at once stores the others. They are listed last, by the name that the \
            leader knows them by.
            """)

    struct Output: Encodable {
        let jobs: [NodeJobDescription]
        let collections: [NodeCollectionDescription]
        let stored: [StoredJobDescription]
    }

    @Option(help: "The node's configuration file.") var config: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let configuration = try NodeConfiguration.load(path: config)
        let store = try await configuration.openDatabaseToLook(notice: Console.notice)
        let now = UInt64(Date().timeIntervalSince1970)
        let jobs = try await store.jobOverviews().map { NodeJobDescription($0, now: now) }
        let collections = try await store.collectionOverviews().map { NodeCollectionDescription($0, now: now) }
        let stored = try await store.waitingHelperJobs().sorted { ($0.arrived, $0.id) < ($1.arrived, $1.id) }
            .map { StoredJobDescription($0, now: now) }
        if json { return try JSONOutput.print(Output(jobs: jobs, collections: collections, stored: stored)) }
        guard !(jobs.isEmpty && collections.isEmpty && stored.isEmpty) else { return Console.print("no job waits") }
        let names = try await NodeTaskNames(store)
        for job in jobs { Console.print("\(job.job)  \(names[job.taskId])  \(job.line(now: now))") }
        for collection in collections {
            Console.print(
                "\(collection.collection)  \(names[collection.taskId])  collection \(collection.line(now: now))")
        }
        for job in stored { Console.print("\(job.job)  \(names[job.taskId])  \(job.line(now: now))") }
    }
}

/// `cairn node jobs show`. The node may be running.
struct NodeJobsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an aggregation job and the reports in it, or a collection.")

    struct Output: Encodable {
        let job: NodeJobDescription
        /// Their ids, in the order of the request.
        let reports: [String]
    }

    struct CollectionOutput: Encodable {
        let collection: NodeCollectionDescription
    }

    @OptionGroup var reference: NodeJobReference
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (store, found) = try await reference.find()
        let now = UInt64(Date().timeIntervalSince1970)
        switch found {
        case .aggregation(let job): try await show(job, store, now: now)
        case .collection(let collection):
            try await show(NodeCollectionDescription(collection, now: now), store, now: now)
        }
    }

    private func show(_ collection: NodeCollectionDescription, _ store: NodeDatabase, now: UInt64) async throws {
        if json { return try JSONOutput.print(CollectionOutput(collection: collection)) }
        Console.print("collection   \(collection.collection)  \(collection.collectionJob)")
        Console.print("task         \(try await NodeTaskNames(store)[collection.taskId])  \(collection.taskId)")
        Console.print("state        \(collection.line(now: now))")
    }

    private func show(_ found: PendingJobOverview, _ store: NodeDatabase, now: UInt64) async throws {
        let job = NodeJobDescription(found, now: now)
        let reports = try await store.reportIDs(ofJob: found.key).map(\.base64URL)
        if json { return try JSONOutput.print(Output(job: job, reports: reports)) }
        Console.print("job          \(job.job)")
        Console.print("task         \(try await NodeTaskNames(store)[job.taskId])  \(job.taskId)")
        Console.print("state        \(job.state): \(job.line(now: now))")
        if let sentAt = job.sentAt { Console.print("sent         \(TimeArgument.forPeople(sentAt, now: now))") }
        if let helperJob = job.helperJob { Console.print("helper       calls it \(helperJob)") }
        if job.mayBeCommitted == true { Console.print("             and may have accepted its reports") }
        for report in reports { Console.print("report       \(report)") }
    }
}

/// `cairn node jobs retry`. The node may be running, and takes the job up within seconds.
struct NodeJobsRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Send an aggregation job again now, or take a collection up, whatever its pause.",
        discussion: """
            One that a process works on at this moment has no pause, and nothing is changed: the answer says so (`hurried` \
            false in JSON, with `outcome`), and until when that process has it unless it goes on. The exit code is 0 all the \
            same; 75 is for a database that somebody keeps locked.
            """)

    struct Output: Encodable {
        /// Of the two, what was named.
        let job: Int64?
        let collection: String?
        /// Whether it is due now, whatever pause it had.
        let hurried: Bool
        /// `due`; `worked_on`: a process has it at this moment; `ended`: it has ended meanwhile. Of the latter two nothing was
        /// changed.
        let outcome: String
        /// When the lease ends of the process that works on it, unless it is renewed; in RFC 3339.
        let leasedUntil: String?

        init(job: Int64? = nil, collection: String? = nil, _ hurry: JobHurry, now: UInt64) {
            self.job = job
            self.collection = collection
            hurried = hurry == .due
            (outcome, leasedUntil) =
                switch hurry {
                case .due: ("due", nil)
                case .held(let left): ("worked_on", TimeArgument.text(now + UInt64(max(0, left) + 999) / 1_000))
                case .ended: ("ended", nil)
                }
        }
    }

    @OptionGroup var reference: NodeJobReference
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (store, found) = try await reference.find(changing: true)
        let now = UInt64(Date().timeIntervalSince1970)
        switch found {
        case .aggregation(let job):
            let hurry = try await store.retryJob(job.key)
            try tell("job \(job.key)", hurry, Output(job: job.key, hurry, now: now))
        case .collection(let collection):
            let hurry = try await store.retryCollection(collection.stored.key)
            let id = CollectionStop.name(of: collection.stored.key)
            try tell("collection \(id)", hurry, Output(collection: id, hurry, now: now))
        }
    }

    private func tell(_ name: String, _ hurry: JobHurry, _ output: Output) throws {
        if json { return try JSONOutput.print(output) }
        switch hurry {
        case .due: Console.print("\(name) is due")
        case .held:
            Console.print(
                "\(name) is being worked on at this moment, so nothing was changed: if it is put off again, run the same "
                    + "command then")
        case .ended: Console.print("\(name) has ended meanwhile; nothing was changed")
        }
    }
}

/// `cairn node jobs abandon`. The node may be running.
struct NodeJobsAbandonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abandon",
        abstract: "Give up one aggregation job of an uncommitted task, or one collection.",
        discussion: """
            A leader sends an aggregation job again until the helper answers it, and no batch with one of its reports is \
            collected before. Where the helper fails for one job for ever, this ends its reports as report_dropped, and \
            leaves the rest of the task as it is.

            Ask the helper's operator first: a helper that has accepted the reports holds more than the leader from then on. \
            A node of Cairn compares the batch and drops them as well; any other refuses the batch (batchMismatch), and the \
            collector has to ask for intervals without them.

            A collection can be given up as long as nothing of its batch was proposed to the helper, which may have signed or \
            released something since. Its batch is as before, and its collector may ask again.
            """)

    struct Output: Encodable {
        let taskId: String
        let job: Int64
        let dropped: Int
        /// Whether the node was sending it at that moment, which came to nothing.
        let interrupted: Bool
    }

    struct CollectionOutput: Encodable {
        let taskId: String
        let collection: String
    }

    @OptionGroup var reference: NodeJobReference
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (store, job) = try await reference.find(changing: true)
        switch job {
        case .aggregation(let found): try await abandon(found, store)
        case .collection(let found):
            try await CollectionStop(store: store, collection: found).run()
            let task = found.stored.task.base64URL
            let id = CollectionStop.name(of: found.stored.key)
            if json { return try JSONOutput.print(CollectionOutput(taskId: task, collection: id)) }
            Console.print("abandoned: collection \(id) of \(try await NodeTaskNames(store)[task])")
        }
    }

    private func abandon(_ found: PendingJobOverview, _ store: NodeDatabase) async throws {
        guard let task = try await store.everyTask().compactMap({ try? $0.get() }).first(where: { $0.id == found.task })
        else { throw CommandFailure("the task of job \(found.key) cannot be read") }
        let ending = JobAbandonment(store: store, task: task, job: found)
        let dropped = try await ending.run()
        if json {
            return try JSONOutput.print(
                Output(
                    taskId: task.id.base64URL, job: found.key, dropped: dropped, interrupted: ending.isInterrupted))
        }
        Console.print("abandoned: job \(found.key) of \(task.name), \(dropped) reports\(ending.interruption)")
    }
}

extension JobAbandonment {
    /// For people; nothing where nobody works on it.
    var interruption: String {
        isInterrupted ? "; the node was sending it at this moment, and whatever it hears comes too late" : ""
    }
}
