import DAP
import DurableFiles
import Foundation
import Secrets

/// A wallet's file: a header and frames, of which every append adds some. Nothing that was written is written again.
///
/// Several processes may use one wallet. Each locks it only while it reads or appends, not while it waits for a network,
/// and reads what the others have appended before it appends itself, so that every frame has the index that it was sealed
/// for. A wallet that gets another passphrase is a new file in the old one's place; whoever has the old one open is told.
struct WalletFile: Sendable {
    private let descriptor: FileDescriptor
    private let key: WalletKey
    private var scan: FrameScan
    /// At the first frame.
    private let start: FrameScan
    private let walletID: [UInt8]
    /// Where the mark is, for a wallet that keeps one.
    private let markPath: String?
    /// The last frame's place and its head's tag.
    private var last: (start: UInt64, tag: [UInt8])?
    /// Frames that the mark knows and the file has not.
    private(set) var lostFrames: UInt64 = 0
    private var isMarkChecked = false
    /// Bytes behind the last whole frame, at the last look.
    private(set) var unread: UInt64 = 0

    var path: String { descriptor.path }

    /// What may be at the path of a new wallet.
    enum Occupant {
        /// Nothing: another file there is left alone.
        case nothing
        /// The wallet that the new one replaces.
        case oldWallet
    }

    /// Makes a wallet with these contents. Whoever looks at the path sees no wallet or the whole one. A link at the path
    /// stays, and what it names is made or replaced.
    ///
    /// - Parameter markPath: where a mark is kept, see ``WalletMark``; nil for backups.
    /// - Throws: ``WalletError/exists(path:)``, ``WalletError/file(path:reason:)``.
    init(
        creating path: String, key: WalletKey, over occupant: Occupant = .nothing, markPath: String? = nil,
        _ frames: () -> [[UInt8]]
    ) throws(WalletError) {
        let draft = "\(try FileDescriptor.target(of: path)).\(UUID().uuidString).part"
        let header = WalletHeader(key: key)
        self.key = key
        start = FrameScan(header: header, key: key)
        scan = start
        walletID = header.walletID
        self.markPath = markPath
        descriptor = try FileDescriptor(path: path, draft: draft, flags: O_RDWR | O_CREAT | O_EXCL)
        defer { unlink(draft) }
        try descriptor.write(header.encoded(), at: 0)
        var new = frames()
        defer { Self.wipe(&new) }
        last = try Self.append(new, to: descriptor, key: key, scan: &scan)
        do throws(DurableFileError) {
            try DurableFile.adopt(draft, as: path, occupant == .nothing ? .creating : .replacing)
        } catch {
            throw error.errno == EEXIST ? WalletError.exists(path: path) : FileDescriptor.failure(error)
        }
        writeMark()
    }

    /// Opens a wallet.
    ///
    /// - Parameters:
    ///   - isReadOnly: for backups, which may lie where nobody can write.
    ///   - markPath: where a mark is kept, see ``WalletMark``; nil for backups.
    ///   - unlock: finds the key for a header.
    init(
        opening path: String, isReadOnly: Bool = false, markPath: String? = nil,
        unlock: (WalletHeader) throws(WalletError) -> WalletKey
    ) throws(WalletError) {
        descriptor = try FileDescriptor(path: path, flags: isReadOnly ? O_RDONLY : O_RDWR)
        guard try descriptor.size() >= UInt64(WalletHeader.size) else {
            throw .notAWallet(path: path, reason: "it is too short")
        }
        let header: WalletHeader
        do throws(CodecError) {
            header = try WalletHeader(decoding: try Self.headerBytes(descriptor))
        } catch .unsupported {
            throw .newerVersion(path: path)
        } catch {
            throw .notAWallet(path: path, reason: error.description)
        }
        key = try unlock(header)
        guard header.isAuthentic(under: key) else { throw .wrongPassphrase(path: path) }
        start = FrameScan(header: header, key: key)
        scan = start
        walletID = header.walletID
        self.markPath = markPath
    }

    /// How the file ends, as of the last look.
    func end(_ contents: WalletContents) -> WalletEnd {
        let isMarked = contents.endFrame.map { $0 + 1 == scan.place.index } ?? false
        return WalletEnd(unread: unread, lostFrames: lostFrames, isMarked: isMarked && unread == 0)
    }

    /// Takes the wallet for whole as it is: its owner has brought back what can be had.
    mutating func settleMark() throws(WalletError) {
        try descriptor.lock(LOCK_EX)
        defer { descriptor.unlock() }
        lostFrames = 0
        writeMark()
    }

    private func writeMark() {
        guard let markPath, let last, lostFrames == 0 else { return }
        WalletMark(walletID: walletID, frames: scan.place.index, start: last.start, tag: last.tag).write(to: markPath)
    }

    /// Compares what was read with the mark.
    private mutating func checkMark() throws(WalletError) {
        guard let markPath, !isMarkChecked else { return }
        isMarkChecked = true
        guard let mark = WalletMark.read(markPath), mark.walletID == walletID else { return }
        lostFrames =
            try mark.holds(for: descriptor, end: scan.end)
            ? 0 : max(1, mark.frames - min(mark.frames, scan.place.index))
    }

    private static func headerBytes(_ file: FileDescriptor) throws(CodecError) -> [UInt8] {
        guard let bytes = try? file.bytes(at: 0, count: WalletHeader.size) else {
            throw .truncated(field: "header", needed: WalletHeader.size, available: 0)
        }
        return bytes
    }

    /// Adds what was appended since the last look.
    mutating func read(into contents: inout WalletContents) throws(WalletError) {
        try descriptor.lock(LOCK_SH)
        defer { descriptor.unlock() }
        try readLocked(into: &contents)
    }

    /// Walks through all records from the first one on, a frame at a time.
    func replay(_ body: (WalletRecord) -> Void) throws(WalletError) {
        try descriptor.lock(LOCK_SH)
        defer { descriptor.unlock() }
        guard try descriptor.isAtItsPath() else { throw .replaced(path: path) }
        var scan = start
        while true {
            let index = scan.place.index
            guard var frame = try scan.next(in: descriptor) else { return }
            defer { Wipe.bytes(&frame) }
            do throws(CodecError) {
                var reader = ByteReader(frame)
                for record in try reader.list(of: WalletRecord.self) { body(record) }
            } catch {
                throw Self.failure(error, path: path, index: index)
            }
        }
    }

    /// Appends frames, and returns once they are on the disk.
    ///
    /// - Parameter frames: makes the frames' contents out of what the wallet holds now, with all that others appended.
    mutating func append(
        to contents: inout WalletContents, _ frames: (WalletContents) -> [[UInt8]]
    ) throws(WalletError) {
        try descriptor.lock(LOCK_EX)
        defer { descriptor.unlock() }
        try readLocked(into: &contents)
        var new = frames(contents)
        defer { Self.wipe(&new) }
        guard !new.isEmpty else { return }
        // What a crash left behind the last whole frame.
        if try descriptor.size() > scan.end { try descriptor.truncate(to: scan.end) }
        let before = scan
        do {
            last = try Self.append(new, to: descriptor, key: key, scan: &scan)
        } catch {
            scan = before
            try? descriptor.truncate(to: scan.end)
            throw error
        }
        unread = 0
        writeMark()
        for frame in new {
            do throws(CodecError) { try contents.add(frame: frame) } catch {
                preconditionFailure("a record that this program wrote does not decode: \(error)")
            }
        }
    }

    /// Puts a new wallet with the same contents in this one's place. Nobody can append in between.
    mutating func replace(
        key: WalletKey, contents: inout WalletContents, _ frames: (WalletContents) -> [[UInt8]]
    ) throws(WalletError) {
        try descriptor.lock(LOCK_EX)
        let old = descriptor
        defer { old.unlock() }
        try readLocked(into: &contents)
        let snapshot = contents
        self = try WalletFile(creating: path, key: key, over: .oldWallet, markPath: markPath) { frames(snapshot) }
    }

    private mutating func readLocked(into contents: inout WalletContents) throws(WalletError) {
        guard try descriptor.isAtItsPath() else { throw .replaced(path: path) }
        while true {
            let (index, start) = (scan.place.index, scan.end)
            guard var frame = try scan.next(in: descriptor) else { break }
            defer { Wipe.bytes(&frame) }
            do throws(CodecError) {
                try contents.add(frame: frame)
            } catch {
                throw Self.failure(error, path: path, index: index)
            }
            last = (start, [])
        }
        unread = try descriptor.size() - scan.end
        if let place = last, place.tag.isEmpty {
            let head = try descriptor.bytes(at: place.start, count: WalletFrame.headSize)
            last = (place.start, head.suffix(WalletFrame.headTagSize))
        }
        try checkMark()
    }

    /// What a frame that authenticates is, if it does not decode: its writer knew more than this program.
    private static func failure(_ error: CodecError, path: String, index: UInt64) -> WalletError {
        if case .unsupported = error { return .newerVersion(path: path) }
        return .damagedFrame(path: path, index: index, reason: error.description)
    }

    /// - Returns: where the last frame starts, and its head's tag.
    private static func append(
        _ frames: [[UInt8]], to file: FileDescriptor, key: WalletKey, scan: inout FrameScan
    ) throws(WalletError) -> (start: UInt64, tag: [UInt8])? {
        var last: (start: UInt64, tag: [UInt8])?
        for contents in frames {
            let frame: [UInt8]
            do {
                frame = try WalletFrame.seal(contents, key: key, at: scan.place)
            } catch {
                throw .file(path: file.path, reason: "it cannot be encrypted: \(error)")
            }
            try file.write(frame, at: scan.end)
            last = (scan.end, Array(frame[(WalletFrame.headSize - WalletFrame.headTagSize)..<WalletFrame.headSize]))
            scan.passed(frameOf: frame.count)
        }
        try file.synchronize()
        return last
    }

    private static func wipe(_ frames: inout [[UInt8]]) {
        for index in frames.indices { Wipe.bytes(&frames[index]) }
    }
}
