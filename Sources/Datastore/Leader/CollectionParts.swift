/// What of a collection job is as long as an aggregate share: it has rows of its own, a piece each, because a row is written
/// anew with every change.
enum CollectionPart: Int64 {
    /// The helper's, sealed to the collector.
    case helperShare = 0
    /// For the collector.
    case response = 1
}

extension Session {
    /// Keeps something large of a collection job, which has none of its kind yet.
    func keepParts(_ kind: CollectionPart, _ bytes: [UInt8], of collection: Int64) throws {
        try executeMany(
            "INSERT INTO leader_collection_parts (collection, kind, part, bytes) VALUES ($1, $2, $3, $4)",
            Self.parts(of: bytes).enumerated().map { [collection, kind.rawValue, $0.offset, $0.element.blob] })
    }

    func deleteParts(_ kind: CollectionPart, of collection: Int64) throws {
        try execute(
            "DELETE FROM leader_collection_parts WHERE collection = $1 AND kind = $2", [collection, kind.rawValue])
    }

    func joinedParts(_ kind: CollectionPart, _ collection: Int64) throws -> [UInt8] {
        let parts = try rows(
            "SELECT part, bytes FROM leader_collection_parts WHERE collection = $1 AND kind = $2 ORDER BY part",
            [collection, kind.rawValue])
        guard !parts.isEmpty, try parts.enumerated().allSatisfy({ try $0.element.integer("part") == $0.offset }) else {
            throw DatastoreError.corrupt("a piece of a share or a response is missing")
        }
        return try parts.flatMap { try $0.bytes("bytes") }
    }
}
