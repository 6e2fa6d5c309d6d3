import Contributor
import SharedModel
import Tasks
import TensorFiles

/// Names and shapes for the numbers of a result: those that the contributors' updates had.
///
/// A task about a model names it by its hash, and the log has it once the round is announced; other tasks know of no
/// names, so that another file has to give them.
package enum ResultTensors: Sendable {
    /// One array.
    case flat
    case model(ModelShape)
    case like(TensorFile)

    /// Those of a file that somebody has of the task, such as an update.
    ///
    /// - Parameter name: The file's, for messages.
    /// - Throws: ``ResultError/otherLength(file:found:expected:)``; `VDAFConfigurationError` for a type that nobody knows.
    package static func like(_ file: TensorFile, named name: String, for task: TaskFile) throws -> ResultTensors {
        let expected = try task.configuration.vdaf.outputLength
        guard file.count == expected else {
            throw ResultError.otherLength(file: name, found: file.count, expected: expected)
        }
        return .like(file)
    }

    /// Those of the model that the task is about, from the log; one array where it is about none.
    ///
    /// - Throws: ``ResultError/model(_:)``; `TaskLogError` where the task has no log.
    package static func ofModel(in log: OwnerLog) async throws -> ResultTensors {
        guard log.file.configuration.cairn?.modelHash != nil else { return .flat }
        do {
            return .model(try await Model(of: log.file, in: try log.auditor).shape)
        } catch let error as TaskModelError {
            throw ResultError.model(error)
        }
    }

    /// The file with these numbers.
    ///
    /// - Parameter name: Of the array, where there is no other.
    package func file(_ values: [Double], name: String) throws(TensorFileError) -> TensorFile {
        switch self {
        case .flat:
            let shape = values.count == 1 ? [] : [values.count]
            return try TensorFile([try Tensor(name: name, shape: shape, values: values)])
        case .model(let shape): return try shape.tensors(of: values, metadata: ["cairn_result": name])
        case .like(let file): return try file.replacingValues(values)
        }
    }
}
