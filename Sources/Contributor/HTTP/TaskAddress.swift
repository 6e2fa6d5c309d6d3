import DAP
import NodeAPI
import Tasks

/// Where a task file is on the web, and which task it has to be: `https://leader.example.org/cairn/tasks/ID`, which every
/// leader serves, or any other URL with the id behind it, `https://example.org/visits.task#ID`.
///
/// The id is the hash of the task's configuration, and the configuration holds the hashes of all else that counts. So it
/// does not matter who serves the file: another one has another id and is refused. A URL without an id would leave it to
/// that server which task one contributes to, and is refused, too.
public struct TaskAddress: Sendable, Equatable {
    /// Without the fragment, which is never sent.
    public let url: String
    /// The task that the file has to be.
    public let id: TaskID

    /// Whether text is a URL, and not a name or a path.
    public static func isURL(_ text: String) -> Bool {
        let start = text.prefix(8).lowercased()
        return start.hasPrefix("https://") || start.hasPrefix("http://")
    }

    /// - Throws: ``ContributorError/invalidTask(_:)`` where the URL names no task.
    public init(_ text: String) throws(ContributorError) {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let last =
            parts.count == 2
            ? String(parts[1])
            : String(parts[0].split(separator: "/").last?.prefix { $0 != "?" } ?? "")
        guard let id = TaskID(base64URL: last) else {
            throw .invalidTask(
                "the URL \(text) does not say which task it is, so whoever answers could choose. Put the task's id behind "
                    + "it, URL#ID; `cairn task show` prints the id (43 characters)")
        }
        url = String(parts[0])
        self.id = id
    }

    /// Fetches the file and checks that it is the task's.
    public func fetch(transport: HTTPTransport) async throws -> TaskFile {
        let answer = try await transport.sendExpectingSuccess(.init(.GET, url, maximumAnswer: 1 << 20))
        let file: TaskFile
        do throws(TaskFileError) { file = try TaskFile(json: answer.body) } catch {
            throw ContributorError.unexpectedAnswer(url: url, reason: "\(error)")
        }
        guard file.taskID == id else {
            throw ContributorError.invalidTask(
                "\(url) serves another task, \(file.taskID.base64URL), than \(id.base64URL), which was asked for. Nothing "
                    + "was installed or sent")
        }
        return file
    }
}

extension TaskFile {
    /// Where the task's leader serves this file.
    public var address: String {
        API.taskFile.url(at: configuration.leaderURL, taskID)
    }
}
