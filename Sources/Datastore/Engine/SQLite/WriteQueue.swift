import GRDB
import Synchronization

/// Commits waiting writes in groups.
///
/// What makes a small write slow is the wait for the disk at its commit. All writes that wait while another group is being
/// committed become the next one: members of one transaction, with one commit. A member that throws is undone alone, up to its
/// savepoint. Nobody is told anything before the commit has succeeded, not even of a failure: it may come from what another
/// member wrote. Where the commit fails, or SQLite gives the transaction up on the way (a full disk), every member runs again
/// as a transaction of its own, and has its own success or failure.
///
/// One member alone is a plain transaction. The first of a group needs no savepoint either: nothing would be left of it.
final class WriteQueue: Sendable {
    private struct State {
        var waiting: [any QueuedWrite] = []
        /// A group is being committed, or will be: whoever comes does not have to ask for it.
        var isBusy = false
    }

    private let pool: DatabasePool
    private let connections: SQLiteConnections
    private let state = Mutex(State())

    /// The most members of a group, and how long their bodies together may take: later ones wait for the next group, and what
    /// else waits for the writer (a copy, a checkpoint) comes in between.
    private static let memberLimit = 256
    private static let longestWork = Duration.milliseconds(20)

    init(_ pool: DatabasePool, _ connections: SQLiteConnections) {
        self.pool = pool
        self.connections = connections
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Session) throws -> Value
    ) async throws(DatastoreError) -> Value {
        try await WaitingWrite(body).value { write in
            let isFirst = state.withLock { state in
                defer { state.isBusy = true }
                state.waiting.append(write)
                return !state.isBusy
            }
            if isFirst { askForGroup() }
        }
    }

    private func askForGroup() {
        pool.asyncWriteWithoutTransaction { [self] database in
            var waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting[...]
            }
            do {
                try commitGroup(of: &waiting, connections.connection(database))
            } catch {
                for write in waiting where write.start() { write.fail(.sqlite(error)) }
                waiting = []
            }
            let isMore = state.withLock { state in
                state.waiting.insert(contentsOf: waiting, at: 0)
                state.isBusy = !state.waiting.isEmpty
                return state.isBusy
            }
            if isMore { askForGroup() }
        }
    }

    /// Takes members from the front until the group is full.
    ///
    /// - Throws: if no transaction can begin; whoever was not taken is left in `waiting`.
    private func commitGroup(of waiting: inout ArraySlice<any QueuedWrite>, _ connection: SQLiteConnection) throws {
        var members: [any QueuedWrite] = []
        var start: ContinuousClock.Instant?
        while members.count < Self.memberLimit, start.map({ ContinuousClock.now - $0 < Self.longestWork }) ?? true,
            !waiting.isEmpty
        {
            if !connection.isInTransaction { try connection.begin() }
            start = start ?? ContinuousClock.now
            let write = waiting.removeFirst()
            // One that its caller has given up is left out.
            guard write.start() else { continue }
            do {
                if members.isEmpty {
                    try write.run(Session(connection))
                } else {
                    try connection.inSavepoint { try write.run(Session(connection)) }
                }
                members.append(write)
            } catch  where members.isEmpty {
                connection.rollBack()
                write.deliver()
            } catch {
                members.append(write)
                guard connection.isInTransaction else { break }
            }
        }
        end(members, connection)
    }

    private func end(_ members: [any QueuedWrite], _ connection: SQLiteConnection) {
        guard let first = members.first else { return connection.rollBack() }
        do {
            guard connection.isInTransaction else { throw DatastoreError.full }
            try connection.commit()
            for member in members { member.deliver() }
        } catch {
            connection.rollBack()
            guard members.count > 1 else { return first.fail(.sqlite(error)) }
            for member in members { runAlone(member, connection) }
        }
    }

    private func runAlone(_ write: any QueuedWrite, _ connection: SQLiteConnection) {
        do {
            try connection.begin()
            try write.run(Session(connection))
            try connection.commit()
            write.deliver()
        } catch {
            connection.rollBack()
            write.fail(.sqlite(error))
        }
    }
}
