import Commitments
import VDAF

/// Vectors of real numbers with a bounded norm: how fine a task can round them, and the VDAF behind it.
extension VDAFConfiguration {
    /// The most fractional bits that are chosen by default: more than what updates of models carry.
    public static let mostDefaultFractionalBits: UInt8 = 20

    /// The least norm bound, in units of 2^-f, with which Field64 is chosen by default.
    public static let coarsestDefaultBound: UInt64 = 1 << 13

    /// A bounded-norm vector whose norm bound is given as a real number.
    ///
    /// - Parameters:
    ///   - dimension: The number of coordinates.
    ///   - normBound: The largest norm; rounded down to a multiple of 2^-f.
    ///   - fractionalBits: f. By default the largest, up to 20, with which commitments hide as the σ rule demands.
    ///   - isField128: whether to work in Field128, which costs twice the bytes; by default where Field64 would leave
    ///     a norm bound of less than 2^13 units.
    /// - Throws: `.outOfBounds`.
    public static func boundedL2(
        dimension: UInt32, normBound: Double, fractionalBits: UInt8? = nil, isField128: Bool? = nil
    ) throws(VDAFConfigurationError) -> VDAFConfiguration {
        guard let isField128 else {
            let short = try? boundedL2(
                dimension: dimension, normBound: normBound, fractionalBits: fractionalBits, isField128: false)
            if let short, fractionalBits == nil || short.isHiding, short.coordinateBound >= coarsestDefaultBound {
                return short
            }
            return try boundedL2(
                dimension: dimension, normBound: normBound, fractionalBits: fractionalBits, isField128: true)
        }
        guard let fractionalBits else {
            for bits in (0...mostDefaultFractionalBits).reversed() {
                let candidate = try? boundedL2(
                    dimension: dimension, normBound: normBound, fractionalBits: bits, isField128: isField128)
                if let candidate, candidate.isHiding { return candidate }
            }
            throw .outOfBounds(
                "\(dimension) coordinates with a norm up to \(normBound) do not fit a \(isField128 ? 128 : 64)-bit field")
        }
        let encoding: FixedPointEncoding
        do throws(VDAFError) {
            encoding = try FixedPointEncoding(normBound: normBound, fractionalBits: Int(fractionalBits))
        } catch {
            throw .outOfBounds("\(error)")
        }
        let configuration = VDAFConfiguration.boundedL2(
            dimension: dimension, integerBound: encoding.integerBound, fractionalBits: fractionalBits,
            isField128: isField128)
        try configuration.checkBounds()
        return configuration
    }

    /// Whether commitments hide as the σ rule demands.
    private var isHiding: Bool {
        (try? SigmaRule.check(
            modulus: fieldModulus, bound: UInt128(coordinateBound), distance: outputDistance)) != nil
    }

    /// How reals become integers, for a ``VDAFConfiguration/boundedL2(dimension:integerBound:fractionalBits:isField128:)``;
    /// nil for other types.
    public var fixedPointEncoding: FixedPointEncoding? {
        guard case .boundedL2(_, let integerBound, let fractionalBits, _) = base else { return nil }
        return try? FixedPointEncoding(integerBound: integerBound, fractionalBits: Int(fractionalBits))
    }

    /// The bounded-norm VDAF.
    ///
    /// - Throws: `.invalidParameter`, also for a configuration of another type.
    func boundedL2<Field: NTTFieldElement>(_ field: Field.Type) throws(VDAFError) -> BoundedL2<Field> {
        guard case .boundedL2(let dimension, let integerBound, let fractionalBits, _) = base else {
            throw .invalidParameter("the type has no bounded norm")
        }
        return try BoundedL2(
            encoding: FixedPointEncoding(integerBound: integerBound, fractionalBits: Int(fractionalBits)),
            dimension: Int(dimension))
    }
}
