import Commitments
import DAP
import Encodings
import VDAF

/// BoundedL2 (0xFFFF2001): the sum of vectors of real numbers whose Euclidean norm is bounded. `struct { uint32
/// dimension; uint64 integer_bound; uint8 fractional_bits; uint8 field_size; }`, the bound in units of
/// 2^-fractional_bits, the size of a field element 8 or 16 bytes.
package struct BoundedL2Type: TaskType {
    package static let id: UInt32 = 0xFFFF_2001
    package static let committedNumber: UInt32 = 0x101
    package static let name = "boundedl2"
    package static let words =
        "--length real numbers whose Euclidean norm is at most --norm-bound, such as a model update"
    package static let options: [TypeOption] = [.length, .normBound, .fractionalBits, .field]

    package let dimension: UInt32
    package let integerBound: UInt64
    package let fractionalBits: UInt8
    package let isField128: Bool

    init(dimension: UInt32, integerBound: UInt64, fractionalBits: UInt8, isField128: Bool) {
        self.dimension = dimension
        self.integerBound = integerBound
        self.fractionalBits = fractionalBits
        self.isField128 = isField128
    }

    package init<Source: ParameterSource>(from source: inout Source) throws(Source.Failure) {
        dimension = try source.uint32("dimension")
        integerBound = try source.uint64("integer_bound")
        fractionalBits = try source.uint8("fractional_bits", atLeast: 0)
        isField128 =
            try source.uint8("field_size", of: [8, 16], reason: "a field element has 8 or 16 bytes") == 16
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(dimension)
        writer.write(integerBound)
        writer.write(fractionalBits)
        writer.write(UInt8(isField128 ? 16 : 8))
    }

    package init(options: TypeOptions) throws(TypeOptionError) {
        let dimension: UInt32 = try options.required(.length)
        let bound = try options.requiredReal(.normBound)
        let field: Int? = options.number(.field)
        guard field == nil || field == 64 || field == 128 else { throw .invalid("--field must be 64 or 128.") }
        do throws(VDAFConfigurationError) {
            try self.init(
                dimension: dimension, normBound: bound, fractionalBits: options.number(.fractionalBits),
                isField128: field.map { $0 == 128 })
        } catch {
            throw .configuration(error)
        }
    }

    /// - Throws: `.outOfBounds`. See ``VDAFConfiguration/boundedL2(dimension:normBound:fractionalBits:isField128:)``.
    init(
        dimension: UInt32, normBound: Double, fractionalBits: UInt8?, isField128: Bool?
    ) throws(VDAFConfigurationError) {
        // Before anything is built that long.
        guard 1...TypeLimits.elements ~= Int(dimension) else {
            throw .outOfBounds("dimension \(dimension) must lie in 1...\(TypeLimits.elements)")
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
        self.init(
            dimension: dimension, integerBound: encoding.integerBound,
            fractionalBits: UInt8(encoding.fractionalBits), isField128: inField128)
        try checkBounds()
    }

    /// How reals become integers.
    var encoding: FixedPointEncoding {
        get throws(VDAFError) {
            try FixedPointEncoding(integerBound: integerBound, fractionalBits: Int(fractionalBits))
        }
    }

    package func checkBounds() throws(VDAFConfigurationError) {
        guard dimension <= TypeLimits.elements else {
            throw .outOfBounds("dimension \(dimension) exceeds \(TypeLimits.elements) elements")
        }
        do throws(VDAFError) {
            let encoding = try encoding
            if isField128 {
                try BoundedL2<Field128>.check(encoding: encoding, dimension: Int(dimension))
            } else {
                try BoundedL2<Field64>.check(encoding: encoding, dimension: Int(dimension))
            }
        } catch {
            throw .outOfBounds("\(error)")
        }
    }

    package var encodedElements: Int { outputLength }
    package var outputLength: Int { Int(dimension) }
    package var coordinateBound: UInt64 { integerBound }
    package var isSigned: Bool { true }
    package var outputDistance: UInt128 {
        BoundedL2Vector.outputDistance(dimension: Int(dimension), integerBound: integerBound)
    }
    /// Half of the distance between a vector and its opposite.
    package var sumBound: UInt128 { (outputDistance + 1) / 2 }
    package var unit: Double { Double(sign: .plus, exponent: -Int(fractionalBits), significand: 1) }
    package var fieldModulus: UInt128 { isField128 ? Field128.modulus : Field64.modulus }
    package var advisedWhereUnsafe: String? { "use fewer fractional bits, or Field128 instead" }

    package var text: String {
        "sum of vectors of \(dimension) real numbers of norm at most \(Double(integerBound) * unit), in units of "
            + "2^-\(fractionalBits)" + (isField128 ? ", in a 128-bit field" : "")
    }

    package func measurement(
        _ texts: [String], _ reader: some NumberReader
    ) throws(MeasurementFault) -> MeasurementValue {
        let values = try texts.map { text throws(MeasurementFault) in try reader.real(text) }
        // The sending of the first report would else find out.
        guard let encoding = try? encoding, (try? encoding.encode(values)) == nil else { return .real(values) }
        throw MeasurementFault(
            values.count == 1
                ? "\(texts[0].quotedForPeople) is too large"
                : "the numbers' Euclidean norm is \(encoding.roundedNorm(of: values))",
            advice: "The task takes up to \(encoding.normBound)\(values.count == 1 ? ", of either sign" : "").")
    }

    package func makeVDAF(_ maker: TaskVDAFMaker) throws(VDAFError) -> any TaskVDAF {
        isField128
            ? try make(BoundedL2VectorField128(encoding: encoding, dimension: Int(dimension)), maker)
            : try make(BoundedL2Vector(encoding: encoding, dimension: Int(dimension)), maker)
    }

    private func make<Field: NTTFieldElement>(
        _ vdaf: BoundedL2<Field>, _ maker: TaskVDAFMaker
    ) throws(VDAFError) -> any TaskVDAF {
        try maker.make(
            vdaf, measurement: { if case .real(let values) = $0 { values } else { nil } },
            result: { .signedVector($0.integers) })
    }
}

extension TypeOption {
    package static let normBound = TypeOption("--norm-bound")
    package static let fractionalBits = TypeOption("--fractional-bits")
    package static let field = TypeOption("--field")
}

extension VDAFConfiguration {
    /// BoundedL2, with the bound in units of 2^-fractionalBits.
    public static func boundedL2(
        dimension: UInt32, integerBound: UInt64, fractionalBits: UInt8, isField128: Bool
    ) -> VDAFConfiguration {
        VDAFConfiguration(
            BoundedL2Type(
                dimension: dimension, integerBound: integerBound, fractionalBits: fractionalBits,
                isField128: isField128))
    }

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
        VDAFConfiguration(
            try BoundedL2Type(
                dimension: dimension, normBound: normBound, fractionalBits: fractionalBits, isField128: isField128))
    }

    /// How reals become integers, for a ``boundedL2(dimension:integerBound:fractionalBits:isField128:)``; nil for other
    /// types.
    public var fixedPointEncoding: FixedPointEncoding? { try? (taskType as? BoundedL2Type)?.encoding }
}
