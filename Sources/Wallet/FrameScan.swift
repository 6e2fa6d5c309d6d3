import DAP

/// Bytes that frames are read from: a file, or an array in tests and in the fuzzer.
package protocol WalletBytes {
    /// For errors.
    var path: String { get }
    func size() throws(WalletError) -> UInt64
    /// Exactly `count` bytes, which are there according to ``size()``.
    func bytes(at offset: UInt64, count: Int) throws(WalletError) -> [UInt8]
}

/// Walks through the frames of a wallet, from wherever it stopped the last time.
///
/// A crash while a frame is being appended leaves a part of it, or zeros that the file system has reserved and not filled:
/// such an end is left out, for whoever wrote it was never told that it was safe. Everything else that does not
/// authenticate is damage, and damage is never skipped.
package struct FrameScan: Sendable {
    private let key: WalletKey
    /// Of the next frame.
    package private(set) var place: WalletFrame.Place
    /// Where the next frame starts.
    package private(set) var end: UInt64

    /// - Precondition: the header is authentic under the key.
    package init(header: WalletHeader, key: WalletKey) {
        self.key = key
        place = WalletFrame.Place(header: header)
        end = UInt64(WalletHeader.size)
    }

    /// The contents of the next frame; nil where no whole frame follows.
    ///
    /// - Throws: ``WalletError/damagedFrame(path:index:reason:)``, and errors of the source.
    package mutating func next(in source: some WalletBytes) throws(WalletError) -> [UInt8]? {
        let size = try source.size()
        guard size >= end else { throw damage("the file ends before it", source) }
        guard size - end >= UInt64(WalletFrame.headSize) else { return nil }
        let headBytes = try source.bytes(at: end, count: WalletFrame.headSize)
        let start = end + UInt64(WalletFrame.headSize)
        guard let head = WalletFrame.open(head: headBytes, key: key, at: place) else {
            if size - start >= UInt64(WalletFrame.tagSize), try isUnfilled(from: start, to: size, source) { return nil }
            throw damage("its head does not authenticate", source)
        }
        guard size - start >= UInt64(head.length) else { return nil }
        let sealed = try source.bytes(at: start, count: head.length)
        let next = start + UInt64(head.length)
        guard let contents = WalletFrame.open(sealed: sealed, head: head, at: place) else {
            if try isUnfilled(from: next - UInt64(WalletFrame.tagSize), to: size, source) { return nil }
            throw damage("its contents do not authenticate", source)
        }
        (place, end) = (place.next, next)
        return contents
    }

    /// Counts a frame that was just written.
    mutating func passed(frameOf size: Int) {
        (place, end) = (place.next, end + UInt64(size))
    }

    /// Whether the tag of the contents, or all that follows the head, is zeros to the end of the file.
    private func isUnfilled(from start: UInt64, to end: UInt64, _ source: some WalletBytes) throws(WalletError) -> Bool
    {
        var offset = start
        while offset < end {
            let count = Int(min(end - offset, 1 << 16))
            guard try source.bytes(at: offset, count: count).allSatisfy({ $0 == 0 }) else { return false }
            offset += UInt64(count)
        }
        return true
    }

    private func damage(_ reason: String, _ source: some WalletBytes) -> WalletError {
        .damagedFrame(path: source.path, index: place.index, reason: reason)
    }
}
