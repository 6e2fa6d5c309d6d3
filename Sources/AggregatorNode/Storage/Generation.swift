import Datastore
import DurableFiles
import Foundation
import NIOPosix

/// A file beside a node's keys that counts what the node must do only once, so that a database which was restored from a
/// backup is noticed: it has counted less (``GenerationRule``).
///
/// Order: the database counts in the transaction of the deed, then the file follows, then the word leaves the node. So
/// the file is never ahead of the newest database, and a database behind the file is an old one. A crash in between
/// leaves the database ahead by what was under way.
///
/// A database that is ahead must stay so by little, or a node with a failing disk would look like one with somebody
/// else's keys. So a start counts only once the file has taken the number before, and while the file cannot be written,
/// no deed begins (``ready()``).
///
/// While the node runs, every transaction that counts refuses a database that has less than the process knows
/// (``Datastore/GenerationMemory``), and once a second somebody looks (``GenerationWatch``). The first to notice stops the node for
/// good.
///
/// A backup that puts back keys and database together is not noticed here. That is what the log and the checkpoints of
/// others are for (`SECURITY.md`).
package actor Generation {
    private let file: GenerationFile
    private let run: GenerationRun
    private let store: any NodeStateStore
    private let memory: GenerationMemory
    /// What the file says.
    private var written: UInt64
    /// Which slot the next mark goes into; nil where the file has to be written anew.
    private var nextSlot: Int?
    /// The write that is under way: at most one, so that none overtakes another.
    private var round: (number: UInt64, write: Task<Void, any Error>)?
    /// Whether the last write failed.
    private var isFailing = false

    private init(file: GenerationFile, run: GenerationRun, store: any NodeStateStore, written: UInt64) {
        self.file = file
        self.run = run
        self.store = store
        memory = store.generationMemory
        self.written = written
        nextSlot = 0
    }

    /// Compares file and database, and counts the start.
    ///
    /// - Parameters:
    ///   - path: the file, in the folder of the keys.
    ///   - halt: stops the node where its database proves to be older later on.
    package static func begin(
        path: String, store: any NodeStateStore, halt: HaltSwitch? = nil
    ) async throws(GenerationError) -> Generation {
        let file = GenerationFile(path: path)
        do {
            let before = try file.read()
            let record = try await record(of: before, store)
            try judge(before, record, path)
            // A new replica goes on from nothing.
            let isNew = before ?? GenerationRule.new == GenerationRule.new
            let former = isNew && record.hasCompany ? nil : record.mark
            // A start that fails here has changed nothing, and may be repeated for as long as it takes to mend the disk.
            if let former { try file.replace(by: former) }
            let run = GenerationRun.random()
            let first = try await store.beginGeneration(run, after: former)
            try file.replace(by: GenerationMark(number: first, run: run))
            store.generationMemory.watch(from: GenerationMark(number: first, run: run)) { found, known in
                halt?.stop(
                    "its database was exchanged for an older one while it ran (generation \(found.number)"
                        + "\(found.run == known.run ? "" : " of another run"); it has counted \(known.number))")
            }
            return Generation(file: file, run: run, store: store, written: first)
        } catch let error as GenerationError {
            throw error
        } catch {
            throw .unusable("\(error)")
        }
    }

    /// What the database says; once it has noticed that the process of before is gone, if it was killed just now.
    private static func record(
        of file: GenerationMark?, _ store: any NodeStateStore
    ) async throws -> GenerationRecord {
        let deadline = ContinuousClock.now + deathPatience
        while true {
            let record = try await store.generationRecord(of: file?.run)
            guard record.isLed, ContinuousClock.now < deadline else { return record }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// A server takes up to 25 s to find out that a connection is dead.
    private static let deathPatience: Duration = .seconds(30)

    /// Compares file and database for a command that is about to change the database, beside the node or while none runs.
    ///
    /// A command counts, and leaves the file to the node. In a database that has forgotten something it must not: that would
    /// bring its number to what the file has seen. The file is read first, and is never ahead of a database that is looked
    /// at later, so a node may run meanwhile.
    package static func requireTogether(path: String, store: any NodeStateStore) async throws(GenerationError) {
        do throws(GenerationError) { return try await compare(path, store) } catch .unusable(let reason) {
            throw .unusable(reason)
        } catch {
            // A node that has started in between made the file, and a run that the file did not name: look once more.
            try await compare(path, store)
        }
    }

    private static func compare(_ path: String, _ store: any NodeStateStore) async throws(GenerationError) {
        do {
            let mark = try GenerationFile(path: path).read()
            var record = try await store.generationRecord(of: mark?.run)
            // Whoever is at work may be the node of this very folder.
            (record.isLed, record.hasCompany) = (false, false)
            try judge(mark, record, path)
        } catch let error as GenerationError {
            throw error
        } catch {
            throw .unusable("\(error)")
        }
    }

    private static func judge(
        _ file: GenerationMark?, _ record: GenerationRecord, _ path: String
    ) throws(GenerationError) {
        let (number, database) = (file?.number ?? 0, record.newest.number)
        switch GenerationRule.verdict(file: file, database: record) {
        case .belongsTogether: return
        case .fileIsMissing: throw .fileMissing(path: path, database: database)
        case .databaseIsOld: throw .databaseIsOld(path: path, file: number, database: database)
        case .databaseIsOfAnotherHistory:
            throw .databaseIsOfAnotherHistory(path: path, file: number, database: database)
        case .fileIsOld: throw .fileIsOld(path: path, file: number, database: record.newest)
        case .fileIsInUse: throw .fileIsInUse(path: path)
        case .runIsForgotten: throw .runIsForgotten(path: path, file: number)
        }
    }

    /// Brings the file up to the database. Whatever must be done only once leaves the node after this.
    ///
    /// Requests that come while the file is being written share the next write.
    ///
    /// - Throws: what keeps the file from being written. The word must not leave then.
    package func settle() async throws {
        let known = memory.mark
        let found = try await store.coveringMark()
        // A database can become an older one while the node runs: a backup, or a standby that lagged, has taken its place.
        try memory.check(found, known: known)
        memory.note(found.number)
        try await write(upTo: found.number)
    }

    /// ``settle()`` without a look at the database, after a transaction that has counted, or noted, what is to leave; with one
    /// where that was counted by another process.
    package func settleCounted() async throws {
        if memory.isBehind { return try await settle() }
        guard let known = memory.mark else { return }
        try await write(upTo: known.number)
    }

    /// Call this before a deed: nothing is done that could not be settled.
    ///
    /// Costs nothing unless the last write failed; then the file is tried again first.
    package func ready() async throws {
        if isFailing { try await settle() }
    }

    private func write(upTo number: UInt64) async throws {
        while written < number {
            let round = round ?? beginRound(number)
            if round.number >= number {
                try await round.write.value
            } else {
                // Begun before the caller's deed was counted: whatever becomes of it, it is not enough.
                _ = await round.write.result
            }
        }
    }

    private func beginRound(_ asked: UInt64) -> (number: UInt64, write: Task<Void, any Error>) {
        let number = max(asked, memory.mark?.number ?? 0)
        let (file, slot) = (file, nextSlot)
        let mark = GenerationMark(number: number, run: run)
        // Neither the caller's cancellation nor its end stops a write that others wait for.
        let write = Task {
            defer { round = nil }
            do {
                // A thread for files: the disk may take its time, and others serve connections meanwhile.
                try await NIOThreadPool.singleton.runIfActive {
                    if let slot { try file.overwrite(slot: slot, by: mark) } else { try file.replace(by: mark) }
                }
                written = number
                nextSlot = slot.map { 1 - $0 } ?? 0
                isFailing = false
            } catch {
                isFailing = true
                // What the slot holds is not known, and a file that was moved away can be made anew.
                nextSlot = nil
                if slot != nil { try await rewrite(mark) } else { throw error }
            }
        }
        round = (number, write)
        return (number, write)
    }

    private func rewrite(_ mark: GenerationMark) async throws {
        let file = file
        try await NIOThreadPool.singleton.runIfActive { try file.replace(by: mark) }
        written = mark.number
        nextSlot = 0
        isFailing = false
    }
}
