/// What of a collection is as long as an aggregate share: it has rows of its own, a piece each, because a row is written
/// anew with every change. The kind says whose collection it is: each role numbers its own.
enum CollectionPart: Int64 {
    /// Of leader_collections: the helper's share, sealed to the collector.
    case helperShare = 0
    /// Of leader_collections: for the collector.
    case response = 1
    /// Of helper_collections: for the leader.
    case answer = 2
}

extension Session {
    /// Keeps something large of a collection, which has none of its kind yet.
    ///
    /// - Precondition: it is not empty.
    func keepParts(_ kind: CollectionPart, _ bytes: [UInt8], of collection: Int64) throws {
        try executeMany(
            "INSERT INTO collection_parts (collection, kind, part, bytes) VALUES ($1, $2, $3, $4)",
            Self.parts(of: bytes).enumerated().map { [collection, kind.rawValue, $0.offset, $0.element.blob] })
    }

    /// - Returns: whether there was something.
    @discardableResult
    func deleteParts(_ kind: CollectionPart, of collection: Int64) throws -> Bool {
        try execute(
            "DELETE FROM collection_parts WHERE collection = $1 AND kind = $2", [collection, kind.rawValue]) > 0
    }

    /// - Returns: nil where nothing of the kind is kept.
    func keptParts(_ kind: CollectionPart, of collection: Int64) throws -> [UInt8]? {
        let parts = try rows(
            "SELECT part, bytes FROM collection_parts WHERE collection = $1 AND kind = $2 ORDER BY part",
            [collection, kind.rawValue])
        guard try parts.enumerated().allSatisfy({ try $0.element.integer("part") == $0.offset }) else {
            throw DatastoreError.corrupt("a piece of a share or a response is missing")
        }
        return parts.isEmpty ? nil : try parts.flatMap { try $0.bytes("bytes") }
    }

    /// What must be there.
    func joinedParts(_ kind: CollectionPart, _ collection: Int64) throws -> [UInt8] {
        guard let bytes = try keptParts(kind, of: collection) else {
            throw DatastoreError.corrupt("a share or a response is missing")
        }
        return bytes
    }
}
