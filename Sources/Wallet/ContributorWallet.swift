import Crypto
import DAP
import Synchronization
import TaskTypes
import Tasks

/// A contributor's secrets in one encrypted file: the seed of its claim keys, its inputs and what opens its commitments,
/// receipts, the leader's promises, and history. `Protocols/wallet.md` specifies the file.
///
/// What a method has saved is on the disk when it returns. Several processes may use one wallet at a time.
public final class ContributorWallet: Sendable {
    private struct State: Sendable {
        var file: WalletFile
        var contents: WalletContents
    }

    /// The file.
    public let path: String
    private let state: Mutex<State>

    /// Makes a wallet.
    ///
    /// - Parameters:
    ///   - path: In a folder that exists; nothing is overwritten.
    ///   - key: ``WalletKey/make(from:)``. Wallets of one owner may share it.
    ///   - seed: 32 secret bytes; fresh ones by default.
    public convenience init(creating path: String, key: WalletKey, seed: [UInt8]? = nil) throws(WalletError) {
        precondition(seed.map { $0.count == ClaimKey.seedSize } ?? true, "a seed has 32 bytes")
        try self.init(creating: path, key: key, records: [seed.map { .seed($0) } ?? .newSeed()])
    }

    /// Makes a wallet with these records, of which the first is the seed.
    ///
    /// - Parameter markPath: where a mark is kept, see ``WalletMark``.
    package init(
        creating path: String, key: WalletKey, records: [WalletRecord], markPath: String? = nil
    ) throws(WalletError) {
        let contents: WalletContents
        do throws(CodecError) { contents = try WalletContents(records) } catch {
            throw .notAWallet(path: path, reason: error.description)
        }
        // The file's scan has passed the frames of the records that are in `contents` already.
        let file = try WalletFile(creating: path, key: key, markPath: markPath) { Self.frames(records) }
        self.path = path
        state = Mutex(State(file: file, contents: contents))
    }

    /// Opens a wallet. Takes about half a second.
    ///
    /// - Throws: ``WalletError/missing(path:)``, ``WalletError/wrongPassphrase(path:)``,
    ///   ``WalletError/damagedFrame(path:index:reason:)`` and others.
    public convenience init(opening path: String, passphrase: Passphrase) throws(WalletError) {
        try self.init(opening: path) { header throws(WalletError) in
            try WalletKey(passphrase: passphrase, salt: header.salt, parameters: header.parameters)
        }
    }

    /// Opens a wallet whose key is at hand.
    public convenience init(opening path: String, key: WalletKey) throws(WalletError) {
        try self.init(opening: path) { _ throws(WalletError) in key }
    }

    /// Opens the wallet of a home.
    ///
    /// - Parameters:
    ///   - detail: how much of it is kept in memory.
    ///   - markPath: where a mark is kept, see ``WalletMark``.
    package convenience init(
        opening path: String, passphrase: Passphrase, keeping detail: WalletContents.Detail, markPath: String? = nil
    ) throws(WalletError) {
        try self.init(opening: path, keeping: detail, markPath: markPath) { header throws(WalletError) in
            try WalletKey(passphrase: passphrase, salt: header.salt, parameters: header.parameters)
        }
    }

    /// Opens a backup to read it, wherever it lies.
    ///
    /// - Throws: ``WalletError/unfinished(_:)`` where it does not end as a backup does, unless `isIncompleteTaken`.
    package convenience init(
        backup path: String, isIncompleteTaken: Bool, passphrase: Passphrase
    ) throws(WalletError) {
        try self.init(opening: path, isReadOnly: true) { header throws(WalletError) in
            try WalletKey(passphrase: passphrase, salt: header.salt, parameters: header.parameters)
        }
        let contents = try contents()
        let end = end
        guard end.isMarked || isIncompleteTaken else {
            throw .unfinished(
                UnfinishedBackup(
                    path: path, reports: contents.reports.count, receipts: contents.receipts.count, unread: end.unread))
        }
    }

    private init(
        opening path: String, keeping detail: WalletContents.Detail = .everything, isReadOnly: Bool = false,
        markPath: String? = nil, unlock: (WalletHeader) throws(WalletError) -> WalletKey
    ) throws(WalletError) {
        var file = try WalletFile(opening: path, isReadOnly: isReadOnly, markPath: markPath, unlock: unlock)
        var contents = WalletContents(keeping: detail)
        try file.read(into: &contents)
        guard contents.seed != nil else {
            throw .notAWallet(path: path, reason: "it has no seed, and was probably cut off")
        }
        self.path = path
        state = Mutex(State(file: file, contents: contents))
    }

    // MARK: Reading

    /// How the file ends, as of the last look: what could not be read, or is not there any more.
    public var end: WalletEnd { state.withLock { $0.file.end($0.contents) } }

    /// The 32 secret bytes that all claim keys derive from.
    public var seed: [UInt8] {
        state.withLock { state in state.contents.seed?.withUnsafeBytes { Array($0) } ?? [] }
    }

    /// All of it, with what other processes have appended by now.
    package func contents() throws(WalletError) -> WalletContents {
        try state.withLock { state throws(WalletError) in
            try state.file.read(into: &state.contents)
            return state.contents
        }
    }

    /// Walks through all records in the file, in the order in which they were written; later ones amend earlier ones.
    package func forEachRecord(_ body: (WalletRecord) -> Void) throws(WalletError) {
        let file = state.withLock { $0.file }
        try file.replay(body)
    }

    /// Keeps no inputs, openings, receipts and promises in memory from now on. They stay in the file.
    package func forgetDetails() {
        state.withLock { $0.contents.forgetDetails() }
    }

    /// The history, oldest first; of one task if given.
    public func records(of taskID: TaskID? = nil) throws(WalletError) -> [ReportRecord] {
        try contents().history(of: taskID)
    }

    /// What opens the commitments of a task's reports, where it is saved. Secret.
    package func openings(of taskID: TaskID) throws(WalletError) -> [ReportID: ReportOpening] {
        var openings: [ReportID: ReportOpening] = [:]
        for record in try records(of: taskID) where openings[record.reportID] == nil {
            openings[record.reportID] = record.opening
        }
        return openings
    }

    /// The text of a report's receipt, a `.tlog-proof` file.
    public func receipt(of report: ReportKey) throws(WalletError) -> String? {
        try contents().receipts[report].map { String(decoding: $0, as: UTF8.self) }
    }

    /// The text of the leader's promise about a report.
    public func promise(of report: ReportKey) throws(WalletError) -> String? {
        try contents().promises[report].map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: Writing

    /// Adds records; see ``WalletRecord``.
    package func save(_ records: [WalletRecord]) throws(WalletError) {
        try append { _ in Self.frames(records) }
    }

    /// Stores a receipt.
    public func save(receipt: String, of report: ReportKey) throws(WalletError) {
        try save([.receipt(report, Array(receipt.utf8))])
    }

    /// Notes that reports were taken back.
    public func markWithdrawn(_ reports: [ReportKey]) throws(WalletError) {
        try save(reports.map { .state($0, .withdrawn) })
    }

    // MARK: Copies

    /// Writes a backup: a wallet with the same contents, without anything that later records have amended, and a last frame
    /// that says that it is the last.
    ///
    /// - Parameter tasks: the files of tasks that are installed.
    /// - Returns: what is in the backup.
    /// - Throws: ``WalletError/exists(path:)`` and others.
    @discardableResult
    package func export(
        to copy: String, key: WalletKey, tasks: [[UInt8]] = []
    ) throws(WalletError) -> WalletContents {
        var contents = try contents()
        for task in tasks {
            do throws(CodecError) { try contents.add(.task(task)) } catch {
                throw .notAWallet(path: path, reason: error.description)
            }
        }
        _ = try WalletFile(creating: copy, key: key) {
            let frames = Self.frames(contents.records())
            return frames + Self.frames([.end(frames: UInt64(frames.count))])
        }
        return contents
    }

    /// Says that what was lost from this wallet's end is brought back, as far as it can be.
    package func settleLoss() throws(WalletError) {
        try state.withLock { state throws(WalletError) in try state.file.settleMark() }
    }

    /// Adds what another wallet of the same seed knows and this one does not.
    ///
    /// - Returns: How many reports, receipts and promises were new, or knew more.
    /// - Throws: ``WalletError/otherSeed(path:)`` and others.
    @discardableResult
    public func merge(_ other: ContributorWallet) throws(WalletError) -> Int {
        try merge(try other.contents(), from: other.path)
    }

    /// - Parameter path: of the other wallet, for errors.
    @discardableResult
    package func merge(_ other: WalletContents, from path: String) throws(WalletError) -> Int {
        guard let mine = try contents().seed, other.seed == mine else { throw .otherSeed(path: path) }
        var count = 0
        try append { contents in
            let missing = contents.missing(from: other)
            count = missing.count
            return Self.frames(missing)
        }
        return count
    }

    /// Puts the wallet under another key, and leaves out what later records have amended.
    public func change(to key: WalletKey) throws(WalletError) {
        try state.withLock { state throws(WalletError) in
            try state.file.replace(key: key, contents: &state.contents) { Self.frames($0.records()) }
        }
    }

    private func append(_ frames: (WalletContents) -> [[UInt8]]) throws(WalletError) {
        try state.withLock { state throws(WalletError) in
            try state.file.append(to: &state.contents, frames)
        }
    }

    /// Records as the contents of frames: about a mebibyte each, so that many small records share the cost of one.
    private static func frames(_ records: [WalletRecord]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var writer = ByteWriter()
        for record in records {
            record.encode(into: &writer)
            guard writer.bytes.count >= 1 << 20 else { continue }
            frames.append(writer.bytes)
            writer = ByteWriter()
        }
        if !writer.bytes.isEmpty { frames.append(writer.bytes) }
        return frames
    }
}
