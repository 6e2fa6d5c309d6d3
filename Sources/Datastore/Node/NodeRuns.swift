// What the processes of a node count (NodeState.swift).
//
// Every start begins a run with a random name and a row of its own in `node_runs`; what its process does that must be done
// only once raises that row's number. So two processes of one node count beside each other, none waits for the other's
// count, and each knows to the last deed what its own run must have. Commands, which have no run, count in `node_state`.
//
// What the database says of a run depends on its row and on those that were begun later. So the oldest can be forgotten, all
// up to one of them, and what is said of the others stays what it was; a file of a run that is forgotten is refused
// (`GenerationRule`).

extension Session {
    /// Counts, in the caller's transaction, something that the node must do only once. Late in it: every transaction of the
    /// process changes this row.
    ///
    /// - Parameter isDeed: false where the count only stands for what others have counted.
    /// - Throws: `.forgotten` in a database that has less than the process knows.
    func countGeneration(isDeed: Bool = true) throws {
        guard let run = deeds?.known?.run else {
            // A command, or a process before its start.
            guard try execute("UPDATE node_state SET generation = generation + 1") == 1 else { throw Self.stateIsGone }
            return
        }
        let row = try returningMany(
            "UPDATE node_runs SET last = last + 1, deeds = deeds + $2, is_open = 1 WHERE run = $1 RETURNING last",
            [[run.blob, isDeed ? 1 : 0]])[0]
        let number = try row?.unsigned("last")
        // A database that does not know the run is of a time before this process.
        let mark = try number.map { GenerationMark(number: $0, run: run) } ?? generationMark(of: deeds?.known)
        // The row is locked until the transaction ends, so whatever the process knows by now was committed before it was
        // read.
        try deeds?.note(mark, before: mark.number - min(mark.number, 1), known: deeds?.known)
    }

    /// ``countGeneration(isDeed:)`` for what `cairn node task` does, beside the node or before there was any. There is nothing
    /// to forget of a node that was never started, and nobody has made its file.
    func countGenerationOnceStarted() throws {
        if try newestMark().number > 0 { try countGeneration() }
    }

    /// Says, in the caller's transaction, that its answer repeats something that was counted before: perhaps it has not been
    /// said yet, and perhaps another process has counted it.
    ///
    /// Nothing is locked: on PostgreSQL others count on while this transaction lasts.
    func noteGeneration() throws {
        guard let deeds, let known = deeds.known, let run = known.run else { return }
        let mark = try generationMark(of: known)
        try deeds.note(mark, before: mark.number, known: known)
        deeds.see(try generationView(besides: run))
    }

    /// Does, in the caller's transaction, something that the node must do only once, and counts it if it was not done
    /// before: if it changed the database.
    func counting<Outcome>(_ deed: () throws -> Outcome) throws -> Outcome {
        let before = changes
        let outcome = try deed()
        if changes != before { try countGeneration() }
        return outcome
    }

    // MARK: Reading

    /// Where the run of a mark is; where the database is if there is none, or it does not know it.
    ///
    /// - Parameter known: what the process that asks knows.
    /// - Throws: `.unsuitable` where that run may be one that is forgotten: the process slept through very many starts. Nothing
    ///   says then that the database is older; started again, the process finds out.
    func generationMark(of known: GenerationMark?) throws -> GenerationMark {
        if let run = known?.run, let last = try first("SELECT last FROM node_runs WHERE run = $1", [run.blob]) {
            return GenerationMark(number: try last.unsigned("last"), run: run)
        }
        if let known, known.run != nil, try known.number <= forgottenRuns() {
            throw DatastoreError.unsuitable(
                "this process was away while the node was started more than \(Self.runsKept) times: start it again")
        }
        return try newestMark()
    }

    /// The greatest number that anybody has counted to, and the run that was begun last.
    private func newestMark() throws -> GenerationMark {
        let unnamed = try unnamedGeneration()
        let last = try integer("SELECT MAX(last) FROM node_runs").map { UInt64(clamping: $0) } ?? 0
        let run = try first("SELECT run FROM node_runs ORDER BY first DESC LIMIT 1")?
            .optionalID("run", as: GenerationRun.self)
        return GenerationMark(number: try max(unnamed, last, forgottenRuns()), run: run)
    }

    /// The greatest number of all runs that are forgotten; 0 where none is.
    private func forgottenRuns() throws -> UInt64 {
        guard let row = try first("SELECT forgotten FROM node_state") else { throw Self.stateIsGone }
        return try row.unsigned("forgotten")
    }

    private func unnamedGeneration() throws -> UInt64 {
        guard let row = try first("SELECT generation FROM node_state") else { throw Self.stateIsGone }
        return try row.unsigned("generation")
    }

    /// What others than a run have done.
    func generationView(besides own: GenerationRun) throws -> GenerationView {
        var view = GenerationView()
        for row in try rows("SELECT run, deeds FROM node_runs WHERE is_open = 1") {
            guard let run = try row.optionalID("run", as: GenerationRun.self), run != own else { continue }
            view.deeds[run] = try row.unsigned("deeds")
        }
        view.unnamed = try unnamedGeneration()
        return view
    }

    /// What the database says to somebody who knows one of its runs.
    func generationRecord(of run: GenerationRun?) throws -> GenerationRecord {
        let newest = try newestMark()
        let others = try connection.livingProcesses().subtracting([ProcessNumber.own])
        let open = try rows("SELECT process FROM node_runs WHERE is_open = 1").map { try $0.integer("process") }
        var record = GenerationRecord(newest: newest, mark: newest, span: nil)
        record.hasCompany = open.contains(where: others.contains)
        record.forgotten = try forgottenRuns()
        // Where the first run began, and what was before it, is forgotten with it.
        if run == nil, record.forgotten > 0 { return record }
        guard let (start, last, process) = try span(of: run) else { return record }
        record.span = last < start ? nil : UInt64(clamping: start)...UInt64(clamping: last)
        record.isLed = others.contains(process)
        record.mark = GenerationMark(number: UInt64(clamping: last), run: run)
        let next = try rows("SELECT first, last, run FROM node_runs WHERE follows = $1 ORDER BY first LIMIT 2", [start])
        guard let successor = next.first else { return record }
        record.mark = GenerationMark(
            number: try successor.unsigned("last"), run: try successor.optionalID("run", as: GenerationRun.self))
        let isCutOff =
            try next.count == 1
            && !exists("SELECT 1 FROM node_runs WHERE follows = $1 LIMIT 1", [successor.integer("first")])
        record.successor = isCutOff ? .last : .followed
        return record
    }

    /// The numbers of a run, and whose it is. What was before the first run has no name.
    private func span(of run: GenerationRun?) throws -> (first: Int64, last: Int64, process: Int64)? {
        if let run {
            return try first("SELECT first, last, process FROM node_runs WHERE run = $1", [run.blob]).map {
                (try $0.integer("first"), try $0.integer("last"), try $0.integer("process"))
            }
        }
        let next = try integer("SELECT MIN(first) FROM node_runs")
        return (0, try next.map { $0 - 1 } ?? Int64(clamping: unnamedGeneration()), 0)
    }

    /// Those that are at work on a database that several may share.
    func workingProcesses() throws -> [String] {
        let living = try connection.livingProcesses()
        return try rows("SELECT process, name FROM node_runs WHERE is_open = 1 ORDER BY first")
            .filter { living.contains(try $0.integer("process")) }.compactMap { try $0.optionalText("name") }
    }

    private static var stateIsGone: DatastoreError { .corrupt("node_state is empty") }

    // MARK: Starting

    /// - Returns: the run's first number.
    func beginRun(_ run: GenerationRun, after former: GenerationMark?) throws -> UInt64 {
        // Of two starts at once the second waits for the first, and finds what it wrote.
        guard try execute("UPDATE node_state SET generation = generation") == 1 else { throw Self.stateIsGone }
        let others = try connection.livingProcesses().subtracting([ProcessNumber.own])
        let gone = try rows("SELECT first, process FROM node_runs WHERE is_open = 1").filter {
            !others.contains(try $0.integer("process"))
        }
        try executeMany(
            "UPDATE node_runs SET is_open = 0 WHERE first = $1", try gone.map { [try $0.integer("first")] })
        let number = try newestMark().number + 1
        let follows = try former.flatMap { try span(of: $0.run)?.first }
        try execute(
            """
            INSERT INTO node_runs (first, run, last, follows, process, name, is_open)
            VALUES ($1, $2, $1, $3, $4, $5, 1)
            """,
            [try number.stored("generation"), run.blob, follows, ProcessNumber.own, ProcessNumber.name])
        try forgetFormerRuns()
        try endFormerLeases { try connection.livingProcesses().subtracting([ProcessNumber.own]) }
        return number
    }

    /// How many runs are kept that have ended: far more than processes that may come back with a file of theirs.
    static var runsKept: Int { 256 }

    /// Forgets the oldest runs, but for the newest that have ended, and for all that were begun since the first that goes on.
    private func forgetFormerRuns() throws {
        let last = try integer(
            "SELECT first FROM node_runs WHERE is_open = 0 ORDER BY first DESC LIMIT 1 OFFSET $1", [Self.runsKept])
        guard let last else { return }
        let open = try integer("SELECT MIN(first) FROM node_runs WHERE is_open = 1") ?? .max
        let range: SQLArguments = [last, open]
        guard let number = try integer("SELECT MAX(last) FROM node_runs WHERE first <= $1 AND first < $2", range)
        else { return }
        try execute("DELETE FROM node_runs WHERE first <= $1 AND first < $2", range)
        try execute("UPDATE node_state SET forgotten = $1 WHERE forgotten < $1", [number])
    }
}
