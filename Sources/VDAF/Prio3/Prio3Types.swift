/// The named Prio3 types (VDAF-20 section 7.4), with their algorithm identifiers (section 10).

/// Counts how many measurements are true.
public typealias Prio3Count = Prio3<CountCircuit, XofTurboShake128>
/// Sums integers in [0, maxMeasurement].
public typealias Prio3Sum = Prio3<SumCircuit, XofTurboShake128>
/// Sums vectors of integers in [0, maxMeasurement].
public typealias Prio3SumVec = Prio3<SumVecCircuit<Field128>, XofTurboShake128>
/// Counts measurements per bucket.
public typealias Prio3Histogram = Prio3<HistogramCircuit, XofTurboShake128>

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
