import ChildProcesses
import Dispatch
import Synchronization
import TestSupport

// Databases for nodes. Making one takes a tenth of a second and removing one a second, with a checkpoint under which all
// others wait, so that hundreds of tests use few of them, one after the other. What blocks does so on a queue of its own:
// on the threads that asynchronous work shares, as many as there are cores, it would keep every server in the process from
// answering.

/// The databases of a server that wait for their next test.
final class SpareDatabases: Sendable {
    private let names = Mutex<[String]>([])
    let queue = DispatchQueue(label: "databases of nodes")

    func take() -> String? { names.withLock { $0.popLast() } }
    func put(_ name: String) { names.withLock { $0.append(name) } }
}

extension PostgresCluster {
    /// An empty database, which comes back for others with its last owner.
    func lendDatabase() async throws -> PostgresDatabase {
        try await withCheckedThrowingContinuation { continuation in
            spare.queue.async {
                continuation.resume(
                    with: Result {
                        if let name = self.spare.take() {
                            return PostgresDatabase(cluster: self, name: name, isLent: true)
                        }
                        return try self.database(isLent: true)
                    })
            }
        }
    }

    /// Empties a database for its next test, some time.
    func takeBack(_ name: String) {
        spare.queue.async {
            // One that cannot be emptied is never lent again, and goes with the server.
            guard (try? self.empty(name)) != nil else { return }
            self.spare.put(name)
        }
    }

    /// Removes all tables, and whoever still uses them.
    fileprivate func empty(_ name: String) throws {
        try run(
            """
            SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """,
            """
            DO $$
            DECLARE found record;
            BEGIN
                FOR found IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
                    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
                LOOP
                    EXECUTE 'DROP TABLE ' || found.name || ' CASCADE';
                END LOOP;
                FOR found IN SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspname LIKE 'cairn_ended_%'
                LOOP
                    EXECUTE 'DROP SCHEMA ' || found.name || ' CASCADE';
                END LOOP;
            END $$
            """, in: name)
    }
}

extension PostgresDatabase {
    /// Takes everything out of it, and ends all connections to it.
    package func empty() async throws {
        try await withCheckedThrowingContinuation { continuation in
            cluster.spare.queue.async {
                continuation.resume(with: Result { try self.cluster.empty(self.name) })
            }
        }
    }

    /// Copies it into a file with PostgreSQL's own tool, as its operator does, while it is in use.
    package func dump(to file: String) async throws {
        try await cluster.runProgram("pg_dump", ["--format=custom", "--file=\(file)", url])
    }

    /// Puts what ``dump(to:)`` has written in the place of what is there.
    package func restore(from file: String) async throws {
        try await empty()
        try await cluster.runProgram("pg_restore", ["--exit-on-error", "--dbname=\(url)", file])
    }

    /// The same in one transaction, while a node works with the database.
    package func exchange(for file: String) async throws {
        let arguments = ["--single-transaction", "--clean", "--if-exists", "--exit-on-error", "--dbname=\(url)", file]
        // Its locks and the node's can be each in the other's way.
        for _ in 0..<10 {
            do { return try await cluster.runProgram("pg_restore", arguments) } catch is OtherProgram.Failure {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        try await cluster.runProgram("pg_restore", arguments)
    }
}

extension PostgresCluster {
    fileprivate func runProgram(_ name: String, _ arguments: [String]) async throws {
        let outcome = try await ChildProcess.run("\(server.programs.folder)/\(name)", arguments)
        guard outcome.ending == .exited(0) else {
            throw OtherProgram.Failure(
                description: "\(name) (\(outcome.ending)): \(String(decoding: outcome.errors, as: UTF8.self))")
        }
    }
}
