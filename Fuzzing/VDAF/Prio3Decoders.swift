import VDAF

extension Decoder {
    /// The messages of every Prio3 type, at small parameters with more than one chunk, and of bounded-norm vectors.
    static let prio3: [Decoder] = [
        codec("prio3-count", required { try Prio3Count() }, (), true),
        codec("prio3-count-3-shares", required { try Prio3Count(shares: 3) }, (), true),
        codec("prio3-sum", required { try Prio3Sum(maxMeasurement: 100) }, (), 77),
        codec("prio3-average", required { try Prio3Average(maxMeasurement: 100) }, (), 77),
        codec(
            "prio3-sumvec", required { try Prio3SumVec(length: 3, maxMeasurement: 5, chunkLength: 2) }, (), [5, 0, 2]),
        codec(
            "prio3-sumvec-field64",
            required { try Prio3SumVecField64Multiproof(length: 3, maxMeasurement: 5, chunkLength: 2) }, (), [5, 0, 2]),
        codec(
            "prio3-sumvec-field64-hmac",
            required {
                try Prio3SumVecField64MultiproofHmacSha256Aes128(length: 3, maxMeasurement: 5, chunkLength: 2)
            }, (), [5, 0, 2]),
        codec("prio3-histogram", required { try Prio3Histogram(length: 5, chunkLength: 2) }, (), 3),
        codec(
            "prio3-multihot", required { try Prio3MultihotCountVec(length: 5, maxWeight: 2, chunkLength: 2) }, (),
            [true, false, true, false, false]),
        codec(
            "prio3-l1boundsum", required { try Prio3L1BoundSum(length: 3, maxValue: 9, chunkLength: 2) }, (), [4, 0, 5]),
        codec("bounded-l2-vector", boundedL2, (), [1.5, -2, 0]),
    ]

    /// Norm bound 3, in halves.
    static let boundedL2 = required { try BoundedL2Vector(normBound: 3, fractionalBits: 1, dimension: 3) }
}
