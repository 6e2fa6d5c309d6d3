import VDAF

extension VDAFConfiguration {
    /// The largest encoded measurement, in field elements (length × bits per entry): 4,194,304.
    ///
    /// A configuration comes from strangers, and a report of this size already costs 64 MiB for the leader's share. The
    /// limit leaves room for 262,144 coordinates of 16 bits, or 4 million of one bit.
    public static let maximumElements = 1 << 22

    /// Checks that the VDAF can be built, and within how much memory.
    ///
    /// A chunk longer than the whole measurement is refused as well: it would only add padding, and its memory is not
    /// limited by anything else.
    public func checkBounds() throws(VDAFConfigurationError) {
        switch self {
        case .count:
            return
        case .committed(let base):
            guard !base.isCommitted else { throw .outOfBounds("a committed VDAF cannot be committed again") }
            try base.checkBounds()
        case .sum(let maxMeasurement):
            guard maxMeasurement > 0 else { throw .outOfBounds("max_measurement must be at least 1") }
            // The standard allows up to the field's modulus, about 2^64; the sum of two such values no longer fits.
            guard maxMeasurement >> 63 == 0 else {
                throw .outOfBounds("max_measurement \(maxMeasurement) must be below 2^63")
            }
        case .sumVec(let length, let maxMeasurement, let chunkLength):
            guard maxMeasurement > 0 else { throw .outOfBounds("max_measurement must be at least 1") }
            let bits = UInt64.bitWidth - maxMeasurement.leadingZeroBitCount
            try Self.checkSize(length: length, bits: bits, chunkLength: chunkLength)
        case .histogram(let length, let chunkLength):
            try Self.checkSize(length: length, bits: 1, chunkLength: chunkLength)
        }
    }

    private static func checkSize(length: UInt32, bits: Int, chunkLength: UInt32) throws(VDAFConfigurationError) {
        guard length > 0 else { throw .outOfBounds("length must be at least 1") }
        let elements = Int(length) * bits
        guard elements <= maximumElements else {
            throw .outOfBounds("length × bits = \(length) × \(bits) = \(elements) exceeds \(maximumElements) elements")
        }
        guard chunkLength > 0, Int(chunkLength) <= elements else {
            throw .outOfBounds("chunk_length \(chunkLength) must lie in 1...\(elements) (length × bits)")
        }
    }

    /// The chunk length with the shortest proof for a measurement of `elements` field elements.
    ///
    /// With c elements a chunk there are ⌈elements/c⌉ gadget calls; the proof holds 2c wire seeds and the gadget
    /// polynomial's 2(p - 1) + 1 values, p the power of two above the number of calls (VDAF-20 section 7.3). Only the
    /// smallest c for each p can be best.
    public static func recommendedChunkLength(elements: Int) -> UInt32 {
        precondition((1...maximumElements).contains(elements), "elements must lie in 1...\(maximumElements)")
        var best = (length: elements, proof: Int.max)
        var powerOfTwo = 2
        while powerOfTwo <= 2 * elements {
            let chunk = (elements + powerOfTwo - 2) / (powerOfTwo - 1)
            let proof = 2 * chunk + 2 * (powerOfTwo - 1) + 1
            if proof < best.proof { best = (chunk, proof) }
            powerOfTwo *= 2
        }
        return UInt32(best.length)
    }

    /// Number of coordinates of a report's output.
    package var outputLength: Int {
        switch base {
        case .sumVec(let length, _, _), .histogram(let length, _): Int(length)
        case .count, .sum, .committed: 1
        }
    }

    /// M: every coordinate of a valid report's output lies in [0, M].
    package var coordinateBound: UInt64 {
        switch base {
        case .sum(let maxMeasurement), .sumVec(_, let maxMeasurement, _): maxMeasurement
        case .count, .histogram, .committed: 1
        }
    }

    /// The modulus of the field that the VDAF works in.
    package var fieldModulus: UInt128 {
        switch base {
        case .count, .sum: Field64.modulus
        case .sumVec, .histogram, .committed: Field128.modulus
        }
    }
}
