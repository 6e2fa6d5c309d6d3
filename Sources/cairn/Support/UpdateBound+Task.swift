import SharedModel
import TaskTypes
import Tasks

// Everybody but the author of a task reads the rule for updates off the task's type, which is what the aggregators enforce.

extension UpdateBound {
    /// The rule for a model's updates that are rounded as finely as the type of their reports allows.
    ///
    /// - Throws: `VDAFConfigurationError` where no type takes updates with this norm bound.
    init(norm: Double, model: ModelShape) throws {
        try self.init(
            type: .boundedL2(dimension: UInt32(model.parameterCount), normBound: norm), owner: "updates of the model")
    }

    /// The rule for the vectors that a task takes.
    ///
    /// - Throws: `CommandFailure` if it takes something else.
    init(task: TaskFile) throws {
        try self.init(type: try task.configuration.vdaf, owner: "the task '\(task.name)'")
    }

    private init(type: VDAFConfiguration, owner: String) throws {
        guard let encoding = type.fixedPointEncoding else {
            throw CommandFailure("\(owner) takes no vectors of real numbers: it is a \(type.text)")
        }
        self.init(encoding: encoding, dimension: type.outputLength)
    }
}
