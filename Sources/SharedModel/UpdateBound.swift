import Foundation
import VDAF

// How far one contributor can move the shared model.
//
// An update's Euclidean norm is at most N. Whoever sends more is refused by the aggregators, who see neither the update
// nor its norm: the contributor proves it (`BoundedL2`). An honest contributor scales a longer update down to N, which
// keeps its direction. So k of m contributors who conspire move the average by at most k·N/m, whatever they send.
//
// Coordinates are sent as multiples of 2^-f. What f may be is for `BoundedL2Precision` to say.

/// The public rule for updates of a given length: the bound on their norm, and how finely they are rounded.
package struct UpdateBound: Sendable, Equatable {
    /// The number of coordinates.
    package let dimension: Int
    /// How coordinates become integers, and the bound on their norm.
    package let encoding: FixedPointEncoding

    /// N, as it is enforced: a multiple of 2^-f.
    package var norm: Double { encoding.normBound }
    /// f.
    package var fractionalBits: Int { encoding.fractionalBits }

    /// - Precondition: `dimension` is positive.
    package init(encoding: FixedPointEncoding, dimension: Int) {
        precondition(dimension > 0, "an update has coordinates")
        self.encoding = encoding
        self.dimension = dimension
    }

    /// - Throws: `UpdateBoundError.normOutOfRange`, `.fractionalBitsOutOfRange`.
    /// - Precondition: `dimension` is positive.
    package init(norm: Double, fractionalBits: Int, dimension: Int) throws(UpdateBoundError) {
        guard norm > 0, norm.isFinite else { throw .normOutOfRange(norm) }
        let encoding: FixedPointEncoding
        do {
            encoding = try FixedPointEncoding(normBound: norm, fractionalBits: fractionalBits)
        } catch {
            throw .fractionalBitsOutOfRange(fractionalBits, norm: norm)
        }
        self.init(encoding: encoding, dimension: dimension)
    }

    /// The update as it is if its norm is within the bound, else scaled down to it.
    ///
    /// - Throws: `UpdateBoundError` for a wrong number of coordinates, or one that is not finite.
    package func clip(_ update: [Double]) throws(UpdateBoundError) -> [Double] {
        try checkNumbers(update)
        do {
            return try encoding.clip(update)
        } catch {
            preconditionFailure("finite vectors can be clipped: \(error)")
        }
    }

    /// The same, with what was done.
    package func clipped(_ update: [Double]) throws(UpdateBoundError) -> ClippedUpdate {
        let fitting = try clip(update)
        let norm = FixedPointEncoding.norm(of: update)
        // What fitted comes back as it was.
        let factor = fitting == update || norm == 0 ? 1 : FixedPointEncoding.norm(of: fitting) / norm
        return ClippedUpdate(update: fitting, norm: norm, bound: self.norm, factor: factor)
    }

    /// The integers that stand for an update within the bound.
    ///
    /// - Throws: `UpdateBoundError` for a wrong number of coordinates, one that is not finite, or a norm above the bound.
    @discardableResult
    package func encode(_ update: [Double]) throws(UpdateBoundError) -> [Int64] {
        try checkNumbers(update)
        do {
            return try encoding.encode(update)
        } catch {
            throw .aboveBound(norm: encoding.roundedNorm(of: update), bound: norm, fractionalBits: fractionalBits)
        }
    }

    /// The average update behind a sum of encoded updates: Σ·2^-f / m.
    ///
    /// One conversion of an integer to a double and one division per coordinate, both rounded as IEEE 754 says, so anybody
    /// who has the published sum computes the same bytes.
    ///
    /// - Parameters:
    ///   - sums: Per coordinate, the sum of the contributors' integers.
    ///   - contributors: How many updates were summed, m in 1 ... 2^31.
    /// - Throws: `UpdateBoundError` for a wrong number of coordinates, m out of range, or a sum beyond m·N·2^f.
    package func average(of sums: [Int128], contributors: Int) throws(UpdateBoundError) -> [Double] {
        guard sums.count == dimension else { throw .wrongCount(found: sums.count, expected: dimension) }
        guard (1...1 << 31).contains(contributors) else { throw .contributorCountOutOfRange(contributors) }
        let largest = UInt128(encoding.integerBound) * UInt128(contributors)
        if let coordinate = sums.firstIndex(where: { $0.magnitude > largest }) {
            throw .sumOutOfRange(coordinate: coordinate, largest: largest)
        }
        // m·2^f, exact.
        let divisor = Double(sign: .plus, exponent: fractionalBits, significand: Double(contributors))
        return sums.map { Double($0) / divisor }
    }

    private func checkNumbers(_ update: [Double]) throws(UpdateBoundError) {
        guard update.count == dimension else { throw .wrongCount(found: update.count, expected: dimension) }
        if let coordinate = update.firstIndex(where: { !$0.isFinite }) { throw .notFinite(coordinate: coordinate) }
    }
}

/// An update that fits its bound, and how it came to.
package struct ClippedUpdate: Sendable, Equatable, CustomStringConvertible {
    package let update: [Double]
    /// The Euclidean norm of what was given.
    package let norm: Double
    package let bound: Double
    /// By what all coordinates were multiplied; 1 where the update fitted as it was.
    package let factor: Double

    package var isScaled: Bool { factor != 1 }

    /// For who sends it.
    package var description: String {
        let given = "the update's norm is \(Self.short(norm)), and at most \(Self.short(bound)) is allowed"
        return isScaled ? "\(given): it was scaled down to \(Self.short(factor)) of its length" : "\(given)"
    }

    /// Four significant digits.
    private static func short(_ number: Double) -> String { String(format: "%.4g", number) }
}

/// Why an update cannot be sent, or a sum not be what updates add up to.
package enum UpdateBoundError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bound is no positive finite number.
    case normOutOfRange(Double)
    /// norm·2^bits is below 1 or not below 2^32, or the bits are not in 0 ... 63.
    case fractionalBitsOutOfRange(Int, norm: Double)
    /// An update or a sum has the wrong number of coordinates.
    case wrongCount(found: Int, expected: Int)
    /// A coordinate is NaN or infinite.
    case notFinite(coordinate: Int)
    /// An update is longer than the bound, after rounding to multiples of 2^-fractionalBits.
    case aboveBound(norm: Double, bound: Double, fractionalBits: Int)
    /// A sum was given for no contributor, or for more than 2^31 of them.
    case contributorCountOutOfRange(Int)
    /// A coordinate of the sum is beyond what that many contributors can reach.
    case sumOutOfRange(coordinate: Int, largest: UInt128)

    package var description: String {
        switch self {
        case .normOutOfRange(let norm):
            "the norm bound is \(norm). Give a positive number."
        case .fractionalBitsOutOfRange(let bits, let norm):
            "\(bits) fractional bits do not go with the norm bound \(norm): bound·2^bits must be in 1 ... 2^32 - 1, and "
                + "the bits in 0 ... 63."
        case .wrongCount(let found, let expected):
            "the update has \(found) coordinates, and \(expected) are expected. Check that it was computed for this "
                + "task's model."
        case .notFinite(let coordinate):
            "coordinate \(coordinate) of the update, counted from 0, is not a finite number. Look for a division by zero "
                + "or a learning rate that is too high."
        case .aboveBound(let norm, let bound, let bits):
            "the update's norm is \(norm) after rounding to multiples of 2^-\(bits), and at most \(bound) is allowed. "
                + "Scale it down."
        case .contributorCountOutOfRange(let count):
            "the sum is said to be of \(count) contributors. It needs at least one, and at most 2^31."
        case .sumOutOfRange(let coordinate, let largest):
            "coordinate \(coordinate) of the sum is beyond ±\(largest), the most that its contributors can reach. Check "
                + "the number of contributors and the task's bound."
        }
    }
}
