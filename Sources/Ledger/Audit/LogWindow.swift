import Ed25519
import TransparencyLog

/// Entries of a log that are looked at together, so that their signatures are checked in one equation, which names those
/// that do not hold (`SignedMessage.areValid`).
///
/// What an entry says has no part in when a window ends: only how many there are and how long they are. So whoever writes a
/// log chooses neither how much of it is in memory nor how few signatures are checked at a time.
package struct LogWindow {
    package struct Item {
        package let entry: LedgerEntry
        package let index: UInt64
        package let leafHash: [UInt8]
        /// Places of its signatures among those of the window; nil for one that cannot hold.
        fileprivate let signatures: [Int?]
    }

    package private(set) var items: [Item] = []
    private var signed: [SignedMessage] = []
    private var bytes = 0

    package static let mostEntries = 1_024
    package static let mostBytes = 4 << 20

    package init() {}

    package var isFull: Bool { items.count >= Self.mostEntries || bytes >= Self.mostBytes }

    /// - Parameter signatures: what the entry depends on; nil for what cannot hold.
    package mutating func add(_ entry: LedgerEntry, _ leaf: LogEntry, signatures: [SignedMessage?]) {
        var places: [Int?] = []
        for signature in signatures {
            places.append(signature.map { _ in signed.count })
            if let signature { signed.append(signature) }
        }
        items.append(Item(entry: entry, index: leaf.index, leafHash: leaf.leafHash, signatures: places))
        bytes += leaf.bytes.count
    }

    /// Tells `body` of every entry, in log order, which of its signatures hold, and empties the window.
    package mutating func empty(threads: Int, _ body: (Item, [Bool]) -> Void) {
        let areValid = SignedMessage.areValid(signed, threads: threads)
        for item in items { body(item, item.signatures.map { $0.map { areValid[$0] } ?? false }) }
        self = LogWindow()
    }
}
