import Ledger
import SharedModel
import Tasks
import TensorFiles

/// An update that was computed elsewhere, with PyTorch or JAX: a `.npy` or `.safetensors` file.
struct UpdateFile {
    let path: String
    let tensors: TensorFile

    /// Reads all of the file; values may be anything yet.
    init(_ path: String) throws {
        self.path = path
        let format = try Self.format(path)
        let bytes = try UserFile.read(path)
        do throws(TensorFileError) {
            tensors = try TensorFile(decoding: bytes, format: format)
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }

    static func format(_ path: String) throws -> TensorFormat {
        do throws(TensorFileError) {
            return try TensorFormat(path: path)
        } catch {
            throw CommandFailure.usage("\(path): \(error)")
        }
    }

    /// The update in the order of the task's coordinates, with a norm within the task's bound.
    ///
    /// - Parameters:
    ///   - model: The file of the model that the round starts from, whose layout the update has. Without one, the order is
    ///     that of the tensors' names.
    ///   - isClipped: Whether a longer update is scaled down; otherwise it is refused.
    func update(for task: TaskFile, model: String?, isClipped: Bool) throws -> [Double] {
        let bound = try UpdateBound(task: task)
        do {
            try tensors.requireFinite()
            let update = try shape(for: task, model: model)?.vector(of: tensors) ?? tensors.values
            guard isClipped else { return try Self.checked(update, bound) }
            let clipped = try bound.clipped(update)
            Console.error("cairn: \(clipped)")
            return clipped.update
        } catch let error as TensorFileError {
            throw CommandFailure("\(path): \(error)")
        } catch let error as ModelTensorError {
            throw CommandFailure("\(path): \(error)")
        } catch let error as UpdateBoundError {
            var advice = ""
            if case .aboveBound = error { advice = "Give --clip to scale it down to the bound." }
            throw CommandFailure("\(path): \(error)", advice: advice)
        }
    }

    private static func checked(_ update: [Double], _ bound: UpdateBound) throws(UpdateBoundError) -> [Double] {
        try bound.encode(update)
        return update
    }

    /// The shape of the task's model; nil for a task without one.
    private func shape(for task: TaskFile, model: String?) throws -> ModelShape? {
        guard let hash = task.configuration.cairn?.modelHash else {
            guard model == nil else {
                throw CommandFailure.usage("the task '\(task.name)' names no model", advice: "Leave out --model.")
            }
            return nil
        }
        guard let model else {
            throw CommandFailure.usage(
                "the task '\(task.name)' is about a model, and an update must have its layout", advice: "Give --model.")
        }
        return try Model(file: model, hash: hash).shape
    }
}

extension Model {
    /// Reads the model that a task names by its hash.
    init(file path: String, hash: [UInt8]?) throws {
        let bytes = try UserFile.read(path)
        guard Blob.hash(bytes) == hash else {
            throw CommandFailure(
                "\(path) is not the model that the task names", advice: "Get it from the task's owner or its log.")
        }
        try self.init(decoding: bytes)
    }
}
