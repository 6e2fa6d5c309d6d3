import VDAF

extension MeasuredType {
    package static let sum = MeasuredType("sum", bits: 32) { benchCase, _ throws(VDAFError) in
        benchCase.workload(try Prio3Sum(maxMeasurement: benchCase.maximum), draw: benchCase.value) { sums, _ in
            sums[0]
        }
    }

    package static let average = MeasuredType("average", bits: 32) { benchCase, _ throws(VDAFError) in
        benchCase.workload(try Prio3Average(maxMeasurement: benchCase.maximum), draw: benchCase.value) { sums, count in
            Double(sums[0]) / Double(count)
        }
    }
}
