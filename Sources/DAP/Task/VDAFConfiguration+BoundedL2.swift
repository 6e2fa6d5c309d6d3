import Commitments
import VDAF

/// Vectors of real numbers with a bounded norm: how finely a task rounds them, and the VDAF behind it.
extension VDAFConfiguration {
    /// A bounded-norm vector whose norm bound is given as a real number.
    ///
    /// - Parameters:
    ///   - dimension: The number of coordinates.
    ///   - normBound: The largest norm; rounded down to a multiple of 2^-f.
    ///   - fractionalBits: f. By default the largest with which commitments hide as the σ rule demands, as long as the
    ///     bound is at most 2^20 units.
    ///   - isField128: whether to work in Field128, which costs twice the bytes; by default where Field64 would leave
    ///     a norm bound of less than 2^13 units.
    /// - Throws: `.outOfBounds`.
    public static func boundedL2(
        dimension: UInt32, normBound: Double, fractionalBits: UInt8? = nil, isField128: Bool? = nil
    ) throws(VDAFConfigurationError) -> VDAFConfiguration {
        // Before anything is built that long.
        guard 1...maximumElements ~= Int(dimension) else {
            throw .outOfBounds("dimension \(dimension) must lie in 1...\(maximumElements)")
        }
        let encoding: FixedPointEncoding
        var inField128 = isField128 ?? false
        do throws(VDAFError) {
            if let fractionalBits {
                encoding = try FixedPointEncoding(normBound: normBound, fractionalBits: Int(fractionalBits))
                inField128 =
                    isField128 ?? !BoundedL2Precision.isPossible(encoding, dimension: Int(dimension), Field64.self)
            } else {
                let precision = try BoundedL2Precision(
                    normBound: normBound, dimension: Int(dimension), isField128: isField128)
                (encoding, inField128) = (precision.encoding, precision.isField128)
            }
        } catch {
            throw .outOfBounds("\(error)")
        }
        let configuration = VDAFConfiguration.boundedL2(
            dimension: dimension, integerBound: encoding.integerBound,
            fractionalBits: UInt8(encoding.fractionalBits), isField128: inField128)
        try configuration.checkBounds()
        return configuration
    }

    /// How reals become integers, for a ``VDAFConfiguration/boundedL2(dimension:integerBound:fractionalBits:isField128:)``;
    /// nil for other types.
    public var fixedPointEncoding: FixedPointEncoding? { try? boundedEncoding }

    /// - Throws: `.invalidParameter`, also for a configuration of another type.
    var boundedEncoding: FixedPointEncoding {
        get throws(VDAFError) {
            guard case .boundedL2(_, let integerBound, let fractionalBits, _) = base else {
                throw .invalidParameter("the type has no bounded norm")
            }
            return try FixedPointEncoding(integerBound: integerBound, fractionalBits: Int(fractionalBits))
        }
    }
}
