import DAP
import TransparencyLog

/// The one pass of an audit over all entries of a log.
extension Auditor {
    /// Every entry is hashed into the tree before it is believed, and told to its task in log order.
    func readLedgers(
        _ reader: LogReader, wanted: TaskID?, progress: @Sendable (UInt64, UInt64) -> Void
    ) async throws(AuditError) -> (ledgers: [TaskLedger], notes: [String]) {
        let head = reader.head
        var tasks = LedgersOfTasks(wanted: wanted, threads: threads)
        var notes = Remarks()
        do {
            for try await leaf in reader.entries(0..<head.size) {
                if leaf.index % 256 == 0 { progress(leaf.index, head.size) }
                guard let entry = try? LedgerEntry(decoding: leaf.bytes) else {
                    notes.append("entry \(leaf.index) cannot be read and is ignored")
                    continue
                }
                tasks.add(entry, leaf)
            }
        } catch {
            throw .reading(error)
        }
        tasks.finish()
        progress(head.size, head.size)
        return (tasks.inOrder, notes.all(about: "entries that cannot be read"))
    }

    /// A blob of the log that hashes to its name; nil where there is none.
    package func blob(_ hash: [UInt8]) async -> [UInt8]? {
        guard let bytes = try? await source.tile(path: Blob.path(hash: hash)), Blob.hash(bytes) == hash else {
            return nil
        }
        return bytes
    }
}
