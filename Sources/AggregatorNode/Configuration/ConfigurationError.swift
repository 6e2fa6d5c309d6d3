import InputFiles

/// What is wrong with a configuration file, and on which line.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file as the operator named it.
    package var file: String
    /// From 1; nil when the complaint is about the file as a whole.
    package var line: Int?
    package var cause: Cause

    package enum Cause: Sendable, Equatable {
        /// The file cannot be read, or is not text.
        case unreadable(InputFileError)
        /// The text is not YAML.
        case syntax(String)
        /// A key appears twice in one section.
        case duplicateKey(String)
        /// A key that no node has; usually a misspelling.
        case unknownKey(String, known: [String])
        /// A key that every node of this role must have, and why where that is not plain.
        case missingKey(String, reason: String?)
        /// A key that this role must not have, and why.
        case needlessKey(String, reason: String)
        /// The value is not of the kind that the key takes.
        case wrongType(key: String, expected: String)
        /// The value is of the right kind, but not usable.
        case invalidValue(key: String, reason: String)
    }

    package var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return switch cause {
        case .unreadable(let error): error.description
        case .syntax(let reason): "\(place): not YAML: \(reason)"
        case .duplicateKey(let key): "\(place): '\(key)' stands here twice"
        case .unknownKey(let key, let known):
            "\(place): unknown key '\(key)'; known here: \(known.joined(separator: ", "))"
        case .missingKey(let key, let reason):
            "\(place): '\(key)' is missing\(reason.map { ": \($0)" } ?? "")"
        case .needlessKey(let key, let reason): "\(place): remove '\(key)': \(reason)"
        case .wrongType(let key, let expected): "\(place): '\(key)' must be \(expected)"
        case .invalidValue(let key, let reason): "\(place): '\(key)': \(reason)"
        }
    }
}
