import Ledger
import SharedModel
import Tasks

extension Model {
    /// The model that a task starts from, out of the task's log: the log has it once the round is announced.
    ///
    /// - Throws: `TaskModelError`.
    package init(of file: TaskFile, in log: Auditor) async throws(TaskModelError) {
        guard let hash = file.configuration.cairn?.modelHash else { throw .none(task: file.name) }
        let bytes: [UInt8]
        do {
            bytes = try await log.source.tile(path: Blob.path(hash: hash))
        } catch {
            throw .missing(task: file.name)
        }
        guard Blob.hash(bytes) == hash, let model = try? Model(decoding: bytes) else {
            throw .other(task: file.name)
        }
        self = model
    }
}

/// Why nobody can start from the model that a task names.
package enum TaskModelError: Error, Sendable, Equatable {
    /// The task is about no model.
    case none(task: String)
    /// The log does not have it, or cannot be read.
    case missing(task: String)
    /// What the log has in its place is another one.
    case other(task: String)
}

extension TaskModelError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .none(let task): "the task '\(task)' names no model"
        case .missing(let task): "the log does not have the model of the task '\(task)'"
        case .other(let task): "the log has another model than the task '\(task)' names"
        }
    }
}
