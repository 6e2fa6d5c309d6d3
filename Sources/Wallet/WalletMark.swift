import DAP
import Encodings
import Foundation

/// How far a wallet had got when it was last written to, kept beside it: `wallet.mark`, one line.
///
///     cairn wallet mark v1 WALLET-ID FRAMES START TAG
///
/// with the id of the file's header, how many frames there are, where the last one starts, and its head's tag, in
/// hexadecimal and decimal digits. A wallet that was cut off between two frames is whole by itself, and so is an old copy that
/// was put in its place; the mark shows both. It is a help against accidents and not against people, who would change both
/// files. It is written after the wallet is on the disk and not forced there itself: after a power cut it may be an old one,
/// which a newer wallet still has, or unreadable, which says nothing.
struct WalletMark: Sendable, Equatable {
    static let magic = "cairn wallet mark v1"

    let walletID: [UInt8]
    let frames: UInt64
    let start: UInt64
    let tag: [UInt8]

    init(walletID: [UInt8], frames: UInt64, start: UInt64, tag: [UInt8]) {
        (self.walletID, self.frames, self.start, self.tag) = (walletID, frames, start, tag)
    }

    var line: String { "\(Self.magic) \(Hex.encode(walletID)) \(frames) \(start) \(Hex.encode(tag))\n" }

    /// - Returns: nil for anything else than one line of the form above.
    init?(_ text: String) {
        guard text.hasPrefix(Self.magic + " "), text.hasSuffix("\n") else { return nil }
        let fields = text.dropFirst(Self.magic.count + 1).dropLast().split(
            separator: " ", omittingEmptySubsequences: false)
        guard fields.count == 4, let id = Hex.decode(fields[0]), id.count == 16, let frames = UInt64(fields[1]),
            let start = UInt64(fields[2]), let tag = Hex.decode(fields[3]), tag.count == WalletFrame.headTagSize
        else { return nil }
        self.init(walletID: id, frames: frames, start: start, tag: tag)
    }

    /// Whether a wallet with this id still has the frame that the mark names.
    ///
    /// - Parameter end: of its last whole frame.
    func holds(for source: some WalletBytes, end: UInt64) throws(WalletError) -> Bool {
        guard start < end, end - start >= UInt64(WalletFrame.headSize) else { return false }
        let tagStart = start + UInt64(WalletFrame.headSize - WalletFrame.headTagSize)
        return try source.bytes(at: tagStart, count: tag.count) == tag
    }

    // MARK: The file

    static func read(_ path: String) -> WalletMark? {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)), data.count < 1024 else { return nil }
        return WalletMark(String(decoding: data, as: UTF8.self))
    }

    /// Writes the mark, in one piece and in place. That it cannot be written stops nobody.
    func write(to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array(line.utf8)
        guard bytes.withUnsafeBytes({ pwrite(file, $0.baseAddress, $0.count, 0) }) == bytes.count else {
            _ = ftruncate(file, 0)
            return
        }
        _ = ftruncate(file, off_t(bytes.count))
    }
}
