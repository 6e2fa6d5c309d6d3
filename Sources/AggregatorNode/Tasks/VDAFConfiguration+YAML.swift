import TaskTypes

/// How an operator's file names the type of a plain DAP task: `type` is the name of `cairn task create --vdaf`, and its
/// parameters stand beside it under the standard's names.
///
/// ```yaml
/// vdaf: { type: histogram, length: 10, chunk_length: 4 }
/// ```
///
/// All parameters are required, the chunk length too: every party must have the same bytes.
extension VDAFConfiguration {
    /// Reads the section `key`.
    init(_ key: String, in root: YAMLSection) throws(ConfigurationError) {
        var section = try root.section(key)
        let names = TaskTypeRegistry.names.joined(separator: ", ")
        let type = try section.value("type", reason: "the types are \(names)") { TaskTypeRegistry.type(named: $0) }
        try section.allowOnly(["type"] + type.parameterNames)
        try self.init(type, from: &section)
        do throws(VDAFConfigurationError) { try checkBounds() } catch {
            throw root.invalid(key, error.description)
        }
    }
}

extension YAMLSection: ParameterSource {
    func uint8(_ name: String, atLeast least: UInt8) throws(ConfigurationError) -> UInt8 {
        try number(name, in: least...UInt8.max)
    }

    func uint32(_ name: String) throws(ConfigurationError) -> UInt32 { try number(name, in: 1...UInt32.max) }
    func uint64(_ name: String) throws(ConfigurationError) -> UInt64 { try number(name, in: 1...UInt64.max) }

    func uint8(_ name: String, of choices: [UInt8], reason: String) throws(ConfigurationError) -> UInt8 {
        try value(name, reason: reason) { text in choices.first { "\($0)" == text } }
    }
}
