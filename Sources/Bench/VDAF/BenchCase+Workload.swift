import Commitments
import VDAF

extension BenchCase {
    /// The VDAF, with random measurements over the whole range that it accepts.
    func workload(randomness: inout SeededRandomness) throws(BenchError) -> Workload {
        do throws(VDAFError) {
            return try makeWorkload(&randomness)
        } catch {
            throw .invalidOption("\(type.rawValue) cannot have these parameters: \(error)")
        }
    }

    private func makeWorkload(_ randomness: inout SeededRandomness) throws(VDAFError) -> Workload {
        let maximum = UInt64.max >> UInt64(64 - min(bits, 64))
        switch type {
        case .count:
            return workload(try Prio3Count()) { randomness in
                let bit = randomness.integer(bits: 1)
                return (bit == 1, [bit])
            } result: {
                $0[0]
            }
        case .sum:
            return workload(try Prio3Sum(maxMeasurement: maximum), draw: value) { $0[0] }
        case .average:
            return workload(try Prio3Average(maxMeasurement: maximum), draw: value) { sums, count in
                Double(sums[0]) / Double(count)
            }
        case .sumvec:
            return vector(try Prio3SumVec(length: length, maxMeasurement: maximum, chunkLength: chunkLength))
        case .sumvec64:
            return vector(
                try Prio3SumVecField64Multiproof(length: length, maxMeasurement: maximum, chunkLength: chunkLength))
        case .sumvec64hmac:
            return vector(
                try Prio3SumVecField64MultiproofHmacSha256Aes128(
                    length: length, maxMeasurement: maximum, chunkLength: chunkLength))
        case .histogram:
            return workload(try Prio3Histogram(length: length, chunkLength: chunkLength)) { [length] randomness in
                let bucket = Int.random(in: 0..<length, using: &randomness)
                return (bucket, (0..<length).map { $0 == bucket ? 1 : 0 })
            } result: { sums, _ in
                sums
            }
        case .multihot:
            let vdaf = try Prio3MultihotCountVec(length: length, maxWeight: maxWeight, chunkLength: chunkLength)
            return workload(vdaf) { [length, maxWeight] randomness in
                let weight = Int.random(in: 0...maxWeight, using: &randomness)
                var bits = (0..<length).map { $0 < weight }
                bits.shuffle(using: &randomness)
                return (bits, bits.map { $0 ? 1 : 0 })
            } result: { sums, _ in
                sums
            }
        case .l1boundsum:
            let vdaf = try Prio3L1BoundSum(length: length, maxValue: maximum, chunkLength: chunkLength)
            return workload(vdaf, draw: boundedVector(maximum)) { sums, _ in sums }
        case .boundedl2:
            return try boundedNorm()
        case .poplar1:
            return try VDAFWorkload(Poplar1(bits: bits), name: type.rawValue, randomness: &randomness).erased
        }
    }

    /// Updates just within the norm bound. Their coordinates are counted from -B, so that sums are not negative.
    private func boundedNorm() throws(VDAFError) -> Workload {
        let encoding = try BoundedL2Precision(normBound: 1, dimension: length, isField128: false).encoding
        let vdaf = try BoundedL2Vector(encoding: encoding, dimension: length)
        let bound = Int64(encoding.integerBound)
        let source = UpdateSource(encoding: encoding, dimension: length)
        return VDAFWorkload(vdaf, name: type.rawValue, leastWork: nil) { randomness in
            // Nothing in place of an update would be refused by the type.
            let update = (try? source.next(&randomness)) ?? []
            let integers = (try? encoding.encode(update)) ?? []
            return (update, integers.map { UInt64($0 + bound) })
        } result: { sums, count in
            BoundedL2Sum(
                integers: sums.map { Int128($0) - Int128(count) * Int128(bound) },
                fractionalBits: encoding.fractionalBits)
        }.erased
    }

    private typealias Draw<Measurement> =
        @Sendable (inout SeededRandomness) -> (measurement: Measurement, coordinates: [UInt64])

    private func workload<Circuit, Seeds>(
        _ vdaf: Prio3<Circuit, Seeds>, draw: @escaping Draw<Circuit.Measurement>,
        result: @escaping @Sendable ([UInt128], Int) -> Circuit.AggregateResult
    ) -> Workload where Circuit.AggregateResult: Equatable {
        VDAFWorkload(vdaf, name: type.rawValue, leastWork: LeastWork(of: vdaf), draw: draw, result: result).erased
    }

    private func workload<Circuit, Seeds>(
        _ vdaf: Prio3<Circuit, Seeds>, draw: @escaping Draw<Circuit.Measurement>,
        result: @escaping @Sendable ([UInt128]) -> Circuit.AggregateResult
    ) -> Workload where Circuit.AggregateResult: Equatable {
        workload(vdaf, draw: draw) { sums, _ in result(sums) }
    }

    private func vector<Field, Seeds>(_ vdaf: Prio3<SumVecCircuit<Field>, Seeds>) -> Workload {
        workload(vdaf) { [length, bits] randomness in
            let values = (0..<length).map { _ in randomness.integer(bits: bits) }
            return (values, values)
        } result: { sums, _ in
            sums
        }
    }

    /// One value.
    private var value: Draw<UInt64> {
        { [bits] randomness in
            let value = randomness.integer(bits: bits)
            return (value, [value])
        }
    }

    /// A vector whose coordinates add up to at most `maximum`: the distances between points of [0, maximum] in order.
    private func boundedVector(_ maximum: UInt64) -> Draw<[UInt64]> {
        { [length] randomness in
            let points = (0..<length).map { _ in UInt64.random(in: 0...maximum, using: &randomness) }.sorted()
            let values = zip(points, [0] + points).map { $0 - $1 }
            return (values, values)
        }
    }
}
