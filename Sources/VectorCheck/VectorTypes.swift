import VDAF

/// The types that the checker knows.
enum VectorTypes {
    typealias Check = @Sendable (_ vector: VectorObject, _ proofs: Int?) throws -> Void

    /// What to do with a file, by the name of its type. `proofs` overrides the type's own number of proofs.
    static let checks: [String: Check] = [
        "Prio3Count": { vector, proofs in
            let prio3 = try make(vector, proofs) { shares, proofs in
                try Prio3Count(algorithmID: 1, circuit: CountCircuit(), shares: shares, proofs: proofs ?? 1)
            }
            try VDAFVector(vector, values: CountValues()).run(prio3)
        },
        "Prio3Sum": { vector, proofs in
            let maximum = try vector["max_measurement"].integer(UInt64.self)
            let prio3 = try make(vector, proofs) { shares, proofs in
                try Prio3Sum(
                    algorithmID: 2, circuit: SumCircuit(maxMeasurement: maximum), shares: shares, proofs: proofs ?? 1)
            }
            try VDAFVector(vector, values: SumValues()).run(prio3)
        },
        "Prio3SumVec": { vector, proofs in
            let circuit: SumVecCircuit<Field128> = try makeSumVec(vector)
            let prio3 = try make(vector, proofs) { shares, proofs in
                try Prio3SumVec(algorithmID: 3, circuit: circuit, shares: shares, proofs: proofs ?? 1)
            }
            try VDAFVector(vector, values: SumVecValues()).run(prio3)
        },
        "Prio3SumVecWithMultiproof": { vector, proofs in
            let circuit: SumVecCircuit<Field64> = try makeSumVec(vector)
            let prio3 = try make(vector, proofs) { shares, proofs in
                try Prio3<_, XofTurboShake128>(
                    algorithmID: 0xFFFF_FFFF, circuit: circuit, shares: shares, proofs: proofs ?? 3)
            }
            try VDAFVector(vector, values: SumVecValues()).run(prio3)
        },
        "Prio3Histogram": { vector, proofs in
            let length = try vector["length"].integer(Int.self)
            let chunkLength = try vector["chunk_length"].integer(Int.self)
            let prio3 = try make(vector, proofs) { shares, proofs in
                try Prio3Histogram(
                    algorithmID: 4, circuit: HistogramCircuit(length: length, chunkLength: chunkLength),
                    shares: shares, proofs: proofs ?? 1)
            }
            try VDAFVector(vector, values: HistogramValues()).run(prio3)
        },
        "Prio3HigherDegree": { vector, proofs in
            let length = vector.contains("length") ? try vector["length"].integer(Int.self) : 1
            let prio3 = try make(vector, proofs) { shares, proofs in
                try Prio3<_, XofTurboShake128>(
                    algorithmID: 0xFFFF_FFFF, circuit: HigherDegreeCircuit(length: length), shares: shares,
                    proofs: proofs ?? 1)
            }
            try VDAFVector(vector, values: HigherDegreeValues()).run(prio3)
        },
        "XofTurboShake128": { vector, _ in
            try XofVector.check(XofTurboShake128.self, vector)
        },
    ]

    /// The largest leader share that the checker works on. Real vectors are far smaller; a file with absurd
    /// parameters would otherwise take all memory.
    private static let maximalShareSize = 1 << 28

    private static func make<Circuit, Seeds>(
        _ vector: VectorObject, _ proofs: Int?,
        _ build: (_ shares: Int, _ proofs: Int?) throws -> Prio3<Circuit, Seeds>
    ) throws -> Prio3<Circuit, Seeds> {
        let shares = try vector["shares"].integer(Int.self)
        let prio3 = try refusing { try build(shares, proofs) }
        let size = prio3.inputShareSize(aggregatorID: 0)
        guard size <= maximalShareSize else {
            throw VectorFailure("parameters: input shares of \(size) bytes are more than the checker handles")
        }
        return prio3
    }

    private static func makeSumVec<Field>(_ vector: VectorObject) throws -> SumVecCircuit<Field> {
        let length = try vector["length"].integer(Int.self)
        let maximum = try vector["max_measurement"].integer(UInt64.self)
        let chunkLength = try vector["chunk_length"].integer(Int.self)
        return try refusing {
            try SumVecCircuit(length: length, maxMeasurement: maximum, chunkLength: chunkLength)
        }
    }

    private static func refusing<Result>(_ build: () throws -> Result) throws -> Result {
        do {
            return try build()
        } catch let error as VDAFError {
            throw VectorFailure("parameters: \(error.explanation)")
        }
    }
}
