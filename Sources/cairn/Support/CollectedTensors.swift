import ArgumentParser
import Contributor
import Foundation
import Ledger
import SharedModel
import Tasks
import TensorFiles

/// What `cairn collect --out` writes: the numbers under the names and shapes that the contributors' updates had.
///
/// A task about a model names it by its hash, and the log has it once the round is announced; other tasks know of no
/// names, so that `--like` names a file which has them.
enum CollectedTensors {
    case flat
    case model(ModelShape)
    case like(TensorFile)

    /// Found out before anything is collected.
    static func find(for task: TaskFile, format: TensorFormat, like: String?) async throws -> CollectedTensors {
        if let like {
            let file = try UpdateFile(like).tensors
            let expected = try task.configuration.vdaf.outputLength
            guard file.count == expected else {
                throw CommandFailure(
                    "\(like) holds \(file.count) values, and the task's results have \(expected)",
                    advice: "Name an update of the task with --like.")
            }
            return .like(file)
        }
        guard format == .safetensors, let hash = task.configuration.cairn?.modelHash else { return .flat }
        let advice =
            "Give --like FILE, such as the model itself: cairn model export --model MODEL --out FILE.safetensors"
        let bytes: [UInt8]
        do {
            bytes = try await task.publicLog(at: nil).source.tile(path: Blob.path(hash: hash))
        } catch {
            throw CommandFailure(
                "the log does not have the model of the task '\(task.name)', whose names and shapes the result has",
                advice: advice)
        }
        guard Blob.hash(bytes) == hash, let model = try? Model(decoding: bytes) else {
            throw CommandFailure("the log has another model than the task '\(task.name)' names", advice: advice)
        }
        return .model(model.shape)
    }

    /// - Parameter name: of the array, where there is no other.
    func file(_ values: [Double], name: String) throws -> TensorFile {
        switch self {
        case .flat:
            let shape = values.count == 1 ? [] : [values.count]
            return try TensorFile([try Tensor(name: name, shape: shape, values: values)])
        case .model(let shape): return try shape.tensors(of: values, metadata: ["cairn_result": name])
        case .like(let file): return try file.replacingValues(values)
        }
    }
}
