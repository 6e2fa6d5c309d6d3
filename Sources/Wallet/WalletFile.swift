import Commitments
import DAP
import Foundation

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

    var path: String { descriptor.path }

    /// What may be at the path of a new wallet.
    enum Occupant {
        /// Nothing: another file there is left alone.
        case nothing
        /// The wallet that the new one replaces.
        case oldWallet
    }

    /// Makes a wallet with these contents. Whoever looks at the path sees no wallet or the whole one.
    ///
    /// - Throws: ``WalletError/exists(path:)``, ``WalletError/file(path:reason:)``.
    init(
        creating path: String, key: WalletKey, over occupant: Occupant = .nothing, _ frames: () -> [[UInt8]]
    ) throws(WalletError) {
        let draft = "\(path).\(UUID().uuidString).part"
        let header = WalletHeader(key: key)
        self.key = key
        start = FrameScan(header: header, key: key)
        scan = start
        descriptor = try FileDescriptor(path: path, draft: draft, flags: O_RDWR | O_CREAT | O_EXCL)
        defer { unlink(draft) }
        try descriptor.write(header.encoded(), at: 0)
        var new = frames()
        defer { Self.wipe(&new) }
        try Self.append(new, to: descriptor, key: key, scan: &scan)
        switch occupant {
        case .nothing:
            guard link(draft, path) == 0 else {
                throw errno == EEXIST ? WalletError.exists(path: path) : FileDescriptor.failure(path)
            }
        case .oldWallet:
            guard rename(draft, path) == 0 else { throw FileDescriptor.failure(path) }
        }
        try FileDescriptor.synchronizeFolder(of: path)
    }

    /// Opens a wallet.
    ///
    /// - Parameter unlock: finds the key for a header.
    init(
        opening path: String, unlock: (WalletHeader) throws(WalletError) -> WalletKey
    ) throws(WalletError) {
        descriptor = try FileDescriptor(path: path, flags: O_RDWR)
        guard try descriptor.size() >= UInt64(WalletHeader.size) else {
            throw .notAWallet(path: path, reason: "it is too short")
        }
        let header: WalletHeader
        do throws(CodecError) {
            header = try WalletHeader(decoding: try Self.headerBytes(descriptor))
        } catch {
            throw .notAWallet(path: path, reason: error.description)
        }
        key = try unlock(header)
        guard header.isAuthentic(under: key) else { throw .wrongPassphrase(path: path) }
        start = FrameScan(header: header, key: key)
        scan = start
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
                throw .damagedFrame(path: path, index: index, reason: error.description)
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
        let end = scan.end
        do {
            try Self.append(new, to: descriptor, key: key, scan: &scan)
        } catch {
            try? descriptor.truncate(to: end)
            throw error
        }
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
        self = try WalletFile(creating: path, key: key, over: .oldWallet) { frames(snapshot) }
    }

    private mutating func readLocked(into contents: inout WalletContents) throws(WalletError) {
        guard try descriptor.isAtItsPath() else { throw .replaced(path: path) }
        while true {
            let index = scan.place.index
            guard var frame = try scan.next(in: descriptor) else { return }
            defer { Wipe.bytes(&frame) }
            do throws(CodecError) {
                try contents.add(frame: frame)
            } catch {
                throw .damagedFrame(path: path, index: index, reason: error.description)
            }
        }
    }

    private static func append(
        _ frames: [[UInt8]], to file: FileDescriptor, key: WalletKey, scan: inout FrameScan
    ) throws(WalletError) {
        for contents in frames {
            let frame: [UInt8]
            do {
                frame = try WalletFrame.seal(contents, key: key, at: scan.place)
            } catch {
                throw .file(path: file.path, reason: "it cannot be encrypted: \(error)")
            }
            try file.write(frame, at: scan.end)
            scan.passed(frameOf: frame.count)
        }
        try file.synchronize()
    }

    private static func wipe(_ frames: inout [[UInt8]]) {
        for index in frames.indices { Wipe.bytes(&frames[index]) }
    }
}
