import ArgumentParser
import Contributor
import Encodings
import Foundation
import InputFiles
import Ledger
import TransparencyLog

/// `cairn log fsck`: is every file of a log there, and what its checkpoint commits to?
struct LogFsckCommand: AsyncParsableCommand, Judging {
    static let configuration = CommandConfiguration(
        commandName: "fsck",
        abstract: "Check that a log is whole.",
        discussion: """
            Fetches checkpoint, tiles, entries and blobs from a URL or a folder, recomputes every hash, and names the \
            first file that is wrong or missing. With --policy the checkpoint must be signed as the policy demands; \
            without, nobody's signature is checked. What the entries say is the business of `cairn audit`.

            --seen FILE remembers the newest checkpoint: the next run fails if the log was rewound or forked since.

            The exit code is 0 if the log is whole, 1 if a file contradicts the checkpoint or the checkpoint what was \
            seen before, 2 if a file is missing or the log could not be read.
            """)

    struct Output: Encodable {
        struct Fault: Encodable {
            /// `inconsistent`, `missing` or `unreachable`.
            let kind: String
            let path: String
            let reason: String
        }

        let sound: Bool
        let origin: String?
        let size: UInt64?
        /// Hexadecimal.
        let root: String?
        /// Whether the checkpoint satisfies the policy; null without one.
        let accepted: Bool?
        /// Numbers of entries by type.
        let entries: [String: UInt64]
        /// Indices of entries that no reader can decode.
        let unreadable: [UInt64]
        let files: UInt64
        let blobs: UInt64
        let fault: Fault?
    }

    @Argument(help: "The log's URL or folder.") var log: String
    @Option(help: "The log policy: which log, which witnesses.") var policy: String?
    @Option(help: "A file that remembers the checkpoint between runs; it is made by the first.") var seen: String?
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let fsck = LogFsck(
            source: try LogPlace(log, isChecked: false).source(.speaking), policy: try policy.map(LogPolicyFile.read),
            earlier: try earlier())
        let bar = ProgressBar("reading the log", total: 100)
        let report = await fsck.run { done, total in bar.set(total == 0 ? 100 : Int(done * 100 / total)) }
        bar.finish()
        if json {
            try JSONOutput.print(Self.output(report))
        } else {
            for line in Self.lines(report) { Console.print(line) }
        }
        switch report.fault?.kind {
        case .inconsistent: throw ExitStatus.no.code
        case .missing, .unreachable: throw ExitStatus.unknown.code
        case nil: break
        }
        if let seen, let checkpoint = report.checkpoint { try UserFile.replace(seen, checkpoint.serialized()) }
    }

    private func earlier() throws -> Checkpoint? {
        guard let seen, FileManager.default.fileExists(atPath: seen) else { return nil }
        do {
            return try SignedCheckpoint(parsing: try UserFile.readUTF8(seen, limit: SignedNote.maximumSize)).checkpoint
        } catch let error as CheckpointError {
            throw CommandFailure(
                "\(seen) is not a checkpoint: \(error)", advice: "Restore it, or name a file that does not exist yet.")
        }
    }

    static func output(_ report: FsckReport) -> Output {
        let checkpoint = report.checkpoint?.checkpoint
        return Output(
            sound: report.isSound, origin: checkpoint?.origin, size: checkpoint?.size,
            root: checkpoint.map { Hex.encode($0.root) }, accepted: report.verdict?.isAccepted,
            entries: report.entries, unreadable: report.unreadable, files: report.files, blobs: report.blobs,
            fault: report.fault.map { Output.Fault(kind: $0.kind.rawValue, path: $0.path, reason: $0.reason) })
    }

    static func lines(_ report: FsckReport) -> [String] {
        var lines: [String] = []
        if let checkpoint = report.checkpoint?.checkpoint {
            lines.append("log \(checkpoint.origin), \(checkpoint.size) entries")
        }
        if let verdict = report.verdict {
            lines += "\(verdict)".split(separator: "\n").map { "  \($0)" }
        } else if report.checkpoint != nil {
            lines.append("  signatures not checked: no --policy")
        }
        if !report.entries.isEmpty {
            let counts = report.entries.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            lines.append("entries: " + counts.joined(separator: ", "))
        }
        for index in report.unreadable { lines.append("note: entry \(index) cannot be read; every reader ignores it") }
        if let fault = report.fault {
            lines.append("\(fault.kind.rawValue.uppercased())  \(fault.path): \(fault.reason)")
        } else {
            lines.append("WHOLE  \(report.files) tiles and bundles, \(report.blobs) blobs")
        }
        return lines
    }
}
