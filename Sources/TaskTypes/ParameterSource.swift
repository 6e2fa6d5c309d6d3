import DAP

/// Where a type's parameters come from: the bytes of `vdaf_configuration`, or a section of an operator's file. Both have
/// them under the standard's names, so a type reads them once.
package protocol ParameterSource {
    associatedtype Failure: Error

    mutating func uint8(_ name: String, atLeast least: UInt8) throws(Failure) -> UInt8
    mutating func uint32(_ name: String) throws(Failure) -> UInt32
    mutating func uint64(_ name: String) throws(Failure) -> UInt64

    /// One of a few numbers.
    ///
    /// - Parameter reason: Which ones they are, for people.
    mutating func uint8(_ name: String, of choices: [UInt8], reason: String) throws(Failure) -> UInt8
}

/// Smallest values are left to ``TaskType/checkBounds()``, which has words for them.
extension ByteReader: ParameterSource {
    package mutating func uint8(_ name: String, atLeast least: UInt8) throws(CodecError) -> UInt8 { try uint8(name) }

    package mutating func uint8(
        _ name: String, of choices: [UInt8], reason: String
    ) throws(CodecError) -> UInt8 {
        let value = try uint8(name)
        guard choices.contains(value) else { throw .unsupported(field: name, value: UInt64(value)) }
        return value
    }
}

/// Notes the names that a type asks for.
struct ParameterNames: ParameterSource {
    private(set) var names: [String] = []

    private mutating func note<Number: FixedWidthInteger>(_ name: String, _ value: Number) -> Number {
        names.append(name)
        return value
    }

    mutating func uint8(_ name: String, atLeast least: UInt8) -> UInt8 { note(name, least) }
    mutating func uint32(_ name: String) -> UInt32 { note(name, 1) }
    mutating func uint64(_ name: String) -> UInt64 { note(name, 1) }
    mutating func uint8(_ name: String, of choices: [UInt8], reason: String) -> UInt8 { note(name, choices.first ?? 0) }
}
