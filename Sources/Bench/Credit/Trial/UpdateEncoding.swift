// From a model update to the integers of a committed SumVec, and back to the average: the type that the trial prices.
//
// Shared models bound the norm of an update instead (`UpdateBound`). The trial clips every coordinate, so that no
// contributor's step leaves the neighbourhood in which the slope of the loss says what it does in any direction.
//
// A coordinate u is clipped to [-B, B] and offset-encoded as the integer
//
//     x = round((u/B + 1) · M/2),   M = 2^bits - 1,   0 ≤ x ≤ M,
//
// ties to even. Both ends are exact: -B is 0 and B is M. The sum X of m contributors' integers decodes to their
// average
//
//     B · (2X - m·M) / (m·M),
//
// whose numerator and denominator are exact integers; -B, 0 and B come out exactly.
//
// Rounding moves each contributor's coordinate by at most half a step, B/M, hence the average by at most B/M, plus a
// few units in the last place of B from floating-point arithmetic (`worstCaseError`). Zero lies half-way between two
// integers and is encoded as the even one, (M+1)/2: it comes back as +B/M.

/// Why an update cannot be encoded, or a sum decoded.
package enum UpdateEncodingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The clipping bound is not a positive finite number.
    case boundOutOfRange(Double)
    /// The number of bits is not in 1 ... 32.
    case bitsOutOfRange(Int)
    /// A coordinate of the update is NaN.
    case notANumber(coordinate: Int)
    /// A sum was given for no contributor, or for more than 2^31 of them.
    case contributorCountOutOfRange(Int)
    /// A coordinate of the sum is larger than that many contributors can reach.
    case sumOutOfRange(coordinate: Int, largest: UInt128)

    package var description: String {
        switch self {
        case .boundOutOfRange(let bound): "the clipping bound is \(bound). Give a positive number."
        case .bitsOutOfRange(let bits): "\(bits) bits per coordinate were asked for. Give 1 to 32."
        case .notANumber(let coordinate):
            "coordinate \(coordinate) of the update is not a number. Check the training settings."
        case .contributorCountOutOfRange(let count):
            "the sum is said to be of \(count) contributors. It needs at least one, and at most 2^31."
        case .sumOutOfRange(let coordinate, let largest):
            "coordinate \(coordinate) of the sum is above \(largest), the most that its contributors can reach. "
                + "Check the number of contributors and the task's encoding."
        }
    }
}

/// Clipping bound and resolution of a trial's updates.
package struct UpdateEncoding: Sendable, Equatable {
    /// Every coordinate is clipped to [-bound, bound].
    package let bound: Double
    /// Bits per encoded coordinate.
    package let bits: Int

    /// - Throws: `UpdateEncodingError` unless the bound is positive and finite, and bits are in 1 ... 32.
    package init(bound: Double, bits: Int) throws(UpdateEncodingError) {
        guard bound > 0, bound.isFinite else { throw .boundOutOfRange(bound) }
        guard (1...32).contains(bits) else { throw .bitsOutOfRange(bits) }
        self.bound = bound
        self.bits = bits
    }

    /// The largest encoded value, M = 2^bits - 1: the `max_measurement` of the task's SumVec.
    package var maximum: UInt64 { (1 << UInt64(bits)) - 1 }

    /// The largest distance between a decoded average and the exact average of the clipped updates.
    package var worstCaseError: Double { bound / Double(maximum) + 4 * bound.ulp }

    /// Clips and encodes an update: one integer in `0 ... maximum` per coordinate. Infinities are clipped.
    ///
    /// - Throws: `UpdateEncodingError.notANumber` with the first coordinate that is NaN.
    package func encode(_ update: [Double]) throws(UpdateEncodingError) -> [UInt64] {
        if let coordinate = update.firstIndex(where: \.isNaN) { throw .notANumber(coordinate: coordinate) }
        let half = Double(maximum) / 2
        return update.map { value in
            let clipped = min(max(value, -bound), bound)
            return UInt64(((clipped / bound + 1) * half).rounded(.toNearestOrEven))
        }
    }

    /// The average update behind a sum of encoded updates.
    ///
    /// - Parameters:
    ///   - sums: Per coordinate, the sum of the contributors' integers.
    ///   - contributors: How many updates were summed, m in 1 ... 2^31.
    /// - Returns: Per coordinate, a number in [-bound, bound] within `worstCaseError` of the clipped updates' average.
    /// - Throws: `UpdateEncodingError` if m is out of range or a sum exceeds m·M.
    package func decodeAverage(_ sums: [UInt128], contributors: Int) throws(UpdateEncodingError) -> [Double] {
        guard (1...1 << 31).contains(contributors) else { throw .contributorCountOutOfRange(contributors) }
        // At most 2^63, so twice a sum and the difference below stay within 128 bits.
        let largest = UInt128(maximum) * UInt128(contributors)
        if let coordinate = sums.firstIndex(where: { $0 > largest }) {
            throw .sumOutOfRange(coordinate: coordinate, largest: largest)
        }
        return sums.map { sum in
            let numerator = Int128(2 * sum) - Int128(largest)
            return bound * (Double(numerator) / Double(largest))
        }
    }
}
