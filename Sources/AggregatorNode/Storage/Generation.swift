import Datastore
import DurableFiles
import Foundation

/// A file beside a node's keys that counts what the node must do only once, so that a database which was restored from a
/// backup is noticed: it has counted less.
///
/// Order: the database counts in the transaction of the deed, then the file follows, then the word leaves the node. So
/// the file is never ahead of the newest database, and a database behind the file is an old one. A crash in between
/// leaves the database ahead by what was under way.
///
/// A backup that puts back keys and database together is not noticed here. That is what the log and the checkpoints of
/// others are for (`SECURITY.md`).
package actor Generation {
    private let path: String
    private let store: any NodeStateStore
    private var written: UInt64

    /// More deeds than ever are under way at a time.
    private static let mostUnderWay: UInt64 = 1_024

    private init(path: String, store: any NodeStateStore, written: UInt64) {
        self.path = path
        self.store = store
        self.written = written
    }

    /// Compares file and database, and counts the start.
    ///
    /// - Parameter path: the file, in the folder of the keys.
    package static func begin(path: String, store: any NodeStateStore) async throws(GenerationError) -> Generation {
        do {
            let stored = try await store.generation()
            switch try number(in: path) {
            case nil where stored == 0: break
            case nil: throw GenerationError.fileMissing(path: path, database: stored)
            case let file? where file > stored:
                throw GenerationError.databaseIsOld(path: path, file: file, database: stored)
            case let file? where stored - file > mostUnderWay:
                throw GenerationError.fileIsOld(path: path, file: file, database: stored)
            case .some: break
            }
            let first = try await store.beginGeneration()
            let generation = Generation(path: path, store: store, written: first)
            try await generation.write(first)
            return generation
        } catch let error as GenerationError {
            throw error
        } catch {
            throw .unusable("\(error)")
        }
    }

    /// Brings the file up to the database. Whatever must be done only once leaves the node after this.
    package func settle() async throws {
        let stored = try await store.generation()
        guard stored > written else { return }
        try write(stored)
        written = stored
    }

    /// Blocks for as long as the disk takes, so that two callers cannot overtake each other.
    private func write(_ number: UInt64) throws(DurableFileError) {
        try DurableFile.write(Array("\(number)\n".utf8), to: path, mode: 0o600)
    }

    private static func number(in path: String) throws -> UInt64? {
        guard let bytes = try DurableFile.read(path, upTo: 64) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let number = UInt64(text) else { throw GenerationError.unusable("\(path) does not hold a number") }
        return number
    }
}

/// Why a node does not start with this database and these keys.
package enum GenerationError: Error, Sendable, Equatable, CustomStringConvertible {
    case databaseIsOld(path: String, file: UInt64, database: UInt64)
    case fileMissing(path: String, database: UInt64)
    case fileIsOld(path: String, file: UInt64, database: UInt64)
    case unusable(String)

    package var description: String {
        switch self {
        case .databaseIsOld(let path, let file, let database):
            "the database is older than the keys beside it: it was restored from a backup (generation \(database), "
                + "\(path) says \(file)). It has forgotten what this node signed since then, and a node that goes on would "
                + "show inputs. Put the newest database back, or declare the restore: cairn node restored"
        case .fileMissing(let path, let database):
            "\(path) is missing, and the database is of generation \(database): keys and database do not belong together. "
                + "Put the file back, or declare the restore: cairn node restored"
        case .fileIsOld(let path, let file, let database):
            "\(path) says generation \(file), the database is of generation \(database): the keys were restored from a "
                + "backup, or are another node's. Put the newest keys back, or declare the restore: cairn node restored"
        case .unusable(let reason): reason
        }
    }
}
