import Commitments
import VDAF

extension MeasuredType {
    /// Vectors of real numbers just within a norm of 1, over Field64. Their coordinates are counted from -B, so that sums
    /// are not negative.
    package static let boundedl2 = MeasuredType("boundedl2", length: 1000) { benchCase, _ throws(VDAFError) in
        let length = benchCase.length
        let encoding = try BoundedL2Precision(normBound: 1, dimension: length, isField128: false).encoding
        let vdaf = try BoundedL2Vector(encoding: encoding, dimension: length)
        let bound = Int64(encoding.integerBound)
        let source = UpdateSource(encoding: encoding, dimension: length)
        return VDAFWorkload(vdaf, name: "boundedl2", leastWork: nil) { randomness in
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
}
