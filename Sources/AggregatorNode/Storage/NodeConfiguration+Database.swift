import Datastore
import Transport

extension NodeConfiguration {
    /// Opens the node's database for somebody who only looks: it must be there, and nothing in it changes. One of an older
    /// version is refused with words, and brought up to date by the start of a node or a command that changes something.
    package func openDatabaseToLook(
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(NodeStartError) -> NodeDatabase {
        try await openUnclaimed(for: .looking, notice: notice)
    }

    /// Opens the node's database, which is this node's from now on, in the roles of the configuration.
    ///
    /// - Parameter mustExist: makes none where there is none.
    /// - Throws: `.database`, also where it is another role's.
    package func openDatabase(
        mustExist: Bool = false, notice: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(NodeStartError) -> NodeDatabase {
        let store = try await openUnclaimed(for: mustExist ? .changing : .making, notice: notice)
        return try await orClosing(store) { store throws(NodeStartError) in try await claimRoles(store) }
    }

    /// The same for a command that changes what is in the database.
    ///
    /// - Parameter keys: the node's, where the command works with them: they have to be the database's.
    /// - Throws: `.generation` where the database is not the newest of this node; then nothing in it was changed.
    package func openNewestDatabase(
        mustExist: Bool = false, keys: NodeKeys? = nil, notice: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(NodeStartError) -> NodeDatabase {
        let store = try await openUnclaimed(for: mustExist ? .changing : .making, notice: notice)
        return try await orClosing(store) { store throws(NodeStartError) in
            try await requireNotHalted(store)
            do throws(GenerationError) {
                try await Generation.requireTogether(path: generationFile, store: store)
            } catch {
                throw .generation(error)
            }
            if let keys { try await NodeIdentity(keys).require(store, self) }
            try await claimRoles(store)
            if let keys { try await NodeIdentity.check(keys, store, self) }
        }
    }

    /// Opens the database.
    ///
    /// - Parameter notice: gets sentences about whom it waits for, where that takes longer than two seconds.
    /// - Throws: `.database`, also where it is another role's: a path or name that was copied with the rest of a configuration
    ///   must not put one node's state into the other's.
    func openUnclaimed(
        for purpose: OpeningPurpose, notice: @escaping @Sendable (String) -> Void
    ) async throws(NodeStartError) -> NodeDatabase {
        let storage: NodeStorage
        do throws(KeyFileError) { storage = try database.storage() } catch { throw .keys(error) }
        let words = WaitingWords(for: database.whom, notice: notice)
        defer { withExtendedLifetime(words) {} }
        let store: NodeDatabase
        do throws(DatastoreError) { store = try await .open(storage, for: purpose) } catch {
            throw .database(name: database.name, error)
        }
        return try await orClosing(store) { store throws(NodeStartError) in
            do throws(DatastoreError) { if let databaseRoles { try await store.requireRoles(databaseRoles) } } catch {
                throw .database(name: database.name, error)
            }
        }
    }

    /// - Throws: `.halted` where the node was stopped for good.
    private func requireNotHalted(_ store: NodeDatabase) async throws(NodeStartError) {
        let reason: String?
        do throws(DatastoreError) { reason = try await store.haltReason() } catch {
            throw .database(name: database.name, error)
        }
        if let reason { throw .halted(reason) }
    }

    /// Says in the database which roles it has now.
    func claimRoles(_ store: NodeDatabase) async throws(NodeStartError) {
        do throws(DatastoreError) { if let databaseRoles { try await store.claimRoles(databaseRoles) } } catch {
            throw .database(name: database.name, error)
        }
    }

    private func orClosing(
        _ store: NodeDatabase, _ body: (NodeDatabase) async throws(NodeStartError) -> Void
    ) async throws(NodeStartError) -> NodeDatabase {
        do throws(NodeStartError) { try await body(store) } catch {
            await store.closeWhenIdle()
            throw error
        }
        return store
    }

    /// The file beside the keys that counts with the database.
    package var generationFile: String { "\(keyDirectory)/generation" }

    /// Makes this process the one that runs the node on the database, for as long as it is open.
    ///
    /// The lock on `data_dir` keeps a second one from the same folder. The database may lie elsewhere, and be named by
    /// another configuration. Replicas of one node share it, where the configuration says so.
    ///
    /// - Parameter alone: no replica may be at work, whatever the configuration says.
    func claim(
        _ store: NodeDatabase, alone: Bool = false, notice: @escaping @Sendable (String) -> Void
    ) async throws(NodeStartError) {
        let words = WaitingWords(for: "the claim on \(database.whom)", notice: notice)
        words.explain("another process may still run a node on it")
        defer { withExtendedLifetime(words) {} }
        do throws(DatastoreError) { try await store.claim(isShared: database.hasReplicas && !alone) } catch {
            throw .database(name: database.name, error)
        }
    }
}
