import Encodings
import Tasks
import TransparencyLog

/// A promise as its contributor keeps it: the leader's note, and the proof that it covers this one report.
///
///     cairn promise v2
///     task <base64 of the TaskConfiguration>
///     entry <base64 of the report entry without batch id>
///     index <position in the upload>
///     <inclusion proof, one hash a line>
///
///     <signed note>
///
/// The task id is the configuration's hash, so the file says by itself whose key must have signed, also where the leader
/// never logged the task. Version 1 has no `task` line and needs the log's `task` entry. It holds nothing secret, and is
/// all that is needed, with the log, to convict a leader who lost the report.
package struct HeldPromise: Sendable, Equatable {
    /// The encoded `TaskConfiguration`; nil in files of version 1.
    package let configuration: [UInt8]?
    package let entry: ReportEntry
    package let index: UInt64
    package let inclusionProof: [[UInt8]]
    package let promise: UploadPromise

    /// Longest accepted file, in bytes.
    package static let maximumSize = 200_000
    private static let versions = (first: "cairn promise v1", current: "cairn promise v2")
    private static let maximumHashes = 64

    init(
        configuration: [UInt8]?, entry: ReportEntry, index: UInt64, inclusionProof: [[UInt8]], promise: UploadPromise
    ) {
        self.configuration = configuration
        self.entry = entry.withoutBatch
        self.index = index
        self.inclusionProof = inclusionProof
        self.promise = promise
    }

    /// Reads a file and checks that the promise covers the report; who signed is checked by `UploadPromise.verify`.
    package init(parsing bytes: [UInt8]) throws(UploadPromise.Failure) {
        guard bytes.count <= Self.maximumSize else { throw .malformed("longer than \(Self.maximumSize) bytes") }
        guard let text = String(validating: bytes, as: UTF8.self), let gap = text.firstRange(of: "\n\n") else {
            throw .malformed("not text with an empty line")
        }
        var lines = text[..<gap.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)[...]
        switch lines.popFirst() {
        case Substring(Self.versions.first): configuration = nil
        case Substring(Self.versions.current):
            guard let line = lines.popFirst(), line.hasPrefix("task "),
                let encoded = Base64.decode(line.dropFirst(5).utf8)
            else { throw .malformed("expected the task's configuration") }
            configuration = encoded
        case let other: throw .version(String(other?.prefix(40) ?? ""))
        }
        guard let first = lines.popFirst(), first.hasPrefix("entry "), let second = lines.popFirst(),
            second.hasPrefix("index "), let encoded = Base64.decode(first.dropFirst(6).utf8),
            case .report(let entry)? = try? LedgerEntry(decoding: encoded), entry.batchID == nil,
            let index = UploadPromise.decimal(second.dropFirst(6))
        else { throw .malformed("expected a report entry without batch id and an index") }
        let hashes = lines.compactMap { Base64.decode($0.utf8) }
        guard hashes.count == lines.count, hashes.count <= Self.maximumHashes,
            hashes.allSatisfy({ $0.count == MerkleTree.hashSize })
        else { throw .malformed("the inclusion proof is not hashes in base64") }
        promise = try UploadPromise(parsing: Array(text[gap.upperBound...].utf8))
        self.entry = entry
        self.index = index
        inclusionProof = hashes
        guard serialized() == bytes else { throw .malformed("not in its one spelling") }

        guard entry.taskID == promise.taskID else { throw .otherTask(entry.taskID) }
        if let configuration, Taskprov.taskID(of: configuration) != promise.taskID {
            throw .otherTask(Taskprov.taskID(of: configuration))
        }
        do throws(MerkleError) {
            try MerkleTree.verifyInclusion(
                leafHash: UploadPromise.leafHash(entry), index: index, proof: hashes,
                in: TreeHead(size: promise.count, root: promise.root))
        } catch {
            throw .otherReports(promised: promise.count)
        }
    }

    /// The file.
    package func serialized() -> [UInt8] {
        let head = configuration.map { [Self.versions.current, "task " + Base64.encode($0)] } ?? [Self.versions.first]
        let lines =
            head + [
                "entry " + Base64.encode(LedgerEntry.report(entry).encoded()), "index \(index)",
            ] + inclusionProof.map { Base64.encode($0) } + ["", ""]
        return Array(lines.joined(separator: "\n").utf8) + promise.note.serialized()
    }
}
