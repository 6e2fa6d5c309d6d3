import Datastore
import Transport

extension NodeConfiguration {
    /// Opens the node's database.
    ///
    /// - Parameters:
    ///   - mustExist: for those who only look: makes none where there is none.
    ///   - notice: gets sentences about whom it waits for, where that takes longer than two seconds.
    /// - Throws: `.database`, also where it is another role's: a path or name that was copied with the rest of a configuration
    ///   must not put one node's state into the other's.
    package func openDatabase(
        mustExist: Bool = false, notice: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(NodeStartError) -> NodeDatabase {
        let storage: NodeStorage
        do throws(KeyFileError) { storage = try database.storage() } catch { throw .keys(error) }
        let words = WaitingWords(for: database.whom, notice: notice)
        defer { withExtendedLifetime(words) {} }
        let store: NodeDatabase
        do throws(DatastoreError) { store = try await .open(storage, mustExist: mustExist) } catch {
            throw .database(name: database.name, error)
        }
        do throws(DatastoreError) { if let databaseRoles { try await store.claimRoles(databaseRoles) } } catch {
            await store.closeWhenIdle()
            throw .database(name: database.name, error)
        }
        return store
    }

    /// The same for a command that changes what is in the database.
    ///
    /// - Throws: `.generation` where the database is not the newest of this node.
    package func openNewestDatabase(
        mustExist: Bool = false, notice: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(NodeStartError) -> NodeDatabase {
        let store = try await openDatabase(mustExist: mustExist, notice: notice)
        do throws(GenerationError) {
            try await Generation.requireTogether(path: generationFile, store: store)
        } catch {
            await store.closeWhenIdle()
            throw .generation(error)
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
