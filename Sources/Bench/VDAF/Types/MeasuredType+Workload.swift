import VDAF

// What the files beside this one make their workloads of.

extension BenchCase {
    /// The largest coordinate.
    var maximum: UInt64 { UInt64.max >> UInt64(64 - min(bits, 64)) }

    /// The VDAF, with random measurements.
    func workload(randomness: inout SeededRandomness) throws(BenchError) -> Workload {
        do throws(VDAFError) {
            return try type.makeWorkload(self, &randomness)
        } catch {
            throw .invalidOption("\(type.name) cannot have these parameters: \(error)")
        }
    }

    typealias Draw<Measurement> =
        @Sendable (inout SeededRandomness) -> (measurement: Measurement, coordinates: [UInt64])

    func workload<Circuit, Seeds>(
        _ vdaf: Prio3<Circuit, Seeds>, draw: @escaping Draw<Circuit.Measurement>,
        result: @escaping @Sendable ([UInt128], Int) -> Circuit.AggregateResult
    ) -> Workload where Circuit.AggregateResult: Equatable {
        VDAFWorkload(vdaf, name: type.name, leastWork: LeastWork(of: vdaf), draw: draw, result: result).erased
    }

    /// One value.
    var value: Draw<UInt64> {
        { [bits] randomness in
            let value = randomness.integer(bits: bits)
            return (value, [value])
        }
    }
}
