import SharedModel
import TaskTypes
import Tasks

// Everybody but the author of a task reads the rule for updates off the task's type, which is what the aggregators enforce.

extension UpdateBound {
    /// The rule for a model's updates that are rounded as finely as the type of their reports allows.
    ///
    /// - Throws: `VDAFConfigurationError` where no type takes updates with this norm bound.
    package init(norm: Double, model: ModelShape) throws(VDAFConfigurationError) {
        let type = try VDAFConfiguration.boundedL2(dimension: UInt32(model.parameterCount), normBound: norm)
        guard let encoding = type.fixedPointEncoding else { preconditionFailure("the type has a norm bound") }
        self.init(encoding: encoding, dimension: type.outputLength)
    }

    /// The rule for the vectors that a task takes.
    ///
    /// - Throws: `NotAnUpdateTask` if it takes something else.
    package init(task: TaskFile) throws(NotAnUpdateTask) {
        guard let type = try? task.configuration.vdaf, let encoding = type.fixedPointEncoding else {
            throw NotAnUpdateTask(name: task.name, type: try? task.configuration.vdaf)
        }
        self.init(encoding: encoding, dimension: type.outputLength)
    }
}

/// A task whose reports are no vectors of real numbers.
package struct NotAnUpdateTask: Error, Sendable, Equatable, CustomStringConvertible {
    package let name: String
    /// What they are; nil where nobody knows.
    package let type: VDAFConfiguration?

    package var description: String {
        "the task '\(name)' takes no vectors of real numbers" + (type.map { ": it is a \($0.text)" } ?? "")
    }
}
