import Crypto
import DAP
import Datastore
import Ledger

/// What the helper makes of a proposed close, a block of reports after the other. Pure: ids and what the store has of them
/// come in.
package struct CloseExamination: Sendable {
    /// Of all ids in their order: tells a retry from another proposal for the same buckets.
    private var hash = SHA256()
    private var tree = BatchRoot()
    private var last: UInt64?
    /// What the helper cannot stand by: the leader has to leave it out.
    package private(set) var leftOut: [ReportID] = []

    /// No more is named at a time: a leader that names reports that nobody has must not fill our memory.
    package static let mostLeftOut = ReportList.mostNamed

    package init() {}

    /// Counts a block whose reports are not looked up.
    package mutating func pass(_ ids: [ReportID]) {
        for id in ids { hash.update(data: id.bytes) }
    }

    /// - Parameter leaves: of each report; nil for those that the helper does not stand by.
    /// - Returns: the first report that does not stand in the order of the log, or twice.
    package mutating func examine(_ ids: [ReportID], _ leaves: [ExaminedLeaf?]) -> ReportID? {
        for (id, leaf) in zip(ids, leaves) {
            hash.update(data: id.bytes)
            guard let leaf else {
                if leftOut.count < Self.mostLeftOut { leftOut.append(id) }
                continue
            }
            if let last, leaf.index <= last { return id }
            last = leaf.index
            tree.append(leafHash: leaf.hash)
        }
        return nil
    }

    package var leavesHash: [UInt8] { Array(hash.finalize()) }
    /// Of the leaves that the helper stands by.
    package var root: [UInt8] { tree.root }
    package var count: UInt64 { tree.count }
}
