import VDAF

extension MeasuredType {
    package static let sumvec = sumVector("sumvec") { benchCase throws(VDAFError) in
        try Prio3SumVec(
            length: benchCase.length, maxMeasurement: benchCase.maximum, chunkLength: benchCase.chunkLength)
    }

    /// SumVec over Field64 with three proofs.
    package static let sumvec64 = sumVector("sumvec64") { benchCase throws(VDAFError) in
        try Prio3SumVecField64Multiproof(
            length: benchCase.length, maxMeasurement: benchCase.maximum, chunkLength: benchCase.chunkLength)
    }

    /// The same with the XOF of deployed systems, XofHmacSha256Aes128.
    package static let sumvec64hmac = sumVector("sumvec64hmac") { benchCase throws(VDAFError) in
        try Prio3SumVecField64MultiproofHmacSha256Aes128(
            length: benchCase.length, maxMeasurement: benchCase.maximum, chunkLength: benchCase.chunkLength)
    }

    private static func sumVector<Field, Seeds>(
        _ name: String,
        _ makeVDAF: @escaping @Sendable (BenchCase) throws(VDAFError) -> Prio3<SumVecCircuit<Field>, Seeds>
    ) -> MeasuredType {
        MeasuredType(
            name, length: 1000, bits: 16, elements: { $0 * $1 },
            workload: { benchCase, _ throws(VDAFError) in
                let (length, bits) = (benchCase.length, benchCase.bits)
                return benchCase.workload(try makeVDAF(benchCase)) { randomness in
                    let values = (0..<length).map { _ in randomness.integer(bits: bits) }
                    return (values, values)
                } result: { sums, _ in
                    sums
                }
            })
    }
}
