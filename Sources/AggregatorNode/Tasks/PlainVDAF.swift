import DAP

/// The types that a plain DAP task may have, under the names of `cairn task create --vdaf`, and how YAML files write
/// their parameters: under the standard's names.
///
/// | name | parameters |
/// | --- | --- |
/// | `count` | |
/// | `sum` | `max_measurement` |
/// | `sumvec` | `length`, `max_measurement`, `chunk_length` |
/// | `histogram` | `length`, `chunk_length` |
/// | `multihot` | `length`, `max_weight`, `chunk_length` |
/// | `l1boundsum` | `length`, `max_value`, `chunk_length` |
/// | `sumvec64hmac` | `length`, `max_measurement`, `chunk_length`, `proofs` |
/// | `boundedl2` | `dimension`, `integer_bound`, `fractional_bits`, `field_size` (8 or 16 bytes) |
///
/// All are required, the chunk length too: every party must have the same bytes.
package enum PlainVDAF: String, CaseIterable, Sendable {
    case count, sum, sumvec, histogram, multihot, l1boundsum, sumvec64hmac, boundedl2

    /// The kind of a task's type; nil for committed types.
    package init?(_ vdaf: VDAFConfiguration) {
        switch vdaf {
        case .count: self = .count
        case .sum: self = .sum
        case .sumVec: self = .sumvec
        case .histogram: self = .histogram
        case .multihotCountVec: self = .multihot
        case .l1BoundSum: self = .l1boundsum
        case .sumVecField64: self = .sumvec64hmac
        case .boundedL2: self = .boundedl2
        case .committed: return nil
        }
    }

    static let names = allCases.map(\.rawValue).joined(separator: ", ")

    private var parameters: [String] {
        switch self {
        case .count: []
        case .sum: ["max_measurement"]
        case .sumvec: ["length", "max_measurement", "chunk_length"]
        case .histogram: ["length", "chunk_length"]
        case .multihot: ["length", "max_weight", "chunk_length"]
        case .l1boundsum: ["length", "max_value", "chunk_length"]
        case .sumvec64hmac: ["length", "max_measurement", "chunk_length", "proofs"]
        case .boundedl2: ["dimension", "integer_bound", "fractional_bits", "field_size"]
        }
    }

    /// Reads the section `key`: `type` and its parameters.
    static func configuration(_ key: String, in root: YAMLSection) throws(ConfigurationError) -> VDAFConfiguration {
        let section = try root.section(key)
        let kind = try section.value("type", reason: "the types are \(names)") { PlainVDAF(rawValue: $0) }
        try section.allowOnly(["type"] + kind.parameters)
        let configuration = try kind.configuration(section)
        do throws(VDAFConfigurationError) { try configuration.checkBounds() } catch {
            throw root.invalid(key, error.description)
        }
        return configuration
    }

    private func configuration(_ section: YAMLSection) throws(ConfigurationError) -> VDAFConfiguration {
        func small(_ key: String) throws(ConfigurationError) -> UInt32 { try section.number(key, in: 1...UInt32.max) }
        func large(_ key: String) throws(ConfigurationError) -> UInt64 { try section.number(key, in: 1...UInt64.max) }
        switch self {
        case .count: return .count
        case .sum: return .sum(maxMeasurement: try large("max_measurement"))
        case .sumvec:
            return .sumVec(
                length: try small("length"), maxMeasurement: try large("max_measurement"),
                chunkLength: try small("chunk_length"))
        case .histogram:
            return .histogram(length: try small("length"), chunkLength: try small("chunk_length"))
        case .multihot:
            return .multihotCountVec(
                length: try small("length"), maxWeight: try large("max_weight"), chunkLength: try small("chunk_length"))
        case .l1boundsum:
            return .l1BoundSum(
                length: try small("length"), maxValue: try large("max_value"), chunkLength: try small("chunk_length"))
        case .sumvec64hmac:
            return .sumVecField64(
                length: try small("length"), maxMeasurement: try large("max_measurement"),
                chunkLength: try small("chunk_length"), proofs: try section.number("proofs", in: 1...UInt8.max))
        case .boundedl2:
            let size = try section.value("field_size", reason: "a field element has 8 or 16 bytes") {
                ["8", "16"].contains($0) ? $0 : nil
            }
            return .boundedL2(
                dimension: try small("dimension"), integerBound: try large("integer_bound"),
                fractionalBits: try section.number("fractional_bits", in: 0...UInt8.max), isField128: size == "16")
        }
    }
}
