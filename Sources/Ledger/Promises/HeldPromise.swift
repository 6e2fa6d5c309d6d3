import DAP
import Encodings
import TransparencyLog

/// A promise as its contributor keeps it: the leader's note, and the proof that it covers this one report.
///
///     cairn promise v1
///     entry <base64 of the report entry without batch id>
///     index <position in the upload>
///     <inclusion proof, one hash a line>
///
///     <signed note>
///
/// It holds nothing secret, and is all that is needed, with the log, to convict a leader who lost the report.
package struct HeldPromise: Sendable, Equatable {
    package let entry: ReportEntry
    package let index: UInt64
    package let inclusionProof: [[UInt8]]
    package let promise: UploadPromise

    /// Longest accepted file, in bytes.
    package static let maximumSize = 200_000
    private static let version = "cairn promise v1"
    private static let maximumHashes = 64

    init(entry: ReportEntry, index: UInt64, inclusionProof: [[UInt8]], promise: UploadPromise) {
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
        let lines = text[..<gap.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, lines[0] == Self.version, lines[1].hasPrefix("entry "), lines[2].hasPrefix("index "),
            let encoded = Base64.decode(lines[1].dropFirst(6).utf8),
            case .report(let entry)? = try? LedgerEntry(decoding: encoded), entry.batchID == nil,
            let index = UploadPromise.decimal(lines[2].dropFirst(6))
        else { throw .malformed("expected a version, a report entry without batch id and an index") }
        let hashes = lines.dropFirst(3).compactMap { Base64.decode($0.utf8) }
        guard hashes.count == lines.count - 3, hashes.count <= Self.maximumHashes,
            hashes.allSatisfy({ $0.count == MerkleTree.hashSize })
        else { throw .malformed("the inclusion proof is not hashes in base64") }
        promise = try UploadPromise(parsing: Array(text[gap.upperBound...].utf8))
        self.entry = entry
        self.index = index
        inclusionProof = hashes
        guard serialized() == bytes else { throw .malformed("not in its one spelling") }

        guard entry.taskID == promise.taskID else { throw .otherTask(entry.taskID) }
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
        let lines =
            [
                Self.version, "entry " + Base64.encode(LedgerEntry.report(entry).encoded()), "index \(index)",
            ] + inclusionProof.map { Base64.encode($0) } + ["", ""]
        return Array(lines.joined(separator: "\n").utf8) + promise.note.serialized()
    }
}
