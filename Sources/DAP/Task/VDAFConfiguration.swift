import Commitments
import VDAF

/// Why a VDAF type and configuration cannot be used.
public enum VDAFConfigurationError: Error, Equatable, Sendable {
    /// The type's code point is not implemented; opt out of the task.
    case unsupportedType(UInt32)
    /// The configuration's bytes do not have the type's layout.
    case malformed(CodecError)
    /// A parameter is outside the range that the VDAF or Cairn's memory limit allows; the text shows the arithmetic.
    case outOfBounds(String)
}

extension VDAFConfigurationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unsupportedType(let type): "VDAF type 0x\(String(type, radix: 16)) is not supported"
        case .malformed(let error): "VDAF configuration: \(error)"
        case .outOfBounds(let reason): reason
        }
    }
}

/// Which VDAF a task uses, with its parameters: `vdaf_type` and `vdaf_configuration` of a task configuration.
///
/// Layouts are DAP-18's (appendix "VDAF Configuration Encodings") for types 1 to 5 and draft-ietf-ppm-l1-bound-sum's
/// for type 7. Ours, in Cairn's `Protocols/`, are those of the committed types and of the private ones.
public enum VDAFConfiguration: Hashable, Sendable {
    /// Prio3Count (1): how many measurements are true. No parameters.
    case count
    /// Prio3Sum (2): the sum of integers in [0, maxMeasurement]. `struct { uint64 max_measurement; }`
    case sum(maxMeasurement: UInt64)
    /// Prio3SumVec (3): the sum of vectors. `struct { uint32 length; uint64 max_measurement; uint32 chunk_length; }`
    case sumVec(length: UInt32, maxMeasurement: UInt64, chunkLength: UInt32)
    /// Prio3Histogram (4): how many measurements fall into each bucket. `struct { uint32 length; uint32 chunk_length;
    /// }`
    case histogram(length: UInt32, chunkLength: UInt32)
    /// Prio3MultihotCountVec (5): how many measurements choose each option, at most maxWeight of them at a time.
    /// `struct { uint32 length; uint32 chunk_length; uint64 max_weight; }`
    case multihotCountVec(length: UInt32, maxWeight: UInt64, chunkLength: UInt32)
    /// Prio3L1BoundSum (7): the sum of vectors whose coordinates add up to at most maxValue. `struct { uint32 length;
    /// uint64 max_value; uint32 chunk_length; }`
    case l1BoundSum(length: UInt32, maxValue: UInt64, chunkLength: UInt32)
    /// Prio3SumVecField64MultiproofHmacSha256Aes128 (0xFFFF1003): the sum of vectors over the small field, with several
    /// proofs. `struct { uint32 length; uint64 max_measurement; uint32 chunk_length; uint8 proofs; }`
    case sumVecField64(length: UInt32, maxMeasurement: UInt64, chunkLength: UInt32, proofs: UInt8)
    /// BoundedL2 (0xFFFF2001): the sum of vectors of real numbers whose Euclidean norm is bounded. `struct { uint32
    /// dimension; uint64 integer_bound; uint8 fractional_bits; uint8 field_size; }`, the bound in units of
    /// 2^-fractional_bits, the size of a field element 8 or 16 bytes.
    case boundedL2(dimension: UInt32, integerBound: UInt64, fractionalBits: UInt8, isField128: Bool)
    /// The same with a commitment to each share of the output; same parameters.
    indirect case committed(VDAFConfiguration)

    /// The code point.
    public var type: UInt32 {
        switch self {
        case .count: 1
        case .sum: 2
        case .sumVec: 3
        case .histogram: 4
        case .multihotCountVec: 5
        case .l1BoundSum: 7
        case .sumVecField64: 0xFFFF_1003
        case .boundedL2: 0xFFFF_2001
        // 0 is no type's: it is for a committed VDAF inside a committed one, which `checkBounds` refuses.
        case .committed(let base): CommittedID.id(of: base.type) ?? 0
        }
    }

    public var isCommitted: Bool {
        if case .committed = self { true } else { false }
    }

    /// The configuration without commitments.
    public var base: VDAFConfiguration {
        if case .committed(let base) = self { base } else { self }
    }

    /// The encoded parameters.
    public var parameters: [UInt8] {
        var writer = ByteWriter()
        switch base {
        case .sum(let maxMeasurement):
            writer.write(maxMeasurement)
        case .sumVec(let length, let maximum, let chunkLength), .l1BoundSum(let length, let maximum, let chunkLength):
            writer.write(length)
            writer.write(maximum)
            writer.write(chunkLength)
        case .histogram(let length, let chunkLength):
            writer.write(length)
            writer.write(chunkLength)
        case .multihotCountVec(let length, let maxWeight, let chunkLength):
            writer.write(length)
            writer.write(chunkLength)
            writer.write(maxWeight)
        case .sumVecField64(let length, let maxMeasurement, let chunkLength, let proofs):
            writer.write(length)
            writer.write(maxMeasurement)
            writer.write(chunkLength)
            writer.write(proofs)
        case .boundedL2(let dimension, let integerBound, let fractionalBits, let isField128):
            writer.write(dimension)
            writer.write(integerBound)
            writer.write(fractionalBits)
            writer.write(UInt8(isField128 ? 16 : 8))
        case .count, .committed:
            break
        }
        return writer.bytes
    }

    /// Decodes the parameters and checks their bounds.
    public init(type: UInt32, parameters: [UInt8]) throws(VDAFConfigurationError) {
        let baseType = CommittedID.base(of: type)
        var reader = ByteReader(parameters)
        let decoded: VDAFConfiguration?
        do throws(CodecError) {
            decoded = try Self.decode(type: baseType ?? type, &reader)
            if decoded != nil { try reader.finish() }
        } catch {
            throw .malformed(error)
        }
        guard let decoded else { throw .unsupportedType(type) }
        self = baseType == nil ? decoded : .committed(decoded)
        try checkBounds()
    }

    /// Nil for a type without commitments that we do not have.
    private static func decode(
        type: UInt32, _ reader: inout ByteReader
    ) throws(CodecError) -> VDAFConfiguration? {
        switch type {
        case 1:
            .count
        case 2:
            .sum(maxMeasurement: try reader.uint64("max_measurement"))
        case 3:
            .sumVec(
                length: try reader.uint32("length"), maxMeasurement: try reader.uint64("max_measurement"),
                chunkLength: try reader.uint32("chunk_length"))
        case 4:
            .histogram(length: try reader.uint32("length"), chunkLength: try reader.uint32("chunk_length"))
        case 5:
            try multihotCountVec(&reader)
        case 7:
            .l1BoundSum(
                length: try reader.uint32("length"), maxValue: try reader.uint64("max_value"),
                chunkLength: try reader.uint32("chunk_length"))
        case 0xFFFF_1003:
            .sumVecField64(
                length: try reader.uint32("length"), maxMeasurement: try reader.uint64("max_measurement"),
                chunkLength: try reader.uint32("chunk_length"), proofs: try reader.uint8("proofs"))
        case 0xFFFF_2001:
            try boundedL2(&reader)
        default:
            nil
        }
    }

    private static func boundedL2(_ reader: inout ByteReader) throws(CodecError) -> VDAFConfiguration {
        let dimension = try reader.uint32("dimension")
        let integerBound = try reader.uint64("integer_bound")
        let fractionalBits = try reader.uint8("fractional_bits")
        let fieldSize = try reader.uint8("field_size")
        guard fieldSize == 8 || fieldSize == 16 else {
            throw .unsupported(field: "field_size", value: UInt64(fieldSize))
        }
        return .boundedL2(
            dimension: dimension, integerBound: integerBound, fractionalBits: fractionalBits,
            isField128: fieldSize == 16)
    }

    /// On the wire the weight comes last, whatever the order of our arguments.
    private static func multihotCountVec(_ reader: inout ByteReader) throws(CodecError) -> VDAFConfiguration {
        let length = try reader.uint32("length")
        let chunkLength = try reader.uint32("chunk_length")
        return .multihotCountVec(
            length: length, maxWeight: try reader.uint64("max_weight"), chunkLength: chunkLength)
    }
}
