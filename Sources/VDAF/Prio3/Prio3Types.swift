/// The named Prio3 types (VDAF-20 section 7.4), with their algorithm identifiers (section 10), and close relatives.

/// Counts how many measurements are true.
public typealias Prio3Count = Prio3<CountCircuit, XofTurboShake128>
/// Sums integers in [0, maxMeasurement].
public typealias Prio3Sum = Prio3<SumCircuit, XofTurboShake128>
/// Sums vectors of integers in [0, maxMeasurement].
public typealias Prio3SumVec = Prio3<SumVecCircuit<Field128>, XofTurboShake128>
/// Counts measurements per bucket.
public typealias Prio3Histogram = Prio3<HistogramCircuit, XofTurboShake128>
/// Counts, per coordinate, vectors of bits with a bounded number of ones.
public typealias Prio3MultihotCountVec = Prio3<MultihotCountVecCircuit, XofTurboShake128>
/// Sums vectors of integers whose coordinates add up to at most maxValue (draft-ietf-ppm-l1-bound-sum-02).
public typealias Prio3L1BoundSum = Prio3<L1BoundSumCircuit, XofTurboShake128>
/// Averages integers in [0, maxMeasurement]: Prio3Sum for clients and aggregators, identifier included.
public typealias Prio3Average = Prio3<AverageCircuit, XofTurboShake128>
/// Prio3SumVec over the small field, which halves its messages and takes three proofs to be sound.
public typealias Prio3SumVecField64Multiproof = Prio3<SumVecCircuit<Field64>, XofTurboShake128>
/// ``Prio3SumVecField64Multiproof`` with the faster XOF, as Janus and Daphne run it.
public typealias Prio3SumVecField64MultiproofHmacSha256Aes128 = Prio3<SumVecCircuit<Field64>, XofHmacSha256Aes128>

extension Prio3 where Circuit == CountCircuit, Seeds == XofTurboShake128 {
    /// Prio3Count. Measurements are `Bool`s, the result is their number.
    public init(shares: Int = 2) throws(VDAFError) {
        try self.init(algorithmID: 0x0000_0001, circuit: CountCircuit(), shares: shares, proofs: 1)
    }
}

extension Prio3 where Circuit == SumCircuit, Seeds == XofTurboShake128 {
    /// Prio3Sum.
    ///
    /// - Parameter maxMeasurement: The largest measurement, at least 1 and below 2^63.
    public init(maxMeasurement: UInt64, shares: Int = 2) throws(VDAFError) {
        try self.init(
            algorithmID: 0x0000_0002, circuit: SumCircuit(maxMeasurement: maxMeasurement), shares: shares, proofs: 1)
    }
}

extension Prio3 where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128 {
    /// Prio3SumVec.
    ///
    /// - Parameters:
    ///   - length: Coordinates of a measurement.
    ///   - maxMeasurement: The largest coordinate, at least 1.
    ///   - chunkLength: Multiplications per gadget call. About √(length · bits) makes the smallest reports.
    ///   - proofs: Number of proofs; the standard's type has 1.
    public init(
        length: Int, maxMeasurement: UInt64, chunkLength: Int, shares: Int = 2, proofs: Int = 1
    ) throws(VDAFError) {
        let circuit = try SumVecCircuit<Field128>(
            length: length, maxMeasurement: maxMeasurement, chunkLength: chunkLength)
        try self.init(algorithmID: 0x0000_0003, circuit: circuit, shares: shares, proofs: proofs)
    }
}

extension Prio3 where Circuit == HistogramCircuit, Seeds == XofTurboShake128 {
    /// Prio3Histogram. Measurements are bucket numbers from 0.
    ///
    /// - Parameters:
    ///   - length: Number of buckets.
    ///   - chunkLength: Multiplications per gadget call. About √length makes the smallest reports.
    public init(length: Int, chunkLength: Int, shares: Int = 2) throws(VDAFError) {
        let circuit = try HistogramCircuit(length: length, chunkLength: chunkLength)
        try self.init(algorithmID: 0x0000_0004, circuit: circuit, shares: shares, proofs: 1)
    }
}

extension Prio3 where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128 {
    /// Prio3MultihotCountVec. Measurements are vectors of `Bool`s.
    ///
    /// - Parameters:
    ///   - length: Coordinates of a measurement.
    ///   - maxWeight: The largest number of coordinates that may be true, 1 to `length`.
    ///   - chunkLength: Multiplications per gadget call. About √length makes the smallest reports.
    public init(length: Int, maxWeight: Int, chunkLength: Int, shares: Int = 2) throws(VDAFError) {
        let circuit = try MultihotCountVecCircuit(length: length, maxWeight: maxWeight, chunkLength: chunkLength)
        try self.init(algorithmID: 0x0000_0005, circuit: circuit, shares: shares, proofs: 1)
    }
}

extension Prio3 where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128 {
    /// Prio3L1BoundSum.
    ///
    /// - Parameters:
    ///   - length: Coordinates of a measurement.
    ///   - maxValue: The largest sum of a measurement's coordinates, at least 1.
    ///   - chunkLength: Multiplications per gadget call. About √((length + 1) · bits) makes the smallest reports.
    public init(length: Int, maxValue: UInt64, chunkLength: Int, shares: Int = 2) throws(VDAFError) {
        let circuit = try L1BoundSumCircuit(length: length, maxValue: maxValue, chunkLength: chunkLength)
        try self.init(algorithmID: 0x0000_0007, circuit: circuit, shares: shares, proofs: 1)
    }
}

extension Prio3 where Circuit == AverageCircuit, Seeds == XofTurboShake128 {
    /// Prio3Average.
    ///
    /// Reports are those of Prio3Sum, byte for byte and with its identifier: only `unshard` differs, which divides the
    /// sum by the number of measurements.
    ///
    /// - Parameter maxMeasurement: The largest measurement, at least 1 and below 2^63.
    public init(maxMeasurement: UInt64, shares: Int = 2) throws(VDAFError) {
        try self.init(
            algorithmID: 0x0000_0002, circuit: AverageCircuit(maxMeasurement: maxMeasurement), shares: shares,
            proofs: 1)
    }
}

extension Prio3 where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128 {
    /// Prio3SumVec over Field64, under the identifier that the standard's test vectors use for it.
    ///
    /// - Parameters:
    ///   - length: Coordinates of a measurement.
    ///   - maxMeasurement: The largest coordinate, at least 1 and below 2^63.
    ///   - chunkLength: Multiplications per gadget call. About √(length · bits) makes the smallest reports.
    ///   - proofs: Number of proofs, at least 3.
    public init(
        length: Int, maxMeasurement: UInt64, chunkLength: Int, shares: Int = 2, proofs: Int = 3
    ) throws(VDAFError) {
        let circuit = try SumVecCircuit<Field64>(
            length: length, maxMeasurement: maxMeasurement, chunkLength: chunkLength)
        try self.init(algorithmID: 0xFFFF_FFFF, circuit: circuit, shares: shares, proofs: proofs)
    }
}

extension Prio3 where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128 {
    /// Prio3SumVecField64MultiproofHmacSha256Aes128, a private type of deployed systems. Contexts have at most 247
    /// bytes.
    ///
    /// - Parameters:
    ///   - length: Coordinates of a measurement.
    ///   - maxMeasurement: The largest coordinate, at least 1 and below 2^63.
    ///   - chunkLength: Multiplications per gadget call. About √(length · bits) makes the smallest reports.
    ///   - proofs: Number of proofs, at least 3.
    public init(
        length: Int, maxMeasurement: UInt64, chunkLength: Int, shares: Int = 2, proofs: Int = 3
    ) throws(VDAFError) {
        let circuit = try SumVecCircuit<Field64>(
            length: length, maxMeasurement: maxMeasurement, chunkLength: chunkLength)
        try self.init(
            algorithmID: 0xFFFF_1003, committedNumber: 0x100, circuit: circuit, shares: shares, proofs: proofs)
    }
}
