import VDAF

extension MeasuredType {
    package static let count = MeasuredType("count") { benchCase, _ throws(VDAFError) in
        benchCase.workload(try Prio3Count()) { randomness in
            let bit = randomness.integer(bits: 1)
            return (bit == 1, [bit])
        } result: { sums, _ in
            sums[0]
        }
    }
}
