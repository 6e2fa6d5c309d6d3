import Datastore
import DurableFiles
import Foundation
import NIOPosix

/// A file beside a node's keys that counts what the node must do only once, so that a database which was restored from a
/// backup is noticed: it has counted less.
///
/// Order: the database counts in the transaction of the deed, then the file follows, then the word leaves the node. So
/// the file is never ahead of the newest database, and a database behind the file is an old one. A crash in between
/// leaves the database ahead by what was under way.
///
/// A database that is ahead must stay so by little, or a node with a failing disk would look like one with somebody
/// else's keys. So a start counts only once the file has taken the number before, and while the file cannot be written,
/// no deed begins (``ready()``).
///
/// A backup that puts back keys and database together is not noticed here. That is what the log and the checkpoints of
/// others are for (`SECURITY.md`).
package actor Generation {
    private let path: String
    private let store: any NodeStateStore
    /// What the file says.
    private var written: UInt64
    /// The highest number that the database has been seen to have.
    private var counted: UInt64
    /// The write that is under way: at most one, so that none overtakes another.
    private var round: (number: UInt64, write: Task<Void, any Error>)?
    /// Whether the last write failed.
    private var isFailing = false

    /// Far more deeds than are ever under way at a time; each is a request that somebody waits for.
    static let mostUnderWay: UInt64 = 65_536

    private init(path: String, store: any NodeStateStore, written: UInt64) {
        self.path = path
        self.store = store
        self.written = written
        counted = written
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
            // A start that fails here has changed nothing, and may be repeated for as long as it takes to mend the disk.
            try write(stored, to: path)
            let first = try await store.beginGeneration()
            try write(first, to: path)
            return Generation(path: path, store: store, written: first)
        } catch let error as GenerationError {
            throw error
        } catch {
            throw .unusable("\(error)")
        }
    }

    /// Brings the file up to the database. Whatever must be done only once leaves the node after this.
    ///
    /// Requests that come while the file is being written share the next write.
    ///
    /// - Throws: what keeps the file from being written. The word must not leave then.
    package func settle() async throws {
        let before = written
        let stored = try await store.generation()
        // A server's database can become an older one while the node runs: a standby that lagged has taken over.
        guard stored >= before else {
            throw GenerationError.databaseIsOld(path: path, file: before, database: stored)
        }
        counted = max(counted, stored)
        while written < stored {
            let round = round ?? beginRound()
            if round.number >= stored {
                try await round.write.value
            } else {
                // Begun before the caller's deed was counted: whatever becomes of it, it is not enough.
                _ = await round.write.result
            }
        }
    }

    /// Call this before a deed: nothing is done that could not be settled.
    ///
    /// Costs nothing unless the last write failed; then the file is tried again first.
    package func ready() async throws {
        if isFailing { try await settle() }
    }

    private func beginRound() -> (number: UInt64, write: Task<Void, any Error>) {
        let (number, path) = (counted, path)
        // Neither the caller's cancellation nor its end stops a write that others wait for.
        let write = Task {
            defer { round = nil }
            do {
                // A thread for files: the disk may take its time, and others serve connections meanwhile.
                try await NIOThreadPool.singleton.runIfActive { try Self.write(number, to: path) }
                written = number
                isFailing = false
            } catch {
                isFailing = true
                throw error
            }
        }
        round = (number, write)
        return (number, write)
    }

    private static func write(_ number: UInt64, to path: String) throws(DurableFileError) {
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
    /// Harmless for what the node has promised, as the database is the newer of the two, but they may not belong together.
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
            "\(path) says generation \(file), the database is of generation \(database): the folder of the keys is an old "
                + "copy, or another node's. Nothing has to be destroyed. Put the newest keys of this node back; or, if "
                + "these are the keys that its tasks name (the database has never been used with others), write "
                + "\(database) into \(path)"
        case .unusable(let reason): reason
        }
    }
}
