import DAP
import Foundation

extension ContributorHome {
    /// Adds a report to the history, or replaces its record.
    package func save(_ record: ReportRecord) throws {
        let folder = "\(path)/reports/\(record.taskID.base64URL)"
        try createFolder(folder)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let file = "\(folder)/\(record.reportID.base64URL).json"
        do {
            try write(Array(try encoder.encode(ReportRecordFile(record))), to: file)
        } catch let error as EncodingError {
            throw ContributorError.file(path: file, reason: String(describing: error))
        }
    }

    /// Forgets a report that was never sent in this form.
    package func removeRecord(taskID: TaskID, reportID: ReportID) throws {
        let file = "\(path)/reports/\(taskID.base64URL)/\(reportID.base64URL).json"
        guard unlink(file) == 0 || errno == ENOENT else {
            throw ContributorError.file(path: file, reason: String(cString: strerror(errno)))
        }
    }

    /// The history, oldest first; of one task if given.
    ///
    /// - Throws: ``ContributorError/file(path:reason:)`` for the first record that cannot be read.
    public func records(of taskID: TaskID? = nil) throws -> [ReportRecord] {
        let folders = taskID.map { [$0.base64URL] } ?? names(in: "\(path)/reports", suffix: "")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var records: [ReportRecord] = []
        for folder in folders {
            for name in names(in: "\(path)/reports/\(folder)", suffix: ".json") {
                let file = "\(path)/reports/\(folder)/\(name)"
                guard let record = try? decoder.decode(ReportRecordFile.self, from: Data(try read(file))).record else {
                    throw ContributorError.file(path: file, reason: "not a report's record, or of a newer version")
                }
                records.append(record)
            }
        }
        return records.sorted { ($0.time, $0.reportID.base64URL) < ($1.time, $1.reportID.base64URL) }
    }

    /// Where the leader's promise about a report belongs.
    public func promisePath(taskID: TaskID, reportID: ReportID) -> String {
        "\(path)/promises/\(taskID.base64URL)/\(reportID.base64URL).promise"
    }

    /// Whether the leader has promised anything about a report.
    public func hasPromise(taskID: TaskID, reportID: ReportID) -> Bool {
        FileManager.default.fileExists(atPath: promisePath(taskID: taskID, reportID: reportID))
    }

    /// Stores a promise.
    public func save(promise: String, taskID: TaskID, reportID: ReportID) throws {
        try createFolder("\(path)/promises/\(taskID.base64URL)")
        try write(Array(promise.utf8), to: promisePath(taskID: taskID, reportID: reportID))
    }

    /// Where a report's receipt belongs.
    public func receiptPath(taskID: TaskID, reportID: ReportID) -> String {
        "\(path)/receipts/\(taskID.base64URL)/\(reportID.base64URL).tlog-proof"
    }

    /// Whether a report's receipt has been fetched.
    public func hasReceipt(taskID: TaskID, reportID: ReportID) -> Bool {
        FileManager.default.fileExists(atPath: receiptPath(taskID: taskID, reportID: reportID))
    }

    /// Stores a receipt.
    ///
    /// - Returns: Its path.
    @discardableResult
    public func save(receipt: String, taskID: TaskID, reportID: ReportID) throws -> String {
        try createFolder("\(path)/receipts/\(taskID.base64URL)")
        let file = receiptPath(taskID: taskID, reportID: reportID)
        try write(Array(receipt.utf8), to: file)
        return file
    }
}
