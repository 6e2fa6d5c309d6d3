import Commitments
import DAP
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
/// for type 7. Ours, in Cairn's `Protocols/`, are those of the committed types and of the private ones. Each type is a
/// file of its own (``TaskType``), which also makes the configurations: `.histogram(length: 10, chunkLength: 4)`.
public struct VDAFConfiguration: Sendable {
    /// The type with its parameters, without commitments.
    package let taskType: any TaskType
    /// Whether there is a commitment to each share of the output. The parameters are the same.
    public let isCommitted: Bool

    init(_ taskType: any TaskType, isCommitted: Bool = false) {
        self.taskType = taskType
        self.isCommitted = isCommitted
    }

    /// The same type with commitments.
    public static func committed(_ base: VDAFConfiguration) -> VDAFConfiguration {
        VDAFConfiguration(base.taskType, isCommitted: true)
    }

    /// The configuration without commitments.
    public var base: VDAFConfiguration { VDAFConfiguration(taskType) }

    // MARK: The wire

    /// The code point.
    public var type: UInt32 {
        let type = Swift.type(of: taskType)
        return isCommitted ? CommittedID.id(ofNumber: type.committedNumber) : type.id
    }

    /// The encoded parameters.
    public var parameters: [UInt8] {
        var writer = ByteWriter()
        taskType.encode(into: &writer)
        return writer.bytes
    }

    /// Decodes the parameters and checks their bounds.
    public init(type id: UInt32, parameters: [UInt8]) throws(VDAFConfigurationError) {
        let number = CommittedID.number(of: id)
        let known = number.map(TaskTypeRegistry.type(committedNumber:)) ?? TaskTypeRegistry.type(id: id)
        guard let type = known else { throw .unsupportedType(id) }
        var reader = ByteReader(parameters)
        do throws(CodecError) {
            self.init(try type.init(from: &reader), isCommitted: number != nil)
            try reader.finish()
        } catch {
            throw .malformed(error)
        }
        try checkBounds()
    }

    /// Reads a type's parameters from an operator's file.
    ///
    /// - Throws: what the file throws. ``checkBounds()`` is the caller's.
    package init<Source: ParameterSource>(
        _ type: any TaskType.Type, from source: inout Source
    ) throws(Source.Failure) {
        self.init(try type.init(from: &source))
    }

    /// Makes a type of a person's options, with the best chunk length unless one is given.
    package init(_ type: any TaskType.Type, options: TypeOptions) throws(TypeOptionError) {
        for option in options.given where !type.options.contains(option) { throw .needless(option) }
        self.init(try type.init(options: options))
        do throws(VDAFConfigurationError) {
            if !options.given.contains(.chunkLength) { self = try withRecommendedChunkLength() }
            try checkBounds()
        } catch {
            throw .configuration(error)
        }
    }

    // MARK: What the type says

    /// The largest encoded measurement, in field elements: 4,194,304.
    public static let maximumElements = TypeLimits.elements

    /// Checks that the VDAF can be built, and within how much memory.
    public func checkBounds() throws(VDAFConfigurationError) { try taskType.checkBounds() }

    /// The configuration with the chunk length that makes the shortest proof, for types that have one.
    ///
    /// - Throws: `.outOfBounds` where the measurement is too long for any.
    public func withRecommendedChunkLength() throws(VDAFConfigurationError) -> VDAFConfiguration {
        var changed = self
        if let chunked = taskType as? any ChunkedTaskType {
            changed = VDAFConfiguration(chunked.withRecommendedChunkLength(), isCommitted: isCommitted)
        }
        try changed.checkBounds()
        return changed
    }

    /// The chunk length with the shortest proof for a measurement of `elements` field elements, of each of which the
    /// gadget takes two inputs.
    package static func recommendedChunkLength(elements: Int) -> UInt32 {
        TypeLimits.recommendedChunkLength(elements: elements)
    }

    /// The type's name in commands and files.
    package var name: String { Swift.type(of: taskType).name }
    package var encodedElements: Int { taskType.encodedElements }
    package var outputLength: Int { taskType.outputLength }
    package var coordinateBound: UInt64 { taskType.coordinateBound }
    package var isSigned: Bool { taskType.isSigned }
    package var outputDistance: UInt128 { taskType.outputDistance }
    package var sumBound: UInt128 { taskType.sumBound }
    package var unit: Double { taskType.unit }
    package var fieldModulus: UInt128 { taskType.fieldModulus }

    /// Bytes of an output share without its blind.
    package var outputShareSize: Int {
        outputLength * (fieldModulus == Field64.modulus ? Field64.encodedSize : Field128.encodedSize)
    }

    /// The type in a sentence's words; whether it is committed, they do not say.
    package var text: String { taskType.text }
}

/// The encoding determines everything else.
extension VDAFConfiguration: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.type == right.type && left.parameters == right.parameters
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(parameters)
    }
}

extension VDAFConfiguration: CustomStringConvertible {
    public var description: String { isCommitted ? "committed \(text)" : text }
}
