import Datastore

extension NodeConfiguration {
    /// Opens the node's database.
    ///
    /// - Parameter mustExist: for those who only look: makes none where there is none.
    package func openDatabase(mustExist: Bool = false) async throws(NodeStartError) -> NodeDatabase {
        let storage: NodeStorage
        do throws(KeyFileError) { storage = try database.storage() } catch { throw .keys(error) }
        do throws(DatastoreError) { return try await .open(storage, mustExist: mustExist) } catch {
            throw .database(name: database.name, error)
        }
    }

    /// Makes this process the one that runs the node on the database, for as long as it is open, and the database one of the
    /// node's role.
    ///
    /// The lock on `data_dir` keeps a second one from a file; a database on a server can be reached from elsewhere.
    func claim(_ store: NodeDatabase) async throws(NodeStartError) {
        do throws(DatastoreError) {
            try await store.claim()
            try await store.claimRole(role == .leader ? .leader : .helper)
        } catch {
            throw .database(name: database.name, error)
        }
    }
}
