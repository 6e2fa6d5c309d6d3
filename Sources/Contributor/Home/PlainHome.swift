import DAP
import Encodings
import Foundation
import TaskTypes
import Tasks
import Wallet

/// A contributor's home as it was before there were wallets: secrets in plain files.
///
///     seed                                    32 bytes in hex
///     reports/TASK-ID/REPORT-ID.json          {"cairn_report": 1, …}
///     receipts/TASK-ID/REPORT-ID.tlog-proof
///     promises/TASK-ID/REPORT-ID.promise
///
/// It is read once, into a wallet, and then removed.
struct PlainHome {
    let path: String

    private var seedFile: String { "\(path)/seed" }

    var isThere: Bool { FileManager.default.fileExists(atPath: seedFile) }

    /// Everything in it, the seed first.
    ///
    /// - Throws: ``ContributorError/file(path:reason:)`` for the first file that cannot be read.
    func records() throws -> [WalletRecord] {
        let text = try HomeFile.text(seedFile)
        guard let seed = Hex.decode(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            seed.count == ClaimKey.seedSize
        else {
            throw ContributorError.file(
                path: seedFile, reason: "the seed must be 64 hexadecimal digits. Restore it from your backup.")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let reports = try files(in: "reports", suffix: ".json").map { _, file in
            guard let record = try? decoder.decode(PlainReport.self, from: Data(try HomeFile.read(file))).record else {
                throw ContributorError.file(path: file, reason: "not a report's record, or of a newer version")
            }
            return WalletRecord.report(record)
        }
        let receipts = try files(in: "receipts", suffix: ".tlog-proof").map { key, file in
            WalletRecord.receipt(key, try HomeFile.read(file))
        }
        let promises = try files(in: "promises", suffix: ".promise").map { key, file in
            WalletRecord.promise(key, try HomeFile.read(file))
        }
        return [.seed(seed)] + reports + receipts + promises
    }

    /// Removes it; the seed last, so that a crash in between leaves something that is found and moved again.
    func remove() throws {
        for name in ["reports", "receipts", "promises", "seed"] {
            let file = "\(path)/\(name)"
            guard FileManager.default.fileExists(atPath: file) else { continue }
            do {
                try FileManager.default.removeItem(atPath: file)
            } catch {
                throw ContributorError.file(path: file, reason: error.localizedDescription)
            }
        }
    }

    private func files(in folder: String, suffix: String) throws -> [(ReportKey, String)] {
        try HomeFile.names(in: "\(path)/\(folder)", suffix: "").flatMap { task in
            try HomeFile.names(in: "\(path)/\(folder)/\(task)", suffix: suffix).map { name in
                let file = "\(path)/\(folder)/\(task)/\(name)"
                guard let taskID = TaskID(base64URL: task),
                    let reportID = ReportID(base64URL: String(name.dropLast(suffix.count)))
                else { throw ContributorError.file(path: file, reason: "its name is not that of a report") }
                return (ReportKey(taskID, reportID), file)
            }
        }
    }
}

/// The JSON of one report; integers of the input are decimal strings.
private struct PlainReport: Decodable {
    struct Opening: Decodable {
        let values: [String]
        let blinds: [String]
    }

    let cairnReport: Int
    let taskId: String
    let reportId: String
    let time: UInt64
    let state: String
    let reason: String?
    let opening: Opening?

    /// Nil where a field is not of its form, or the version is not ours.
    var record: ReportRecord? {
        guard cairnReport == 1, let taskID = TaskID(base64URL: taskId), let reportID = ReportID(base64URL: reportId)
        else { return nil }
        let decodedState: ReportRecord.State
        switch state {
        case "sent": decodedState = .sent
        case "stored": decodedState = .stored
        case "rejected": decodedState = .rejected(reason ?? "")
        case "withdrawn": decodedState = .withdrawn
        default: return nil
        }
        var decodedOpening: ReportOpening?
        if let opening {
            let values = opening.values.compactMap { UInt128($0) }
            let blinds = opening.blinds.compactMap { Hex.decode($0) }
            guard values.count == opening.values.count, blinds.count == 2, blinds.allSatisfy({ $0.count == 32 }) else {
                return nil
            }
            decodedOpening = ReportOpening(values: values, blinds: blinds)
        }
        return ReportRecord(
            taskID: taskID, reportID: reportID, time: time, state: decodedState, opening: decodedOpening)
    }
}
