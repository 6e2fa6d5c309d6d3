import DAP
import DurableFiles
import Encodings
import Foundation

/// The receipts that a verifier has counted, so that it counts none twice.
///
/// A text file: a header, then one receipt a line: `task-id report-id claim-hash`. It is locked while it is used, and its
/// lines and its name are on the disk before a claim counts; a line that a crash cut off is dropped. The same claim may
/// be shown again, and is not counted again.
package struct ClaimRegistry: Sendable {
    private let path: String

    package init(path: String) {
        self.path = path
    }

    package enum Outcome: Sendable, Equatable {
        /// Its receipts count from now on.
        case counted
        /// Exactly this claim has been counted before.
        case known
    }

    /// Counts verified claims, all of them or, where it throws, none.
    ///
    /// - Parameter knownAreRefused: whether claims that were counted before are, for example because they were paid for.
    /// - Returns: In order, whether each is counted now.
    /// - Throws: `.refused(.registry, …)`, naming a receipt that another claim has counted; `.file`.
    package func count(
        _ claims: [CreditClaim], knownAreRefused: Bool = false
    ) throws(CreditError) -> [Outcome] {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw failure() }

        let contents = try read(descriptor)
        var (counted, whole) = try receipts(in: contents)
        var outcomes: [Outcome] = []
        var added = whole == 0 ? Self.header : ""
        for claim in claims {
            let hash = Hex.encode(claim.hash)
            var outcome = Outcome.known
            for item in claim.items {
                let id = try LoggedReport(bytes: item.entry).receiptID
                let receipt = "\(id.taskID.base64URL) \(id.reportID.base64URL)"
                if let earlier = counted[Substring(receipt)] {
                    guard earlier == Substring(hash) else {
                        throw .refused(
                            .registry, "the receipt of report \(id.reportID.base64URL) has been counted before")
                    }
                    continue
                }
                // A claim that a crash cut off is completed.
                outcome = .counted
                counted[Substring(receipt)] = Substring(hash)
                added += "\(receipt) \(hash)\n"
            }
            if knownAreRefused, outcome == .known {
                throw .refused(.registry, "the claim with hash \(hash.prefix(16))… has been counted before")
            }
            outcomes.append(outcome)
        }
        let lines = Array(added.utf8)
        guard ftruncate(descriptor, off_t(whole)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else { throw failure() }
        do throws(DurableFileError) {
            try DurableFile.writeAll(lines, to: descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw .last(.sync, path) }
            // Until its folder is on the disk as well, a power cut could take away a file that is new.
            if whole == 0 { try DurableFile.syncFolder(of: path) }
        } catch {
            ftruncate(descriptor, off_t(whole))
            throw .file(path: path, reason: error.reason)
        }
        return outcomes
    }

    private static let header = "cairn claim registry v1\n"

    /// The receipts of whole lines, and how many bytes these take; what a crash cut off comes behind them.
    private func receipts(in contents: String) throws(CreditError) -> ([Substring: Substring], whole: Int) {
        guard !Self.header.hasPrefix(contents) || contents == Self.header else { return ([:], 0) }
        guard contents.hasPrefix(Self.header) else {
            throw .file(path: path, reason: "it is not a registry of claims, so it is left as it is")
        }
        var counted: [Substring: Substring] = [:]
        var whole = Self.header.utf8.count
        for line in contents.dropFirst(Self.header.count).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast()
        {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, parts.map(\.utf8.count) == [43, 22, 64] else {
                throw .file(path: path, reason: "'\(line.prefix(80))' is not a receipt")
            }
            counted[line.dropLast(65)] = parts[2]
            whole += line.utf8.count + 1
        }
        return (counted, whole)
    }

    private func read(_ descriptor: Int32) throws(CreditError) -> String {
        do {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
            guard let text = String(data: try handle.readToEnd() ?? Data(), encoding: .utf8) else {
                throw CreditError.file(path: path, reason: "it is not a registry of claims")
            }
            return text
        } catch let error as CreditError {
            throw error
        } catch {
            throw .file(path: path, reason: error.localizedDescription)
        }
    }

    private func failure() -> CreditError {
        .file(path: path, reason: String(cString: strerror(errno)))
    }
}
