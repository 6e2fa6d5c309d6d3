import Foundation
import InputFiles
import Yams

/// One mapping of a configuration file, read strictly: every key is known, present where it must be, and of its type.
struct YAMLSection {
    private let file: String
    /// Name of the section in messages, `""` for the top level.
    private let name: String
    /// Where the section starts, for complaints about what it lacks.
    private let line: Int?
    private var values: [String: (node: Yams.Node, line: Int?)] = [:]

    /// The text of a configuration file.
    static func text(ofFile path: String) throws(ConfigurationError) -> String {
        do throws(InputFileError) {
            return try InputFile.text(path, upTo: 1 << 20)
        } catch {
            throw ConfigurationError(file: path, line: nil, cause: .unreadable(error))
        }
    }

    /// A path of a configuration file: `~/…` is in the home folder, relative ones start at the file's folder.
    static func path(_ text: String, besideFile file: String) -> String {
        let text = HomeFolder.expand(text)
        let folder = (file as NSString).deletingLastPathComponent
        return text.hasPrefix("/") || folder.isEmpty ? text : "\(folder)/\(text)"
    }

    /// Parses a whole file.
    static func document(_ yaml: String, file: String) throws(ConfigurationError) -> YAMLSection {
        let node: Yams.Node?
        do {
            node = try Yams.compose(yaml: yaml)
        } catch {
            throw Self.syntaxError(error, file: file, text: yaml)
        }
        guard let node else {
            throw ConfigurationError(file: file, line: nil, cause: .syntax("the file is empty"))
        }
        return try YAMLSection(node, file: file, name: "")
    }

    private init(_ node: Yams.Node, file: String, name: String) throws(ConfigurationError) {
        self.file = file
        self.name = name
        line = node.mark?.line
        guard case .mapping(let mapping) = node else {
            throw ConfigurationError(
                file: file, line: node.mark?.line,
                cause: name.isEmpty
                    ? .syntax("the file must have lines of the form 'key: value'")
                    : .wrongType(key: name, expected: "a section of 'key: value' lines"))
        }
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw ConfigurationError(
                    file: file, line: key.mark?.line,
                    cause: .wrongType(key: name, expected: "a section with plain keys"))
            }
            guard values[scalar.string] == nil else {
                throw ConfigurationError(file: file, line: key.mark?.line, cause: .duplicateKey(path(scalar.string)))
            }
            values[scalar.string] = (value, key.mark?.line)
        }
    }

    /// Refuses keys that are not in `known`.
    func allowOnly(_ known: [String]) throws(ConfigurationError) {
        let strangers = values.filter { !known.contains($0.key) }
        guard let first = strangers.min(by: { ($0.value.line ?? 0) < ($1.value.line ?? 0) }) else { return }
        throw ConfigurationError(
            file: file, line: first.value.line, cause: .unknownKey(path(first.key), known: known.map(path)))
    }

    func has(_ key: String) -> Bool { values[key] != nil }

    /// The text behind a key that must be there.
    func text(_ key: String) throws(ConfigurationError) -> String {
        guard let value = values[key] else { throw missing(key) }
        guard case .scalar(let scalar) = value.node else {
            throw ConfigurationError(
                file: file, line: value.line,
                cause: .wrongType(key: path(key), expected: "one value, not a list or section"))
        }
        guard !scalar.string.isEmpty, !(scalar.style == .plain && ["~", "null"].contains(scalar.string)) else {
            throw ConfigurationError(
                file: file, line: value.line, cause: .wrongType(key: path(key), expected: "a value; it is empty"))
        }
        return scalar.string
    }

    /// The texts of a list that must be there and have at least one.
    func texts(_ key: String) throws(ConfigurationError) -> [String] {
        guard let value = values[key] else { throw missing(key) }
        guard case .sequence(let sequence) = value.node, !sequence.isEmpty else {
            throw ConfigurationError(
                file: file, line: value.line, cause: .wrongType(key: path(key), expected: "a list of values"))
        }
        var texts: [String] = []
        for item in sequence {
            guard case .scalar(let scalar) = item, !scalar.string.isEmpty else {
                throw ConfigurationError(
                    file: file, line: item.mark?.line,
                    cause: .wrongType(key: path(key), expected: "a list of plain values"))
            }
            texts.append(scalar.string)
        }
        return texts
    }

    /// One text, or a list of them.
    func oneOrMore(_ key: String) throws(ConfigurationError) -> [String] {
        if case .sequence = values[key]?.node { return try texts(key) }
        return [try text(key)]
    }

    /// The sections of a list that must be there and have at least one.
    func sections(_ key: String) throws(ConfigurationError) -> [YAMLSection] {
        guard let value = values[key] else { throw missing(key) }
        guard case .sequence(let sequence) = value.node, !sequence.isEmpty else {
            throw ConfigurationError(
                file: file, line: value.line, cause: .wrongType(key: path(key), expected: "a list of sections"))
        }
        var sections: [YAMLSection] = []
        for (index, item) in sequence.enumerated() {
            sections.append(try YAMLSection(item, file: file, name: path("\(key)[\(index)]")))
        }
        return sections
    }

    func section(_ key: String) throws(ConfigurationError) -> YAMLSection {
        guard let value = values[key] else { throw missing(key) }
        return try YAMLSection(value.node, file: file, name: path(key))
    }

    /// The text behind a key, made into what it stands for.
    func value<Value>(
        _ key: String, reason: String, _ make: (String) -> Value?
    ) throws(ConfigurationError) -> Value {
        let text = try text(key)
        guard let value = make(text) else { throw invalid(key, reason) }
        return value
    }

    /// A whole number that must be there.
    func number<Number: FixedWidthInteger>(
        _ key: String, in range: ClosedRange<Number>
    ) throws(ConfigurationError) -> Number {
        try value(key, reason: "write a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Number($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func invalid(_ key: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(file: file, line: values[key]?.line, cause: .invalidValue(key: path(key), reason: reason))
    }

    /// What is wrong with the section as a whole.
    func incomplete(_ reason: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, cause: .invalidValue(key: name, reason: reason))
    }

    /// A key that must be there, and why.
    func lacking(_ key: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, cause: .missingKey(path(key), reason: reason))
    }

    func needless(_ key: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(file: file, line: values[key]?.line, cause: .needlessKey(path(key), reason: reason))
    }

    private func missing(_ key: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, cause: .missingKey(path(key), reason: nil))
    }

    private func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

    private static func syntaxError(_ error: any Error, file: String, text: String) -> ConfigurationError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ConfigurationError(
                file: file, line: mark.line, cause: .syntax(YAMLWords.text(problem, line: mark.line, of: text)))
        case .duplicatedKeysInMapping(let duplicates, let context):
            ConfigurationError(
                file: file, line: context.mark.line, cause: .duplicateKey(duplicates.sorted().joined(separator: ", ")))
        default:
            ConfigurationError(
                file: file, line: nil,
                cause: .syntax(
                    "the text has a character or an encoding that YAML does not allow; write it in UTF-8"))
        }
    }
}
