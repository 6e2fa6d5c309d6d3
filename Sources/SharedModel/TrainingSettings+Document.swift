import Crypto
import Encodings
import Foundation
import InputFiles

// The file of a run's settings. (What is in it: `TrainingSettings.swift`.)

extension TrainingSettings {
    /// The settings with the exact bytes of their file, which is what the task's `terms_hash` is the hash of.
    package struct Document: Sendable {
        package let settings: TrainingSettings
        package let bytes: [UInt8]

        /// Reads a file.
        ///
        /// - Parameter name: The file's name, for messages.
        package init(_ bytes: [UInt8], name: String) throws(TrainingSettingsError) {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let text: Data
            do throws(InputFileError) { text = Data(try InputFile.text(of: bytes, named: name).utf8) } catch {
                throw .input(error)
            }
            do {
                let version = try decoder.decode(TrainingSettings.Version.self, from: text).cairnTraining
                guard TrainingSettings.readVersions.contains(version) else {
                    throw TrainingSettingsError.version(file: name, found: version)
                }
                settings = try decoder.decode(TrainingSettings.self, from: text)
            } catch let error as TrainingSettingsError {
                throw error
            } catch {
                throw .malformed(file: name, reason: Self.words(for: error))
            }
            if let problem = settings.problem { throw .unusable(file: name, problem: problem) }
            self.bytes = bytes
        }

        /// The file of new settings.
        package init(_ settings: TrainingSettings) {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            self.settings = settings
            // Text and finite numbers cannot fail to encode.
            bytes = ((try? encoder.encode(settings)).map { Array($0) } ?? []) + [UInt8(ascii: "\n")]
        }

        private static func words(for error: any Error) -> String {
            let snake: (any CodingKey) -> String = { key in
                key.stringValue.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
            }
            switch error as? DecodingError {
            case .keyNotFound(let key, _): return "it lacks \(snake(key).quotedForPeople)"
            case .typeMismatch(_, let context), .valueNotFound(_, let context):
                let key = context.codingPath.first.map(snake) ?? "it"
                return "\(key.quotedForPeople) is of another kind"
            default: return "it is not JSON of the right form"
            }
        }

        package var hash: [UInt8] { Array(SHA256.hash(data: bytes)) }

        /// Whether a task's `terms_hash` is that of this file, or of what it was before a mail program or an editor changed
        /// the ends of its lines or of the file: the settings are the same.
        package func isNamed(by termsHash: [UInt8]?) -> Bool {
            if termsHash == hash { return true }
            guard let text = try? InputFile.text(of: bytes, named: "") else { return false }
            let lines = text.reversed().drop(while: \.isNewline).reversed()
            return [text, String(lines), String(lines) + "\n"].contains {
                termsHash == Array(SHA256.hash(data: Data($0.utf8)))
            }
        }
    }
}

/// Why settings of training cannot be used.
package enum TrainingSettingsError: Error, Sendable, Equatable {
    /// The file is not text.
    case input(InputFileError)
    /// Of a version that this program does not read.
    case version(file: String, found: Int)
    /// Not the JSON of settings, or a member is missing or of another kind.
    case malformed(file: String, reason: String)
    /// Nobody can train with these settings.
    case unusable(file: String, problem: String)
    /// The model has another number of classes.
    case classCount(file: String, found: Int, model: Int)
    /// The model's features are called otherwise, or not at all.
    case otherFeatures(file: String)
    /// The bounds are not those of the model's features.
    case scaling(FeatureScalingError)
}

extension TrainingSettingsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .input(let error): error.description
        case .version(let file, let found):
            "\(file) has version \(found); this program reads versions 2 and 3. Make the run's settings anew with `cairn "
                + "model create`."
        case .malformed(let file, let reason):
            "\(file) is not a file of training settings: \(reason). Get it from the task's owner, or make it with `cairn "
                + "model create`."
        case .unusable(let file, let problem): "\(file): \(problem)"
        case .classCount(let file, let found, let model): "\(file) names \(found) classes, and the model has \(model)"
        case .otherFeatures(let file):
            "\(file) and the model name different features. Use the two files that were created together."
        case .scaling(let error): error.description
        }
    }
}
