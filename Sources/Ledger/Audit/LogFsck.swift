import DAP
import Tasks
import TransparencyLog

/// Checks that a published log is whole: every file there, every byte what the checkpoint commits to.
///
/// This is the question before the auditor's. The auditor asks whether the results follow from the log; fsck asks
/// whether there is one log to ask, with all its tiles, bundles and blobs. An operator runs it over their own files
/// after a restore, a monitor over the network. It stops at the first fault and names the file.
package struct LogFsck: Sendable {
    private let source: any TileSource
    private let policy: LogPolicy?
    private let earlier: Checkpoint?

    /// - Parameters:
    ///   - source: serves `checkpoint`, tiles and `blob/<sha256>` below one prefix.
    ///   - policy: whom to believe; without one, nobody's signature is checked.
    ///   - earlier: a checkpoint of this log that was seen before: the log must extend it.
    package init(source: any TileSource, policy: LogPolicy?, earlier: Checkpoint? = nil) {
        self.source = source
        self.policy = policy
        self.earlier = earlier
    }

    package func run(
        progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) async -> FsckReport {
        var report = FsckReport()
        do throws(FsckReport.Fault) {
            let checkpoint = try await checkpoint(&report)
            let reader = LogReader(source: source, head: checkpoint.head)
            try await checkHistory(checkpoint, reader)
            let names = try await checkEntries(reader, &report, progress)
            try await checkBlobs(names, &report)
        } catch {
            report.fault = error
        }
        return report
    }

    private func checkpoint(_ report: inout FsckReport) async throws(FsckReport.Fault) -> Checkpoint {
        let signed: SignedCheckpoint
        do {
            signed = try await LogReader.fetchCheckpoint(from: source)
        } catch {
            throw .reading("checkpoint", error)
        }
        report.checkpoint = signed
        guard let policy else { return signed.checkpoint }
        let verdict = policy.evaluate(signed)
        report.verdict = verdict
        if let failure = verdict.failure { throw .wrong("checkpoint", "refused by the policy: \(failure)") }
        return signed.checkpoint
    }

    /// The log extends the checkpoint that was seen before.
    private func checkHistory(_ checkpoint: Checkpoint, _ reader: LogReader) async throws(FsckReport.Fault) {
        guard let earlier else { return }
        guard earlier.origin.utf8.elementsEqual(checkpoint.origin.utf8) else {
            throw .wrong("checkpoint", "it is of the log \(checkpoint.origin), the earlier one of \(earlier.origin)")
        }
        guard earlier.size <= checkpoint.size else {
            throw .wrong("checkpoint", "the log was rewound: it had \(earlier.size) entries, now \(checkpoint.size)")
        }
        guard earlier.size > 0 else { return }
        let root: [UInt8]
        do {
            root = try await reader.root(size: earlier.size)
        } catch LogReaderError.rootMismatch {
            // Which file it is shows when all of them are read.
            return
        } catch {
            throw .reading("the tree of \(earlier.size) entries", error)
        }
        guard root == earlier.root else {
            throw .wrong(
                "checkpoint", "split view: it does not extend the log of \(earlier.size) entries that was seen before")
        }
    }

    private func checkEntries(
        _ reader: LogReader, _ report: inout FsckReport, _ progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws(FsckReport.Fault) -> [FsckBlob] {
        let size = reader.head.size
        let survey = FsckSurvey()
        let outcome: Result<UInt64, any Error>
        do {
            outcome = .success(
                try await reader.checkAll { entry in
                    await survey.add(entry)
                    if entry.index % 256 == 0 { progress(entry.index, size) }
                })
        } catch {
            outcome = .failure(error)
        }
        (report.entries, report.unreadable) = (await survey.entries, await survey.unreadable)
        switch outcome {
        case .success(let files): report.files = files
        case .failure(let error): throw .reading("the log", error)
        }
        progress(size, size)
        return await survey.blobs
    }

    private func checkBlobs(_ blobs: [FsckBlob], _ report: inout FsckReport) async throws(FsckReport.Fault) {
        for blob in blobs {
            let path = Blob.path(hash: blob.hash)
            let bytes: [UInt8]
            do {
                bytes = try await source.tile(path: path)
            } catch TileSourceError.notFound {
                throw .missing(path, "the log does not serve \(blob.role) that entry \(blob.entry) names")
            } catch {
                throw .reading(path, error)
            }
            guard Blob.hash(bytes) == blob.hash else {
                throw .wrong(path, "its SHA-256 is not its name (\(blob.role) of entry \(blob.entry))")
            }
            report.blobs += 1
        }
    }
}

/// What fsck found.
package struct FsckReport: Sendable {
    /// The first thing that is not as it must be.
    package struct Fault: Error, Sendable, Equatable {
        package enum Kind: String, Sendable {
            /// A file contradicts the checkpoint, or the checkpoint the policy or what was seen before.
            case inconsistent
            /// A file that the log must serve is not there.
            case missing
            /// The log could not be read: nothing is known.
            case unreachable
        }

        package let kind: Kind
        /// The file, by its path below the log's prefix.
        package let path: String
        package let reason: String

        static func wrong(_ path: String, _ reason: String) -> Fault {
            Fault(kind: .inconsistent, path: path, reason: reason)
        }

        static func missing(_ path: String, _ reason: String) -> Fault {
            Fault(kind: .missing, path: path, reason: reason)
        }

        /// What an error of reading means; `path` is what was being read where the error does not name a file.
        static func reading(_ path: String, _ error: any Error) -> Fault {
            switch error {
            case LogReaderError.corrupt(let path):
                .wrong(path, "it is not what the log's checkpoint commits to")
            case LogReaderError.rootMismatch(let size):
                .wrong("checkpoint", "the log's files agree with each other, but not with its root at size \(size)")
            case TileSourceError.notFound(let path):
                .missing(path, "the log does not serve it")
            case let error as CheckpointError:
                .wrong("checkpoint", "\(error)")
            default: Fault(kind: .unreachable, path: path, reason: "\(error)")
            }
        }
    }

    package fileprivate(set) var checkpoint: SignedCheckpoint?
    /// Nil where no policy was given.
    package fileprivate(set) var verdict: PolicyVerdict?
    /// Entries that were read, by type: the names of `Protocols/log-entries.md`, or the number of an unknown type.
    package fileprivate(set) var entries: [String: UInt64] = [:]
    /// Entries that no reader can decode and all ignore.
    package fileprivate(set) var unreadable: [UInt64] = []
    /// Tiles and bundles that were read.
    package fileprivate(set) var files: UInt64 = 0
    /// Blobs that were read.
    package fileprivate(set) var blobs: UInt64 = 0
    package fileprivate(set) var fault: Fault?

    package var isSound: Bool { fault == nil && checkpoint != nil }
}

/// A blob that an entry names.
struct FsckBlob: Sendable {
    let hash: [UInt8]
    let entry: UInt64
    let role: String
}

/// What the entries of a log are and which blobs they name.
private actor FsckSurvey {
    private(set) var entries: [String: UInt64] = [:]
    private(set) var unreadable: [UInt64] = []
    private(set) var blobs: [FsckBlob] = []
    private var named: Set<[UInt8]> = []
    private var publishing: Set<TaskID> = []

    func add(_ leaf: LogEntry) {
        guard let entry = try? LedgerEntry(decoding: leaf.bytes) else {
            unreadable.append(leaf.index)
            return
        }
        entries[entry.name, default: 0] += 1
        switch entry {
        case .task(let task):
            guard let configuration = try? TaskConfiguration(decoding: task.configuration),
                let validated = try? configuration.validated(), validated.cairn?.publish == .public
            else { return }
            publishing.insert(validated.taskID)
        case .batch(let batch):
            guard publishing.contains(batch.leader.terms.taskID) else { return }
        default: break
        }
        for blob in entry.body?.blobs ?? [] { name(blob.hash, leaf, blob.role) }
    }

    private func name(_ hash: [UInt8], _ leaf: LogEntry, _ role: String) {
        guard named.insert(hash).inserted else { return }
        blobs.append(FsckBlob(hash: hash, entry: leaf.index, role: role))
    }
}
