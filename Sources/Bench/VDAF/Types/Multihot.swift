import VDAF

extension MeasuredType {
    /// A tenth of the options may be chosen.
    package static let multihot = MeasuredType(
        "multihot", length: 1000,
        elements: { length, _ in length + Int.bitWidth - mostChosen(of: length).leadingZeroBitCount },
        workload: { benchCase, _ throws(VDAFError) in
            let (length, maxWeight) = (benchCase.length, mostChosen(of: benchCase.length))
            let vdaf = try Prio3MultihotCountVec(
                length: length, maxWeight: maxWeight, chunkLength: benchCase.chunkLength)
            return benchCase.workload(vdaf) { randomness in
                let weight = Int.random(in: 0...maxWeight, using: &randomness)
                var bits = (0..<length).map { $0 < weight }
                bits.shuffle(using: &randomness)
                return (bits, bits.map { $0 ? 1 : 0 })
            } result: { sums, _ in
                sums
            }
        })

    private static func mostChosen(of length: Int) -> Int { max(1, length / 10) }
}
