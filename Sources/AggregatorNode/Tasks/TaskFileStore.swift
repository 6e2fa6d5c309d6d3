import DAP
import DurableFiles

/// The task files that the operator has added, in `tasks/` of a leader's data folder, for those who know no more of a task
/// than its URL.
///
/// A file is public and says nothing that the node would have to vouch for: whoever fetches it checks that its
/// configuration hashes to the id that stands in the URL. The database does not need it; a task that an older version
/// added has none until it is added again.
struct TaskFileStore: Sendable {
    /// As much as a reader takes.
    static let sizeLimit = 1 << 20

    let directory: String

    init(_ configuration: NodeConfiguration) { directory = "\(configuration.dataDirectory)/tasks" }

    private func path(_ id: TaskID) -> String { "\(directory)/\(id.base64URL).task" }

    func put(_ file: TaskFile) throws(DurableFileError) {
        try DurableFile.makeDirectory(directory, mode: 0o755)
        try DurableFile.write(file.json(), to: path(file.taskID), mode: 0o644)
    }

    func get(_ id: TaskID) throws(DurableFileError) -> [UInt8]? {
        try DurableFile.read(path(id), upTo: Self.sizeLimit)
    }
}
