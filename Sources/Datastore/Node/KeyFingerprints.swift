/// Which keys a node's database belongs to.
///
/// What the node has signed lies in its database, and with which keys it did so in files beside it. A process that has this
/// database and other files, because a folder was copied in part, or because another machine's was not brought up to date,
/// would go on under another name, and sign what the first has signed already.
package protocol KeyFingerprintStore: Sendable {
    /// Compares keys with what the database knows of them, and changes nothing.
    ///
    /// - Parameter keys: fingerprints, by the name of the key.
    /// - Returns: those that differ from what the database knows, by name, as the database has them.
    func otherKeys(than keys: [String: [UInt8]]) async throws(DatastoreError) -> [String: [UInt8]]

    /// Remembers the fingerprints of keys that were never named before. Where one differs, nothing is remembered.
    ///
    /// - Parameters:
    ///   - keys: by the name of the key.
    ///   - replacing: names of keys that take the place of what the database knows.
    /// - Returns: those that differ from what the database knows, by name, as the database has them.
    func claimKeys(
        _ keys: [String: [UInt8]], replacing: Set<String>
    ) async throws(DatastoreError) -> [String: [UInt8]]
}

extension KeyFingerprintStore {
    package func claimKeys(_ keys: [String: [UInt8]]) async throws(DatastoreError) -> [String: [UInt8]] {
        try await claimKeys(keys, replacing: [])
    }
}

extension NodeDatabase: KeyFingerprintStore {
    /// Whether the database knows every one of these keys.
    package func knowsAll(_ keys: [String: [UInt8]]) async throws(DatastoreError) -> Bool {
        try await read { session in
            let known = try session.rows("SELECT name, fingerprint FROM node_keys").map { row in
                (try row.text("name"), try row.bytes("fingerprint"))
            }
            return keys.allSatisfy { name, fingerprint in known.contains { $0 == (name, fingerprint) } }
        }
    }

    package func otherKeys(than keys: [String: [UInt8]]) async throws(DatastoreError) -> [String: [UInt8]] {
        try await read { session in try session.otherKeys(than: keys) }
    }

    package func claimKeys(
        _ keys: [String: [UInt8]], replacing: Set<String>
    ) async throws(DatastoreError) -> [String: [UInt8]] {
        try await write { session in
            // Who comes second waits for the first here, and finds what it has written.
            try session.execute("UPDATE node_state SET role = role")
            let others = try session.otherKeys(than: keys.filter { !replacing.contains($0.key) })
            guard others.isEmpty else { return others }
            try session.executeMany(
                "UPDATE node_keys SET fingerprint = $1 WHERE name = $2",
                keys.filter { replacing.contains($0.key) }.sorted { $0.key < $1.key }.map { [$0.value.blob, $0.key] })
            try session.executeMany(
                "INSERT INTO node_keys (name, fingerprint) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                keys.sorted { $0.key < $1.key }.map { [$0.key, $0.value.blob] })
            return [:]
        }
    }
}

extension Session {
    fileprivate func otherKeys(than keys: [String: [UInt8]]) throws -> [String: [UInt8]] {
        var others: [String: [UInt8]] = [:]
        for row in try rows("SELECT name, fingerprint FROM node_keys") {
            let (name, known) = (try row.text("name"), try row.bytes("fingerprint"))
            if let own = keys[name], own != known { others[name] = known }
        }
        return others
    }
}
