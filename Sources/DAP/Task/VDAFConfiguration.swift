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

/// Which VDAF a task uses, with its parameters: `vdaf_type` and `vdaf_configuration` of a task configuration
/// (DAP-18 appendix "VDAF Configuration Encodings"; the committed types in Cairn's `Protocols/committed-vdaf.md`).
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
    /// The same with a commitment to each share of the output (0xFFFFC000 + the type above); same parameters.
    indirect case committed(VDAFConfiguration)

    /// What is added to a VDAF's type to name its committed form.
    static let committedOffset: UInt32 = 0xFFFF_C000

    /// The code point.
    public var type: UInt32 {
        switch self {
        case .count: 1
        case .sum: 2
        case .sumVec: 3
        case .histogram: 4
        case .committed(let base): Self.committedOffset &+ base.type
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
        case .sumVec(let length, let maxMeasurement, let chunkLength):
            writer.write(length)
            writer.write(maxMeasurement)
            writer.write(chunkLength)
        case .histogram(let length, let chunkLength):
            writer.write(length)
            writer.write(chunkLength)
        case .count, .committed:
            break
        }
        return writer.bytes
    }

    /// Decodes the parameters and checks their bounds.
    public init(type: UInt32, parameters: [UInt8]) throws(VDAFConfigurationError) {
        let isCommitted = type > Self.committedOffset
        let configuration = try Self.decodeBase(
            type: isCommitted ? type - Self.committedOffset : type, parameters: parameters, original: type)
        self = isCommitted ? .committed(configuration) : configuration
        try checkBounds()
    }

    private static func decodeBase(
        type: UInt32, parameters: [UInt8], original: UInt32
    ) throws(VDAFConfigurationError) -> VDAFConfiguration {
        var reader = ByteReader(parameters)
        do throws(CodecError) {
            let configuration: VDAFConfiguration
            switch type {
            case 1:
                configuration = .count
            case 2:
                configuration = .sum(maxMeasurement: try reader.uint64("max_measurement"))
            case 3:
                configuration = .sumVec(
                    length: try reader.uint32("length"), maxMeasurement: try reader.uint64("max_measurement"),
                    chunkLength: try reader.uint32("chunk_length"))
            case 4:
                configuration = .histogram(
                    length: try reader.uint32("length"), chunkLength: try reader.uint32("chunk_length"))
            default:
                throw CodecError.unsupported(field: "vdaf_type", value: UInt64(original))
            }
            try reader.finish()
            return configuration
        } catch .unsupported {
            throw .unsupportedType(original)
        } catch {
            throw .malformed(error)
        }
    }
}
