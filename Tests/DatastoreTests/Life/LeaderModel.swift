import DAP
import Datastore
import Ledger
import TestSupport
import Testing

/// What the life says of the reports of a store, beside the store.
struct LeaderModel {
    let store: NodeDatabase
    /// Whether batches are leader-selected.
    let isSelected: Bool
    var random: SeededGenerator
    /// By number. What is not here is absent.
    private(set) var stages: [Int: ReportStage] = [:] {
        didSet { met.formUnion(stages.values.map { String("\($0)".prefix { $0 != "(" }) }) }
    }
    /// The stages that reports have been in, but for the reasons of rejections.
    private(set) var met: Set<String> = []
    /// Those that have a row.
    private(set) var uploaded: Set<Int> = []
    private var jobs: [Int64: [Int]] = [:]
    /// Of reports in leader-selected batches.
    private var batches: [Int: BatchID] = [:]
    private(set) var comparisons = 0
    private var isCollected = false
    private var newest = 20

    static let interval = Interval(start: 100, duration: 4)

    init(store: NodeDatabase, isSelected: Bool, random: SeededGenerator) {
        self.store = store
        self.isSelected = isSelected
        self.random = random
    }

    static func share(_ id: ReportID) -> Int { (Int(id.bytes[6]) << 8 | Int(id.bytes[7])) * 7 + 1 }

    private static func time(_ number: Int) -> UInt64 { UInt64(100 + number % 4) }

    private func stage(_ number: Int) -> ReportStage { stages[number] ?? .absent }

    /// Where a report is after a step.
    private mutating func follow(_ number: Int, _ step: ReportStep) {
        switch step {
        case .nothing, .refuse: break
        case .keepWithdrawal: stages[number] = stage(number) == .absent ? .keptOut : .aggregating(isWithdrawn: true)
        case .move(let move):
            if move.state == .received { batches[number] = nil }
            stages[number] =
                switch move.state {
                case .received: .received
                case .aggregating: .aggregating(isWithdrawn: false)
                case .accepted: .accepted(.open)
                case .rejected: .rejected(move.error ?? .reportDropped)
                case .withdrawn: .withdrawn
                }
        }
    }

    private func isMove(_ step: ReportStep) -> Bool { if case .move = step { true } else { false } }

    // MARK: Events

    /// - Returns: what was done.
    mutating func step() async throws -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<3: return try await upload()
        case 3..<5: return try await form()
        case 5..<8: return try await finish()
        case 8, 9: return try await withdraw()
        case 10: return try await giveUp()
        default: return try await compareBatch()
        }
    }

    private mutating func number() -> Int { Int.random(in: max(1, newest - 60)...newest, using: &random) }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    private mutating func upload() async throws -> String {
        newest += 2
        let numbers = Set((0..<6).map { _ in number() }).sorted()
        let (isFull, isOther) = (chance(8), chance(4))
        var reports: [NewReport] = []
        for number in numbers {
            var report = try Make.committedReport(number, time: Self.time(number))
            if isOther { report.fingerprint[0] = 1 }
            reports.append(report)
        }
        let outcomes = try await store.storeReports(reports, task: Make.task, bucketCapacity: isFull ? 0 : 1_000)
        for (number, outcome) in zip(numbers, outcomes) {
            // Those that were other reports in the beginning stay so.
            let isSame = (isOther ? 1 : 0) == (others.contains(number) ? 1 : 0)
            let step = ReportLife.after(
                stage(number), .upload(isSame: isSame, isSealed: isCollected && !isSelected, hasRoom: !isFull))
            #expect(outcome == UploadOutcome(step), "report \(number), \(stage(number))")
            if isMove(step) {
                uploaded.insert(number)
                if isOther { others.insert(number) }
            }
            follow(number, step)
        }
        return "upload"
    }

    /// Reports that were uploaded with the other of two fingerprints.
    private var others: Set<Int> = []

    private mutating func form() async throws -> String {
        let all = uploaded.sorted()
        let waiting = all.filter { stage($0) == .received }
        // Now and then somebody else's.
        let members = Set((chance(5) ? all : waiting).shuffled(using: &random).prefix(5))
        try await form(members.subtracting(members.filter { $0 % 7 == 0 }), rejecting: members.filter { $0 % 7 == 0 })
        return "form"
    }

    private mutating func form(_ members: Set<Int>, rejecting rejected: Set<Int>) async throws {
        let left = members.sorted()
        let batch = isSelected ? try await store.batchForNextJob(task: Make.task, maxBatchSize: 1_000).id : nil
        let job = left.isEmpty ? nil : NewJob(batchID: batch, request: [1], reports: try await store.rows(of: left))
        let creation = try await store.createJob(
            job, rejected: rejected.sorted().map { ended($0, .vdafVerifyError) }, task: Make.task, maxBatchSize: 1_000)
        let claims = (left + rejected).map { ($0, ReportLife.after(stage($0), .claim)) }
        guard claims.allSatisfy({ isMove($0.1) }) else {
            #expect(creation == .stale)
            return
        }
        for (number, step) in claims { follow(number, step) }
        let steps = rejected.map { ($0, ReportLife.after(stage($0), .finish(.rejected(.vdafVerifyError)))) }
        guard steps.allSatisfy({ isMove($0.1) }) else {
            #expect(creation == .stale)
            return
        }
        for (number, step) in steps { follow(number, step) }
        for number in left { batches[number] = batch }
        if case .created(let key) = creation { jobs[key] = left } else { #expect(left.isEmpty && creation != .stale) }
    }

    /// - Parameter accepting: all of them.
    private mutating func finish(accepting: Bool = false) async throws -> String {
        guard let (job, members) = jobs.min(by: { $0.key < $1.key }) else { return "nothing" }
        var outcomes: [(report: ReportID, outcome: ReportOutcome)] = []
        var words: [JobWord] = []
        for number in members {
            let outcome: ReportOutcome =
                switch accepting ? 9 : Int.random(in: 0..<8, using: &random) {
                case 0: .rejected(.invalidMessage, logEntry: Make.entry(number))
                case 1: .returned(notBefore: 0)
                case 2: .returned(notBefore: 0, isSuspect: true)
                default:
                    .accepted(
                        outputShare: Make.share(Self.share(Make.reportID(number))),
                        logEntry: try Make.leaf(number, time: Self.time(number), batch: batches[number]))
                }
            outcomes.append((Make.reportID(number), outcome))
            words.append(outcome.word)
        }
        #expect(try await store.finishJob(job, outcomes: outcomes, vdaf: Make.vdaf))
        for (number, word) in zip(members, words) { follow(number, ReportLife.after(stage(number), .finish(word))) }
        jobs[job] = nil
        return "finish"
    }

    private mutating func withdraw() async throws -> String {
        for _ in 0..<3 {
            let (number, hasKey, hasRoom) = (number(), !chance(4), !chance(6))
            let outcome = try await store.withdraw(
                hasKey ? Make.withdrawal(number) : Make.strangersWithdrawal(number),
                earlyLimit: hasRoom ? 1_000 : 0, vdaf: Make.vdaf)
            // A stranger's key keeps out a stranger's report alone.
            let isEarly = [.absent, .keptOut].contains(stage(number))
            let seen: ReportStage = isEarly && !hasKey ? .absent : stage(number)
            let step = ReportLife.after(seen, .withdraw(hasKey: hasKey, hasRoom: hasRoom))
            #expect(outcome == WithdrawalOutcome(step, seen), "report \(number), \(seen)")
            if !isEarly || hasKey { follow(number, step) }
        }
        return "withdraw"
    }

    private mutating func giveUp() async throws -> String {
        // Whatever is in no job, and now and then all of a job.
        let inJobs = Set(jobs.values.joined())
        var members = Set((0..<3).map { _ in number() }).subtracting(inJobs)
        if chance(3), let (job, all) = jobs.first {
            members.formUnion(all)
            jobs[job] = nil
        }
        try await store.giveUp(members.sorted().map { ended($0, .reportDropped) }, task: Make.task)
        for number in members { follow(number, ReportLife.after(stage(number), .giveUp(.reportDropped))) }
        return "give up"
    }

    /// A comparison of a sealed batch leaves reports out.
    private mutating func compareBatch() async throws -> String {
        guard !isCollected, let (collection, scope) = try await seal() else { return "nothing" }
        for number in stages.keys.sorted() where chance(10) {
            // The store does not look whether a report is of the batch: whoever asks has it from there.
            if case .accepted = stage(number), !isIn(scope, number) { continue }
            var report = ended(number, .reportDropped)
            report.isWithdrawn = chance(3)
            let step = ReportLife.after(
                stage(number), report.isWithdrawn ? .followWithdrawal : .leaveOut(.reportDropped))
            do {
                try await store.leaveOut([report], collection: collection, vdaf: Make.vdaf)
                #expect(isMove(step), "report \(number), \(stage(number))")
                follow(number, step)
                comparisons += 1
            } catch {
                #expect(error == .stale && !isMove(step), "report \(number), \(stage(number)): \(error)")
            }
        }
        let fate: BatchFate = chance(3) ? .disputed : .reopened
        try await store.failCollection(
            collection, problem: CollectionProblem(type: nil, detail: ""), batch: fate)
        // An interval is given back whatever its fate.
        move(scope, to: isSelected && fate == .disputed ? .sealed : .open)
        return "compare"
    }

    private func isIn(_ scope: BatchScope, _ number: Int) -> Bool {
        switch scope {
        case .interval: true
        case .batch(let id): batches[number] == id
        }
    }

    /// - Returns: nil where nothing can be sealed.
    private mutating func seal() async throws -> (collection: Int64, scope: BatchScope)? {
        // What waits or is in a job would hold the batch up.
        let waiting = Set(stages.keys.filter { stage($0) == .received })
        if !waiting.isEmpty { try await form(waiting, rejecting: []) }
        while !jobs.isEmpty { _ = try await finish(accepting: true) }
        guard stages.values.contains(.accepted(.open)) else { return nil }
        let interval = isSelected ? nil : Self.interval
        let collection = try await store.newCollection(interval: interval)
        let outcome = try await store.sealBatch(collection: collection.key, interval: interval, sizes: 1...9_999)
        guard case .sealed(let scope) = outcome else {
            Issue.record("not sealed: \(outcome)")
            return nil
        }
        move(scope, to: .sealed)
        return (collection.key, scope)
    }

    /// Moves the accepted reports of a batch with it.
    private mutating func move(_ scope: BatchScope, to batch: BatchStage) {
        for (number, stage) in stages where isIn(scope, number) {
            if case .accepted = stage { stages[number] = .accepted(batch) }
        }
    }

    private func ended(_ number: Int, _ error: ReportError) -> EndedReport {
        EndedReport(reportID: Make.reportID(number), error: error, logEntry: Make.entry(number))
    }

    // MARK: Ends

    mutating func collect() async throws {
        while !stages.values.contains(.accepted(.open)) {
            _ = try await upload()
            _ = try await form()
            _ = try await finish()
        }
        let (collection, scope) = try #require(try await seal())
        try await store.recordHelperShare([1], statement: nil, collection: collection)
        try await store.publish(response: [2], batchEntry: nil, collection: collection)
        move(scope, to: .collected)
        isCollected = true
    }

    mutating func endTask() async throws {
        // The store ends the jobs first.
        for number in jobs.values.joined() {
            follow(number, ReportLife.after(stage(number), .finish(.returned(isSuspect: false))))
        }
        let burden = try await store.burden(of: Make.task)
        let ending = try await store.endTask(Make.task, mayDiscard: true, at: 0)
        #expect(ending == .ended(discarded: burden.reports))
        // Where nothing is owed nothing is given up.
        guard !burden.isNothing else { return }
        for (number, stage) in stages { follow(number, ReportLife.after(stage, .discard)) }
    }
}
