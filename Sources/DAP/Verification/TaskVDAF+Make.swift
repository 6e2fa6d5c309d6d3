import Commitments
import VDAF

/// Builds the VDAF that a configuration names.
///
/// - Throws: `.outOfBounds` for parameters that ``VDAFConfiguration/checkBounds()`` or the VDAF itself refuses.
package func makeTaskVDAF(_ configuration: VDAFConfiguration) throws(VDAFConfigurationError) -> any TaskVDAF {
    try configuration.checkBounds()
    do throws(VDAFError) {
        switch configuration.base {
        case .count:
            return try erase(
                Prio3Count(), configuration,
                measurement: { if case .bool(let value) = $0 { value } else { nil } },
                result: { .integer(UInt128($0)) })
        case .sum(let maxMeasurement):
            return try erase(
                Prio3Sum(maxMeasurement: maxMeasurement), configuration,
                measurement: { if case .integer(let value) = $0 { value } else { nil } },
                result: { .integer($0) })
        case .sumVec(let length, let maxMeasurement, let chunkLength):
            return try erase(
                Prio3SumVec(length: Int(length), maxMeasurement: maxMeasurement, chunkLength: Int(chunkLength)),
                configuration,
                measurement: { if case .vector(let values) = $0 { values } else { nil } },
                result: { .vector($0) })
        case .histogram(let length, let chunkLength):
            return try erase(
                Prio3Histogram(length: Int(length), chunkLength: Int(chunkLength)), configuration,
                measurement: { if case .bucket(let index) = $0 { index } else { nil } },
                result: { .vector($0) })
        case .multihotCountVec(let length, let maxWeight, let chunkLength):
            return try erase(
                Prio3MultihotCountVec(
                    length: Int(length), maxWeight: Int(maxWeight), chunkLength: Int(chunkLength)), configuration,
                measurement: { if case .choices(let values) = $0 { values } else { nil } },
                result: { .vector($0) })
        case .l1BoundSum(let length, let maxValue, let chunkLength):
            return try erase(
                Prio3L1BoundSum(length: Int(length), maxValue: maxValue, chunkLength: Int(chunkLength)), configuration,
                measurement: { if case .vector(let values) = $0 { values } else { nil } },
                result: { .vector($0) })
        case .sumVecField64(let length, let maxMeasurement, let chunkLength, let proofs):
            return try erase(
                Prio3SumVecField64MultiproofHmacSha256Aes128(
                    length: Int(length), maxMeasurement: maxMeasurement, chunkLength: Int(chunkLength),
                    proofs: Int(proofs)),
                configuration,
                measurement: { if case .vector(let values) = $0 { values } else { nil } },
                result: { .vector($0) })
        case .boundedL2(let dimension, _, _, let isField128):
            let encoding = try configuration.boundedEncoding
            return isField128
                ? try erase(BoundedL2VectorField128(encoding: encoding, dimension: Int(dimension)), configuration)
                : try erase(BoundedL2Vector(encoding: encoding, dimension: Int(dimension)), configuration)
        case .committed:
            throw VDAFError.invalidParameter("a committed VDAF cannot be committed again")
        }
    } catch {
        throw .outOfBounds("\(error)")
    }
}

private func erase<Field: NTTFieldElement>(
    _ vdaf: BoundedL2<Field>, _ configuration: VDAFConfiguration
) throws(VDAFError) -> any TaskVDAF {
    try erase(
        vdaf, configuration,
        measurement: { if case .real(let values) = $0 { values } else { nil } },
        result: { .signedVector($0.integers) })
}

private func erase<V: Prio3Family>(
    _ vdaf: V, _ configuration: VDAFConfiguration,
    measurement: @escaping @Sendable (MeasurementValue) -> V.Measurement?,
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
