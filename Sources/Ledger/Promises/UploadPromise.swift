import Crypto
import DAP
import Encodings
import TransparencyLog

/// What the leader signs when it takes reports: each of them will be in the log by a deadline, whatever becomes of it.
///
/// A signed note whose text is
///
///     Cairn v1 promise
///     task <task id, base64url>
///     deadline <POSIX seconds>
///     reports <number>
///     root <base64 of a Merkle root>
///
/// The tree's leaves are the `report` entries that the reports would get, without batch id, in the order of the upload.
/// The note's key is the leader's statement key under the name of the log. So one signature covers an upload of any
/// length, the leader can sign before it knows batches, and the contributor shows one report without the others.
package struct UploadPromise: Sendable, Hashable {
    package let taskID: TaskID
    /// POSIX seconds.
    package let deadline: UInt64
    /// Number of reports.
    package let count: UInt64
    /// Merkle root over the entries' leaf hashes.
    package let root: [UInt8]
    package let note: SignedNote

    /// The header of the answer to an upload; its value is the base64 of the note.
    package static let headerName = "Cairn-Promise"

    /// From the upload to the deadline, in seconds.
    package static let period: UInt64 = 86_400

    /// The latest deadline that somebody accepts for a report that was uploaded at `time` (POSIX seconds): a promise for
    /// the end of time promises nothing.
    ///
    /// - Parameter window: how long the task lets leaves wait, in seconds.
    package static func latestDeadline(uploadedAt time: UInt64, window: UInt64 = 0) -> UInt64 {
        [window, period, LeaderTime.tolerance].reduce(time) { sum, part in
            let (next, overflow) = sum.addingReportingOverflow(part)
            return overflow ? .max : next
        }
    }

    private static let title = "Cairn v1 promise"
    private static let maximumSize = 4_096

    /// Why a note is no promise, or not one of this leader about these reports.
    package enum Failure: Error, Sendable, Equatable {
        case malformed(String)
        /// A version of the file that this program does not read; its first line.
        case version(String)
        case signature(NoteError)
        case key(NoteKeyError)
        /// The promise is about another task.
        case otherTask(TaskID)
        /// The promise is not about exactly these reports.
        case otherReports(promised: UInt64)
    }

    /// Promises that the reports with these entries will be logged.
    ///
    /// - Parameters:
    ///   - entries: `report` entries without batch id, in the order of the upload; at least one.
    ///   - origin: the log's name.
    ///   - key: the leader's statement key.
    package init(
        entries: [ReportEntry], taskID: TaskID, deadline: UInt64, origin: String, key: Curve25519.Signing.PrivateKey
    ) throws {
        let root = MerkleTree.root(leafHashes: entries.map(Self.leafHash))
        let text = """
            \(Self.title)
            task \(taskID.base64URL)
            deadline \(deadline)
            reports \(entries.count)
            root \(Base64.encode(root))

            """
        let signer = try NoteSigner(name: origin, seed: Array(key.rawRepresentation))
        self.taskID = taskID
        self.deadline = deadline
        count = UInt64(entries.count)
        self.root = root
        note = try SignedNote(text: text, signedBy: signer)
    }

    /// Reads a note; nobody's signature has been checked.
    package init(parsing bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.maximumSize else { throw .malformed("longer than \(Self.maximumSize) bytes") }
        let note: SignedNote
        do throws(NoteError) { note = try SignedNote(parsing: bytes) } catch { throw .signature(error) }
        let lines = String(decoding: note.text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 6, lines[0].utf8.elementsEqual(Self.title.utf8), lines[5].isEmpty,
            let task = Self.value("task ", lines[1]).flatMap({ TaskID(base64URL: String($0)) }),
            let deadline = Self.value("deadline ", lines[2]).flatMap(Self.decimal),
            let count = Self.value("reports ", lines[3]).flatMap(Self.decimal), count > 0,
            let root = Self.value("root ", lines[4]).flatMap({ Base64.decode($0.utf8) }),
            root.count == MerkleTree.hashSize
        else { throw .malformed("the text is not that of a promise") }
        taskID = task
        self.deadline = deadline
        self.count = count
        self.root = root
        self.note = note
    }

    /// Checks that this leader has signed.
    ///
    /// - Parameters:
    ///   - leaderKey: the leader's statement key, as the task names it.
    ///   - origin: the name of the log that the task names.
    package func verify(leaderKey: [UInt8], origin: String) throws(Failure) {
        let verifier: NoteVerifier
        do throws(NoteKeyError) {
            verifier = try NoteVerifier(name: origin, type: .ed25519, publicKey: leaderKey)
        } catch {
            throw .key(error)
        }
        do throws(NoteError) { _ = try note.verify(with: [verifier]) } catch { throw .signature(error) }
    }

    /// One file for each report of an upload, after checking that the promise is about exactly these reports.
    ///
    /// - Parameter configuration: the task's encoded configuration, which the files enclose.
    package func held(
        for entries: [ReportEntry], configuration: [UInt8]
    ) throws(Failure) -> [HeldPromise] {
        if let other = entries.first(where: { $0.taskID != taskID }) { throw .otherTask(other.taskID) }
        let tree = MerkleRows(leafHashes: entries.map(Self.leafHash))
        guard UInt64(entries.count) == count, tree.root == root else {
            throw .otherReports(promised: count)
        }
        var held: [HeldPromise] = []
        for (index, entry) in entries.enumerated() {
            guard let proof = try? tree.inclusionProof(index: UInt64(index)) else {
                throw .otherReports(promised: count)
            }
            held.append(
                HeldPromise(
                    configuration: configuration, entry: entry, index: UInt64(index), inclusionProof: proof,
                    promise: self))
        }
        return held
    }

    static func leafHash(_ entry: ReportEntry) -> [UInt8] {
        MerkleTree.leafHash(LedgerEntry.report(entry.withoutBatch).encoded())
    }

    private static func value(_ prefix: String, _ line: Substring) -> Substring? {
        line.utf8.starts(with: prefix.utf8) ? line.dropFirst(prefix.count) : nil
    }

    /// A number as this format writes it: digits, no leading zero.
    static func decimal(_ text: Substring) -> UInt64? {
        guard let number = UInt64(text), String(number) == text else { return nil }
        return number
    }
}

extension UploadPromise.Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let reason): "not a promise: \(reason)"
        case .version(let line): "not a promise, or one of a version that this program does not read: '\(line)'"
        case .signature(let error): "the promise's note: \(error)"
        case .key(let error): "the leader's key: \(error)"
        case .otherTask(let id): "the promise is not about task \(id.base64URL)"
        case .otherReports(let count): "the promise is about \(count) other reports"
        }
    }
}
