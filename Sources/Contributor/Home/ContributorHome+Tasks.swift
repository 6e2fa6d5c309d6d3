import DAP
import Foundation

extension ContributorHome {
    /// Installs a task under its name, replacing an earlier one of that name.
    ///
    /// - Returns: The path of the installed file.
    @discardableResult
    public func install(_ task: TaskFile) throws -> String {
        try HomeFile.createFolder("\(path)/tasks")
        let file = "\(path)/tasks/\(task.name).task"
        try HomeFile.write(task.json(), to: file)
        return file
    }

    /// All installed tasks, by name. A file that cannot be read is reported in its place.
    public func tasks() -> [(name: String, result: Result<TaskFile, any Error>)] {
        HomeFile.names(in: "\(path)/tasks", suffix: ".task").map { name in
            let task = Result { try TaskFile(json: try HomeFile.read("\(path)/tasks/\(name)")) }
            return (String(name.dropLast(".task".count)), task)
        }
    }

    /// The task in a file, or installed under a name.
    ///
    /// - Parameter argument: A path (anything with a slash or ending in `.task`), or the name of an installed task.
    public func task(_ argument: String) throws -> TaskFile {
        let isPath = argument.contains("/") || argument.hasSuffix(".task")
        let file = isPath ? argument : "\(path)/tasks/\(argument).task"
        guard FileManager.default.fileExists(atPath: file) else {
            throw ContributorError.file(
                path: argument,
                reason: isPath ? "there is no such task file" : "no task of this name is installed in \(path)/tasks")
        }
        let bytes = try HomeFile.read(file)
        do {
            return try TaskFile(json: bytes)
        } catch {
            throw ContributorError.file(path: file, reason: String(describing: error))
        }
    }
}
