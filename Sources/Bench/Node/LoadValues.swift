import DAP
import VDAF

/// Random inputs of a load, and what they add up to.
///
/// Several threads make reports, each with values and a sum of its own; the sums are added up in the end, and the collected
/// result has to be exactly that.
package struct LoadValues: Sendable {
    private let configuration: VDAFConfiguration
    private var randomness: SeededRandomness
    private var sums: [Int128]

    package init(_ configuration: VDAFConfiguration, seed: UInt64) {
        self.configuration = configuration.base
        randomness = SeededRandomness(seed: seed)
        let length =
            switch configuration.base {
            case .histogram(let length, _), .sumVec(let length, _, _), .boundedL2(let length, _, _, _): Int(length)
            default: 0
            }
        sums = [Int128](repeating: 0, count: length)
    }

    /// The next input, which counts from now on.
    package mutating func next() throws(BenchError) -> MeasurementValue {
        switch configuration {
        case .histogram(let length, _):
            let bucket = Int.random(in: 0..<Int(length), using: &randomness)
            sums[bucket] += 1
            return .bucket(bucket)
        case .sumVec(_, let largest, _):
            let values = sums.indices.map { _ in UInt64.random(in: 0...largest, using: &randomness) }
            for (index, value) in values.enumerated() { sums[index] += Int128(value) }
            return .vector(values)
        case .boundedL2:
            guard let encoding = configuration.fixedPointEncoding else { throw Self.unknownType }
            let update = try UpdateSource(encoding: encoding, dimension: sums.count).next(&randomness)
            let integers = try Result { () throws(VDAFError) in try encoding.encode(update) }.orFailure("rounding")
            for (index, value) in integers.enumerated() { sums[index] += Int128(value) }
            return .real(update)
        default: throw Self.unknownType
        }
    }

    /// Adds what others have made.
    package mutating func add(_ other: LoadValues) {
        for (index, sum) in other.sums.enumerated() { sums[index] += sum }
    }

    /// The result that a collector must get.
    package var total: AggregateValue {
        if case .boundedL2 = configuration { return .signedVector(sums) }
        return .vector(sums.map { UInt128($0) })
    }

    private static var unknownType: BenchError { .invalidOption("no load is made of this type.") }
}
