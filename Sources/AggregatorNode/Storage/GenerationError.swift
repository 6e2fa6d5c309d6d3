import Datastore

/// Why a node does not start with this database and these keys, or does not go on with them.
package enum GenerationError: Error, Sendable, Equatable, CustomStringConvertible {
    case databaseIsOld(path: String, file: UInt64, database: UInt64)
    /// Both have gone on from the same backup, or from none.
    case databaseIsOfAnotherHistory(path: String, file: UInt64, database: UInt64)
    case fileMissing(path: String, database: UInt64)
    /// Harmless for what the node has promised, as the database is the newer of the two, but they may not belong together.
    case fileIsOld(path: String, file: UInt64, database: GenerationMark)
    /// Two replicas would say that they are the same.
    case fileIsInUse(path: String)
    /// The database has had too many starts since to know whether it is older than the keys.
    case runIsForgotten(path: String, file: UInt64)
    case unusable(String)

    /// Whether the database has forgotten what the node has said.
    package var isForgotten: Bool {
        switch self {
        case .databaseIsOld, .databaseIsOfAnotherHistory: true
        case .fileMissing, .fileIsOld, .fileIsInUse, .runIsForgotten, .unusable: false
        }
    }

    package var description: String {
        switch self {
        case .databaseIsOld(let path, let file, let database):
            "the database is older than the keys beside it: it was restored from a backup (generation \(database), "
                + "\(path) says \(file)). \(Self.ways)"
        case .databaseIsOfAnotherHistory(let path, let file, let database):
            "the database was restored from a backup that is older than the keys beside it, and was used since without "
                + "them (generation \(database), and it knows nothing of generation \(file), which \(path) has seen); or "
                + "the two are of different nodes. \(Self.ways)"
        case .fileMissing(let path, let database):
            "\(path) is missing, and the database is of generation \(database): keys and database do not belong together. "
                + "Put the file back, or declare the restore: cairn node restored. (A new replica is started while another "
                + "one of the node runs)"
        case .fileIsOld(let path, let file, let database):
            "\(path) says generation \(file), the database is of generation \(database.number): the folder of the keys is "
                + "an old copy, or another node's. Nothing has to be destroyed. Put the newest keys of this node back; or, "
                + "if these are the keys that its tasks name (the database has never been used with others), write "
                + "\(GenerationFile.text(database)) into \(path)"
        case .fileIsInUse(let path):
            "\(path) is a copy of the file of another replica, which is running: remove it here. A replica makes a file of its "
                + "own when it first starts beside another"
        case .runIsForgotten(let path, let file):
            "\(path) is of a start of long ago (generation \(file)), before the last \(NodeDatabase.runsKept) that the database "
                + "knows, so nothing can say whether the database is older than the keys beside it. In the folder of a "
                + "replica that was not started for long, remove the file and start it while another one runs. Elsewhere put "
                + "the newest files of the keys back, or declare a restore: cairn node restored"
        case .unusable(let reason): reason
        }
    }

    private static let ways =
        "It has forgotten what this node signed since then, and a node that goes on would show inputs. Put the newest "
        + "database back, or declare the restore: cairn node restored"
}
