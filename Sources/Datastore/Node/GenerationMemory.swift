import Synchronization

/// What a node's process knows of the generation that its database has reached, so that no transaction counts in a database
/// that has less.
///
/// A backup can be put in a running node's place, and a server can fail over to a standby that lagged. Looked at now and
/// then, such a database could meanwhile have counted past what the node remembers. So every transaction that counts
/// compares first: what its own run has counted must be what the process knows, or more. One that fails leaves nothing.
package final class GenerationMemory: Sendable {
    private struct State {
        var mark: GenerationMark?
        var isForgotten: (@Sendable (_ found: GenerationMark, _ known: GenerationMark) -> Void)?
        /// What the mark stands for besides the process's own deeds.
        var covered: GenerationView?
        /// What others have counted that an answer may tell.
        var seen = GenerationView()
    }

    private let state = Mutex(State())

    package init() {}

    /// The newest that is known to be committed; nil where nobody watches.
    package var mark: GenerationMark? { state.withLock { $0.mark } }

    /// Begins to watch.
    ///
    /// - Parameter isForgotten: is called wherever the database proves to be older. It may be called more than once, and on
    ///   the database's threads: it has to be quick.
    package func watch(
        from mark: GenerationMark,
        isForgotten: @escaping @Sendable (_ found: GenerationMark, _ known: GenerationMark) -> Void
    ) {
        state.withLock { state in
            state.mark = mark
            state.isForgotten = isForgotten
        }
    }

    /// Remembers what was committed, in the run that is watched.
    package func note(_ number: UInt64) {
        state.withLock { state in
            if let known = state.mark { state.mark?.number = max(known.number, number) }
        }
    }

    // MARK: What others have counted

    /// Whether the mark stands for what others have counted.
    func covers(_ view: GenerationView) -> Bool { state.withLock { $0.covered?.covers(view) ?? false } }

    /// The mark stands for it from now on: the process has counted since, and that is committed.
    func cover(_ view: GenerationView) {
        state.withLock { state in
            if state.covered?.add(view) == nil { state.covered = view }
        }
    }

    /// An answer that tells it has not left yet.
    func see(_ view: GenerationView) { state.withLock { $0.seen.add(view) } }

    /// Whether an answer may tell something that the mark does not stand for.
    package var isBehind: Bool {
        state.withLock { state in state.covered.map { !$0.covers(state.seen) } ?? false }
    }

    /// Compares what was read from the database with what was known before.
    ///
    /// - Parameter known: ``mark`` of a time when everything in it was visible to the reader.
    /// - Throws: `.forgotten`
    package func check(_ found: GenerationMark, known: GenerationMark?) throws(DatastoreError) {
        guard let known, found.run != known.run || found.number < known.number else { return }
        state.withLock { $0.isForgotten }?(found, known)
        throw .forgotten(
            "the database was exchanged for an older one while the node ran: it is of generation \(found.number), and the "
                + "node has counted \(known.number)\(found.run == known.run ? "" : ", in another run")")
    }
}

/// What one transaction counts. Used on the transaction's thread alone.
final class CountedDeeds {
    private let memory: GenerationMemory
    /// What the transaction has reached, or found; nil while it has not looked.
    private(set) var number: UInt64?

    init(_ memory: GenerationMemory) { self.memory = memory }

    /// What the process knows by now.
    var known: GenerationMark? { memory.mark }

    /// What others have counted, and the transaction's answer may tell.
    func see(_ view: GenerationView) { memory.see(view) }

    /// - Parameters:
    ///   - found: what the transaction read.
    ///   - before: what the database had before the transaction.
    ///   - known: ``known`` of a time when everything in it was visible to that reading: from before it, or from any time if
    ///     the transaction has locked the row.
    func note(_ found: GenerationMark, before: UInt64, known: GenerationMark?) throws(DatastoreError) {
        try memory.check(GenerationMark(number: before, run: found.run), known: known)
        number = found.number
    }
}
