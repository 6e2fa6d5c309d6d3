import Commitments
import VDAF

/// Builds the VDAF that a configuration names.
///
/// - Throws: `.outOfBounds` for parameters that ``VDAFConfiguration/checkBounds()`` or the VDAF itself refuses.
package func makeTaskVDAF(_ configuration: VDAFConfiguration) throws(VDAFConfigurationError) -> any TaskVDAF {
    try configuration.checkBounds()
    do throws(VDAFError) {
        return try configuration.taskType.makeVDAF(TaskVDAFMaker(configuration: configuration))
    } catch {
        throw .outOfBounds("\(error)")
    }
}

/// Takes a task's VDAF from its type, and wraps it as the task wants it: with commitments or without.
package struct TaskVDAFMaker: Sendable {
    let configuration: VDAFConfiguration

    /// - Parameters:
    ///   - vdaf: Of the concrete type: everything that is done with it is compiled for that.
    ///   - measurement: Nil for a measurement of another kind than the VDAF takes.
    package func make<V: Prio3Family>(
        _ vdaf: V, measurement: @escaping @Sendable (MeasurementValue) -> V.Measurement?,
        result: @escaping @Sendable (V.AggregateResult) -> AggregateValue
    ) throws(VDAFError) -> any TaskVDAF {
        let sizes = ReportSizes(vdaf, isCommitted: configuration.isCommitted)
        guard configuration.isCommitted else {
            return ErasedVDAF(
                configuration: configuration, sizes: sizes, steps: PlainSteps(vdaf: vdaf), measurement: measurement,
                result: result)
        }
        return ErasedVDAF(
            configuration: configuration, sizes: sizes, steps: try CommittedSteps(base: vdaf), measurement: measurement,
            result: result)
    }
}
