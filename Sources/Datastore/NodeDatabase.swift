import Dispatch

/// One node's state: all stores, over whichever engine holds it.
///
/// Every operation of the store protocols is one transaction, and durable when it returns. A node must lose nothing that it
/// acknowledged and count nothing twice, killed at any moment.
package struct NodeDatabase: Sendable {
    package let engine: any StorageEngine
    /// What happened at the opening that an operator should hear of at the start of a node: that the tables were brought up
    /// to date, or how the server is set.
    package let notes: [String]
    /// What this process knows of the generation that the database has reached.
    package let generationMemory = GenerationMemory()
    /// What decides the order of what the log lets wait; tests bring their own.
    package var shuffle: LogShuffle = Self.randomShuffle

    /// The system's generator, which nobody can predict.
    package static let randomShuffle: LogShuffle = { .random(in: 1...(.max)) }

    package init(_ engine: any StorageEngine, notes: [String] = []) {
        self.engine = engine
        self.notes = notes
    }

    /// Reads one snapshot.
    func read<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T {
        try await engine.read(body)
    }

    /// One transaction: durable when it returns, undone by a throw. The body may run again.
    @discardableResult
    func write<T: Sendable>(_ body: @escaping @Sendable (Session) throws -> T) async throws(DatastoreError) -> T {
        let (memory, shuffle) = (generationMemory, shuffle)
        let (value, number) = try await engine.write { session in
            let deeds = CountedDeeds(memory)
            return (try body(Session(session.connection, deeds: deeds, shuffle: shuffle)), deeds.number)
        }
        if let number { memory.note(number) }
        return value
    }

    /// Copies the database as it is now into a new SQLite file, while it is in use.
    package func backUp(to path: String) async throws(DatastoreError) {
        try await engine.backUp(to: path)
    }

    /// Ends all connections; the database must not be used afterwards.
    package func close() throws(DatastoreError) {
        try engine.close()
    }

    /// Closes the database once what is being read has been read.
    ///
    /// Waits on a thread of its own. On one of the few that asynchronous work shares, it would keep away the very reads
    /// that it waits for.
    package func closeWhenIdle() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                try? engine.close()
                continuation.resume()
            }
        }
    }
}
