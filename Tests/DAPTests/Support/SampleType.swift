import TaskTypes
import VDAF

/// A type small enough for quick tests, with inputs and what must become of them: what the suites know of a type, at one
/// place.
struct SampleType {
    let vdaf: VDAFConfiguration
    /// Two valid ones.
    let measurements: [MeasurementValue]
    /// The output of the first.
    let output: [UInt128]
    /// Three times the first and once the second.
    let sum: AggregateValue
    /// Out of range, or of another kind.
    let wrong: [MeasurementValue]

    static let all: [SampleType] = [
        SampleType(
            vdaf: .count, measurements: [.bool(true), .bool(false)], output: [1], sum: .integer(3),
            wrong: [.integer(1), .vector([1]), .bucket(0)]),
        SampleType(
            vdaf: .sum(maxMeasurement: 1000), measurements: [.integer(1000), .integer(0)], output: [1000],
            sum: .integer(3000), wrong: [.integer(1001), .integer(.max), .bool(true), .vector([1])]),
        vector(.sumVec(length: 5, maxMeasurement: 14, chunkLength: 4)),
        SampleType(
            vdaf: .histogram(length: 7, chunkLength: 3), measurements: [.bucket(6), .bucket(0)],
            output: [0, 0, 0, 0, 0, 0, 1], sum: .vector([1, 0, 0, 0, 0, 0, 3]),
            wrong: [.bucket(7), .bucket(-1), .bucket(.max), .integer(1)]),
        SampleType(
            vdaf: .multihotCountVec(length: 6, maxWeight: 3, chunkLength: 3),
            measurements: [true, false].map { .choices([$0, true, false, !$0, false, true]) },
            output: [1, 1, 0, 0, 0, 1], sum: .vector([3, 4, 0, 1, 0, 4]),
            wrong: [
                .choices([true, true, true, true, false, false]), .choices([true]), .choices([]),
                .choices([Bool](repeating: false, count: 7)), .vector([1, 0, 0, 0, 0, 0]), .bool(true),
            ]),
        SampleType(
            vdaf: .l1BoundSum(length: 4, maxValue: 20, chunkLength: 5),
            measurements: [.vector([20, 0, 0, 0]), .vector([0, 1, 2, 3])], output: [20, 0, 0, 0],
            sum: .vector([60, 1, 2, 3]),
            wrong: [
                .vector([21, 0, 0, 0]), .vector([10, 10, 1, 0]), .vector([.max, .max, .max, .max]), .vector([1]),
                .vector([]), .vector([0, 0, 0, 0, 0]), .choices([true, true, true, true]),
            ]),
        vector(.sumVecField64(length: 5, maxMeasurement: 14, chunkLength: 4, proofs: 3)),
        real(isField128: false), real(isField128: true),
    ]

    static func of(_ vdaf: VDAFConfiguration) -> SampleType {
        all.first { $0.vdaf == vdaf.base } ?? all[0]
    }

    private static func vector(_ vdaf: VDAFConfiguration) -> SampleType {
        SampleType(
            vdaf: vdaf, measurements: [.vector([14, 0, 7, 3, 1]), .vector([0, 0, 14, 14, 2])],
            output: [14, 0, 7, 3, 1], sum: .vector([42, 0, 35, 23, 5]),
            wrong: [.vector([15, 0, 0, 0, 0]), .vector([1]), .vector([]), .integer(1), .choices([true])])
    }

    private static func real(isField128: Bool) -> SampleType {
        let modulus = isField128 ? Field128.modulus : Field64.modulus
        return SampleType(
            vdaf: .boundedL2(dimension: 3, integerBound: 1 << 12, fractionalBits: 10, isField128: isField128),
            measurements: [.real([2.5, -3, 0.125]), .real([-4, 0, 0])], output: [2560, modulus - 3072, 128],
            sum: .signedVector([3584, -9216, 384]),
            wrong: [.real([4, 1, 0]), .real([1]), .real([.nan, 0, 0]), .vector([1, 1, 1]), .integer(1)])
    }
}
