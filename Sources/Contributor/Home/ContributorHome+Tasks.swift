import DAP
import Foundation
import InputFiles
import Tasks

extension ContributorHome {
    /// Installs a task under a name, its own by default. The same task's file is replaced, which may add an owner's
    /// signature or another place of the log; another task's never is: commands that name it would mean this one.
    ///
    /// - Returns: The path of the installed file.
    /// - Throws: ``ContributorError/nameTaken(name:path:)`` where another task, or a file that cannot be read, has the
    ///   name.
    @discardableResult
    public func install(_ task: TaskFile, as name: String? = nil) throws -> String {
        let name = name ?? task.name
        guard TaskFile.isName(name) else {
            throw ContributorError.invalidTask("\(TaskFileError.invalidName(name))")
        }
        try HomeFile.createFolder("\(path)/tasks")
        let file = "\(path)/tasks/\(name).task"
        // Two commands may install at once.
        try HomeFile.locked("\(path)/tasks") {
            guard isFree(name, for: task.taskID) else { throw ContributorError.nameTaken(name: name, path: file) }
            try HomeFile.write(task.json(), to: file)
        }
        return file
    }

    /// Whether no other task is installed under a name.
    ///
    /// - Parameter id: The task that may have it; nil for one that is not made yet.
    public func isFree(_ name: String, for id: TaskID? = nil) -> Bool {
        let file = "\(path)/tasks/\(name).task"
        guard FileManager.default.fileExists(atPath: file) else { return true }
        guard let id, let there = try? TaskFile(json: HomeFile.read(file)) else { return false }
        return there.taskID == id
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
            // Under whatever name it is here.
            guard !tasks().contains(where: { (try? $0.result.get())?.taskID == task.taskID }) else { continue }
            if isFree(task.name, for: task.taskID) {
                try install(task)
                installed.append(task.name)
            } else {
                others.append(task.name)
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
    /// - Parameter argument: A path (anything with a slash or ending in `.task`, or `-` for the standard input), the name
    ///   of an installed task, a file here of any other name, or the id of an installed task, looked for in this order.
    public func task(_ argument: String) throws -> TaskFile {
        let isPath = argument.contains("/") || argument.hasSuffix(".task") || argument == InputFile.standardInput
        var file = isPath ? argument : "\(path)/tasks/\(argument).task"
        if argument != InputFile.standardInput, !FileManager.default.fileExists(atPath: file) {
            var isFolder: ObjCBool = false
            if !isPath, FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder), !isFolder.boolValue {
                // People rename files. What stands inside decides.
                file = argument
            } else if !isPath, let id = TaskID(base64URL: argument),
                let task = tasks().lazy.compactMap({ try? $0.result.get() }).first(where: { $0.taskID == id })
            {
                return task
            } else {
                throw ContributorError.file(
                    path: argument,
                    reason: isPath
                        ? "there is no such task file"
                        : "no task of this name is installed in \(path)/tasks, and no such file is here")
            }
        }
        let bytes = try HomeFile.read(file)
        do {
            return try TaskFile(json: bytes)
        } catch {
            throw ContributorError.file(path: file, reason: String(describing: error))
        }
    }
}
