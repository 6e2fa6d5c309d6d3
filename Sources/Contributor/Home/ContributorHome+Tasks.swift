import DAP
import Foundation
import InputFiles

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

    /// Installs what a backup has of tasks, and leaves alone what is installed here.
    ///
    /// - Returns: the names of those that were not, and of those that are other tasks here.
    package func install(_ files: [[UInt8]]) throws -> (installed: [String], others: [String]) {
        var (installed, others): ([String], [String]) = ([], [])
        for bytes in files {
            let task: TaskFile
            do { task = try TaskFile(json: bytes) } catch {
                throw ContributorError.file(path: "a task in the backup", reason: String(describing: error))
            }
            if let here = tasks().first(where: { $0.name == task.name }) {
                if (try? here.result.get())?.taskID != task.taskID { others.append(task.name) }
            } else {
                try install(task)
                installed.append(task.name)
            }
        }
        return (installed, others)
    }

    /// The files of all installed tasks that can be read, for a backup.
    package func taskFiles() -> [[UInt8]] { tasks().compactMap { try? $0.result.get().json() } }

    /// All installed tasks, by name. A file that cannot be read is reported in its place.
    public func tasks() -> [(name: String, result: Result<TaskFile, any Error>)] {
        HomeFile.names(in: "\(path)/tasks", suffix: ".task").map { name in
            let task = Result { try TaskFile(json: try HomeFile.read("\(path)/tasks/\(name)")) }
            return (String(name.dropLast(".task".count)), task)
        }
    }

    /// The task in a file, or installed under a name.
    ///
    /// - Parameter argument: A path (anything with a slash or ending in `.task`, or `-` for the standard input), or the name of an installed task.
    public func task(_ argument: String) throws -> TaskFile {
        let isPath = argument.contains("/") || argument.hasSuffix(".task") || argument == InputFile.standardInput
        let file = isPath ? argument : "\(path)/tasks/\(argument).task"
        guard argument == InputFile.standardInput || FileManager.default.fileExists(atPath: file) else {
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
