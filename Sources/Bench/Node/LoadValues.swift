import TaskTypes
import VDAF

/// Random inputs of a load, and what they add up to.
///
/// Several threads make reports, each with values and a sum of its own; the sums are added up in the end, and the collected
/// result has to be exactly that.
package struct LoadValues: Sendable {
    private let kind: LoadKind
    /// How real numbers become integers.
    private let encoding: FixedPointEncoding?
    /// The largest number of a coordinate.
    private let largest: UInt64
    private var randomness: SeededRandomness
    private var sums: [Int128]

    package init(_ kind: LoadKind, seed: UInt64) throws(VDAFConfigurationError) {
        let configuration = try kind.configuration
        self.kind = kind
        encoding = configuration.fixedPointEncoding
        largest = configuration.coordinateBound
        randomness = SeededRandomness(seed: seed)
        sums = [Int128](repeating: 0, count: configuration.outputLength)
    }

    /// The next input, which counts from now on.
    package mutating func next() throws(BenchError) -> MeasurementValue {
        switch kind {
        case .histogram:
            let bucket = Int.random(in: sums.indices, using: &randomness)
            sums[bucket] += 1
            return .bucket(bucket)
        case .sumvec:
            let values = sums.indices.map { _ in UInt64.random(in: 0...largest, using: &randomness) }
            for (index, value) in values.enumerated() { sums[index] += Int128(value) }
            return .vector(values)
        case .boundedl2:
            guard let encoding else { throw .invalidOption("the type has no bounded norm.") }
            let update = try UpdateSource(encoding: encoding, dimension: sums.count).next(&randomness)
            let integers = try Result { () throws(VDAFError) in try encoding.encode(update) }.orFailure("rounding")
            for (index, value) in integers.enumerated() { sums[index] += Int128(value) }
            return .real(update)
        }
    }

    /// Adds what others have made.
    package mutating func add(_ other: LoadValues) {
        for (index, sum) in other.sums.enumerated() { sums[index] += sum }
    }

    /// The result that a collector must get.
    package var total: AggregateValue {
        kind == .boundedl2 ? .signedVector(sums) : .vector(sums.map { UInt128($0) })
    }
}
