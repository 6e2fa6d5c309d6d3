import VDAF

extension MeasuredType {
    package static let histogram = MeasuredType(
        "histogram", length: 1000, elements: { $0 * $1 },
        workload: { benchCase, _ throws(VDAFError) in
            let length = benchCase.length
            let vdaf = try Prio3Histogram(length: length, chunkLength: benchCase.chunkLength)
            return benchCase.workload(vdaf) { randomness in
                let bucket = Int.random(in: 0..<length, using: &randomness)
                return (bucket, (0..<length).map { $0 == bucket ? 1 : 0 })
            } result: { sums, _ in
                sums
            }
        })
}
