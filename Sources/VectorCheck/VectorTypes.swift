import VDAF

/// The types that the checker knows.
enum VectorTypes {
    typealias Check = @Sendable (_ vector: VectorObject, _ proofs: Int?) throws -> Void

    /// What to do with a file, by the name of its type. `proofs` overrides the type's own number of proofs.
    static let checks: [String: Check] = [
        "Prio3Count": { vector, proofs in
            try check(vector, CountValues(), id: 1, proofs: proofs) { try CountCircuit() }
        },
        "Prio3Sum": { vector, proofs in
            let maximum = try vector["max_measurement"].integer(UInt64.self)
            try check(vector, SumValues(), id: 2, proofs: proofs) { try SumCircuit(maxMeasurement: maximum) }
        },
        "Prio3SumVec": { vector, proofs in
            try check(vector, SumVecValues(), id: 3, proofs: proofs, makeSumVec(vector, Field128.self))
        },
        "Prio3SumVecWithMultiproof": { vector, proofs in
            try check(
                vector, SumVecValues(), id: 0xFFFF_FFFF, proofs: proofs ?? 3, makeSumVec(vector, Field64.self))
        },
        "Prio3SumVecField64MultiproofHmacSha256Aes128": { vector, proofs in
            try check(
                vector, SumVecValues(), id: 0xFFFF_1003, proofs: proofs ?? 3, seeds: XofHmacSha256Aes128.self,
                makeSumVec(vector, Field64.self))
        },
        "Prio3Histogram": { vector, proofs in
            let length = try vector["length"].integer(Int.self)
            let chunkLength = try vector["chunk_length"].integer(Int.self)
            try check(vector, HistogramValues(), id: 4, proofs: proofs) {
                try HistogramCircuit(length: length, chunkLength: chunkLength)
            }
        },
        "Prio3MultihotCountVec": { vector, proofs in
            let length = try vector["length"].integer(Int.self)
            let maxWeight = try vector["max_weight"].integer(Int.self)
            let chunkLength = try vector["chunk_length"].integer(Int.self)
            try check(vector, MultihotCountVecValues(), id: 5, proofs: proofs) {
                try MultihotCountVecCircuit(length: length, maxWeight: maxWeight, chunkLength: chunkLength)
            }
        },
        "Prio3L1BoundSum": { vector, proofs in
            let length = try vector["length"].integer(Int.self)
            let maxValue = try vector["max_value"].integer(UInt64.self)
            let chunkLength = try vector["chunk_length"].integer(Int.self)
            try check(vector, SumVecValues(), id: 7, proofs: proofs) {
                try L1BoundSumCircuit(length: length, maxValue: maxValue, chunkLength: chunkLength)
            }
        },
        "Prio3HigherDegree": { vector, proofs in
            let length = vector.contains("length") ? try vector["length"].integer(Int.self) : 1
            try check(vector, HigherDegreeValues(), id: 0xFFFF_FFFF, proofs: proofs) {
                try HigherDegreeCircuit(length: length)
            }
        },
        "Poplar1": { vector, _ in
            let (bits, shares) = (try vector["bits"].integer(Int.self), try vector["shares"])
            let poplar1 = try refusing { try Poplar1(bits: bits) }
            guard try shares.integer(Int.self) == poplar1.shares else {
                throw shares.failure("Poplar1 has \(poplar1.shares)")
            }
            try VDAFVector(vector, values: Poplar1Values()).run(poplar1) { poplar1.inputShareSize(aggregatorID: $0) }
        },
        "IdpfBBCGGI21": { vector, _ in try IdpfVector.check(vector) },
        "XofTurboShake128": { vector, _ in try XofVector.check(XofTurboShake128.self, vector) },
        "XofFixedKeyAes128": { vector, _ in try XofVector.check(XofFixedKeyAes128.self, vector) },
        "XofHmacSha256Aes128": { vector, _ in try XofVector.check(XofHmacSha256Aes128.self, vector) },
    ]

    /// The largest leader shares, of all reports together, that the checker works on. Real vectors are far smaller; a
    /// file with absurd parameters would otherwise take all memory.
    private static let maximalShareSize = 1 << 28

    private static func check<Circuit: ValidityCircuit, Seeds: Xof, Values: VectorValues>(
        _ vector: VectorObject, _ values: Values, id: UInt32, proofs: Int?,
        seeds: Seeds.Type = XofTurboShake128.self, _ makeCircuit: () throws -> Circuit
    ) throws where Values.Measurement == Circuit.Measurement, Values.AggregateResult == Circuit.AggregateResult {
        let shares = try vector["shares"].integer(Int.self)
        let prio3 = try refusing {
            try Prio3<Circuit, Seeds>(algorithmID: id, circuit: makeCircuit(), shares: shares, proofs: proofs ?? 1)
        }
        // A helper's share is short in the file and as long as the leader's once it is expanded.
        let (size, reports) = (prio3.inputShareSize(aggregatorID: 0), try vector["reports"].items().count)
        guard size <= maximalShareSize / max(reports, 1) else {
            throw VectorFailure(
                "parameters: \(reports) input shares of \(size) bytes are more than the checker handles")
        }
        try VDAFVector(vector, values: values).run(prio3) { prio3.inputShareSize(aggregatorID: $0) }
    }

    private static func makeSumVec<Field: NTTFieldElement>(
        _ vector: VectorObject, _ field: Field.Type
    ) throws -> () throws -> SumVecCircuit<Field> {
        let length = try vector["length"].integer(Int.self)
        let maximum = try vector["max_measurement"].integer(UInt64.self)
        let chunkLength = try vector["chunk_length"].integer(Int.self)
        return { try SumVecCircuit(length: length, maxMeasurement: maximum, chunkLength: chunkLength) }
    }

    static func refusing<Result>(_ build: () throws -> Result) throws -> Result {
        do {
            return try build()
        } catch let error as VDAFError {
            throw VectorFailure("parameters: \(error.explanation)")
        }
    }
}
