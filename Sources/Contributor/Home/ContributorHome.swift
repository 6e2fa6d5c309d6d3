import DAP
import Encodings
import Foundation

/// A contributor's own folder: `$CAIRN_HOME`, or `~/.cairn`.
///
///     seed                                 32 secret bytes in hex; claim keys derive from it. Back it up.
///     tasks/NAME.task                      tasks that were installed under a name
///     reports/TASK-ID/REPORT-ID.json       history, and what opens the logged commitments
///     promises/TASK-ID/REPORT-ID.promise   the leader's word that the log will say what became of the report
///     receipts/TASK-ID/REPORT-ID.tlog-proof
///
/// Folders are `0700` and files with secrets `0600`. Files are replaced in one step, so a crash leaves the old or the
/// new contents.
public struct ContributorHome: Sendable {
    /// The folder.
    public let path: String

    /// The home that the environment names.
    public static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> ContributorHome
    {
        if let path = environment["CAIRN_HOME"], !path.isEmpty { return ContributorHome(path: path) }
        return ContributorHome(path: FileManager.default.homeDirectoryForCurrentUser.path + "/.cairn")
    }

    public init(path: String) {
        self.path = path
    }

    /// The secret seed, made on first use.
    ///
    /// - Throws: ``ContributorError/file(path:reason:)``, also where the file does not hold 64 hexadecimal digits.
    public func seed() throws -> [UInt8] {
        let file = "\(path)/seed"
        if !FileManager.default.fileExists(atPath: file) { try createSeed(file) }
        let text = String(decoding: try read(file), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let seed = Hex.decode(text), seed.count == 32 else {
            throw ContributorError.file(
                path: file, reason: "the seed must be 64 hexadecimal digits. Restore it from your backup.")
        }
        return seed
    }

    /// Two processes may start at once: both write their own seed beside the file, and `link` lets exactly one win.
    private func createSeed(_ file: String) throws {
        var generator = SystemRandomNumberGenerator()
        let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try createFolder(path)
        let draft = "\(file).\(UUID().uuidString)"
        try write(Array((Hex.encode(seed) + "\n").utf8), to: draft)
        defer { unlink(draft) }
        guard link(draft, file) == 0 || errno == EEXIST else {
            throw ContributorError.file(path: file, reason: String(cString: strerror(errno)))
        }
    }

    func read(_ file: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw ContributorError.file(path: file, reason: error.localizedDescription)
        }
    }

    /// Replaces a file that only its owner may read. The folder must exist.
    func write(_ contents: [UInt8], to file: String) throws {
        let draft = "\(file).\(UUID().uuidString).part"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ContributorError.file(path: file, reason: String(cString: strerror(errno)))
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(contents))
            try handle.synchronize()
        } catch {
            unlink(draft)
            throw ContributorError.file(path: file, reason: error.localizedDescription)
        }
        guard rename(draft, file) == 0 else {
            unlink(draft)
            throw ContributorError.file(path: file, reason: String(cString: strerror(errno)))
        }
    }

    func createFolder(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ContributorError.file(path: folder, reason: error.localizedDescription)
        }
    }

    /// Names in a folder, sorted; none where the folder does not exist.
    func names(in folder: String, suffix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted()
    }
}
