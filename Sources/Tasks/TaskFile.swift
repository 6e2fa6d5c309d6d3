import Commitments
import Crypto
import DAP
import Encodings
import Foundation

/// A task as people pass it on: `NAME.task`, UTF-8 JSON.
///
/// ```json
/// {
///   "cairn_task": 1,
///   "name": "steps-may",
///   "task_configuration": "<hex of the encoded TaskConfiguration>",
///   "collector_hpke_config": "<hex of the encoded HpkeConfig>",
///   "log_policy": "<text of the log policy, or null>",
///   "log_url": "<where the log is served, or null>",
///   "owner_signature": "<hex of the owner's signature over the task ID; absent where the task has no owner>"
/// }
/// ```
/// The configuration is named by its hash, the task ID, and holds the hashes of the collector's key and of the policy,
/// which are checked here, and so is the owner's signature. `name` and `log_url` are conveniences that nothing relies
/// on; a log served from a wrong place does not verify. The configuration of a plain DAP task has no place for the
/// collector's key: there the file alone says who may read the sums.
public struct TaskFile: Sendable, Equatable {
    /// What people call the task, and what its file is called. Nothing relies on it.
    public let name: String
    /// What the task's parties have agreed on; its hash names the task.
    public let configuration: TaskConfiguration
    /// The key to which results are encrypted.
    public let collectorHpkeConfig: HpkeConfig
    /// The text of the log policy file, exactly.
    public let logPolicy: String?
    /// Where the log is served; nil in a task without log.
    public let logURL: String?
    /// The owner's, over the task ID (``TaskOwnerSignature``). A file of an older version lacks it although its task has
    /// an owner (``lacksOwnerSignature``).
    public let ownerSignature: [UInt8]?

    /// The hash that names the task.
    public var taskID: TaskID { configuration.taskID }

    /// Puts a task file together and checks it against the configuration.
    public init(
        name: String, configuration: TaskConfiguration, collectorHpkeConfig: HpkeConfig, logPolicy: String?,
        logURL: String?, ownerSignature: [UInt8]? = nil
    ) throws(TaskFileError) {
        guard Self.isName(name) else { throw .invalidName(name) }
        let cairn = configuration.cairn
        if let cairn {
            guard Array(SHA256.hash(data: collectorHpkeConfig.encoded())) == cairn.collectorHpkeHash else {
                throw .collectorKeyMismatch
            }
        } else {
            guard CommittedID.number(of: configuration.vdafType) == nil else { throw .missingCairnParameters }
            guard logPolicy == nil, logURL == nil else { throw .needless("log_policy or log_url") }
        }
        if let expected = cairn?.logPolicyHash {
            guard let logPolicy else { throw .missing("log_policy") }
            guard Array(SHA256.hash(data: Array(logPolicy.utf8))) == expected else { throw .logPolicyMismatch }
        }
        if let ownerSignature {
            guard let ownerKey = cairn?.ownerKey,
                TaskOwnerSignature.isValid(ownerSignature, taskID: configuration.taskID, ownerKey: ownerKey)
            else { throw .ownerSignatureMismatch }
        }
        self.name = name
        self.configuration = configuration
        self.collectorHpkeConfig = collectorHpkeConfig
        self.logPolicy = logPolicy
        self.logURL = logURL
        self.ownerSignature = ownerSignature
    }

    /// Whether a task can have the name, which becomes a file's name on machines of people who were sent the file.
    package static func isName(_ name: String) -> Bool {
        let allowed = name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
        return allowed && (1...64).contains(name.utf8.count) && !name.hasPrefix(".")
    }

    /// Whether the task names an owner whose signature is not here. Nobody has to have made such a task but whoever wrote
    /// the file: nodes do not add it, and nobody contributes to it.
    public var lacksOwnerSignature: Bool { configuration.cairn?.ownerKey != nil && ownerSignature == nil }

    /// Reads and checks a task file.
    public init(json: [UInt8]) throws(TaskFileError) {
        let members: Members
        do {
            members = try JSONDecoder().decode(Members.self, from: Data(json))
        } catch {
            throw .notATaskFile(Self.explain(error))
        }
        guard members.version == 1 else { throw .unsupportedVersion(members.version) }
        try self.init(
            name: members.name,
            configuration: try Self.decode(members.taskConfiguration, "task_configuration"),
            collectorHpkeConfig: try Self.decode(members.collectorHpkeConfig, "collector_hpke_config"),
            logPolicy: members.logPolicy, logURL: members.logURL,
            ownerSignature: try Self.decode(hex: members.ownerSignature, "owner_signature"))
    }

    /// The file's bytes: keys in alphabetical order, a newline at the end.
    public func json() -> [UInt8] {
        let members = Members(
            version: 1, name: name, taskConfiguration: Hex.encode(configuration.encoding),
            collectorHpkeConfig: Hex.encode(collectorHpkeConfig.encoded()), logPolicy: logPolicy, logURL: logURL,
            ownerSignature: ownerSignature.map { Hex.encode($0) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Strings and one integer cannot fail to encode.
        guard let data = try? encoder.encode(members) else { return [] }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    private static func decode<Message: WireMessage>(_ text: String, _ field: String) throws(TaskFileError) -> Message {
        guard let bytes = Hex.decode(text) else { throw .notHex(field) }
        do {
            return try Message(decoding: bytes)
        } catch {
            throw .malformed(field: field, error)
        }
    }

    private static func decode(hex text: String?, _ field: String) throws(TaskFileError) -> [UInt8]? {
        guard let text else { return nil }
        guard let bytes = Hex.decode(text) else { throw .notHex(field) }
        return bytes
    }

    private static func explain(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has the wrong type"
        default: "not JSON"
        }
    }

    private struct Members: Codable {
        let version: Int
        let name: String
        let taskConfiguration: String
        let collectorHpkeConfig: String
        let logPolicy: String?
        let logURL: String?
        let ownerSignature: String?

        enum CodingKeys: String, CodingKey {
            case version = "cairn_task"
            case name
            case taskConfiguration = "task_configuration"
            case collectorHpkeConfig = "collector_hpke_config"
            case logPolicy = "log_policy"
            case logURL = "log_url"
            case ownerSignature = "owner_signature"
        }
    }
}

/// Why a task file cannot be used.
public enum TaskFileError: Error, Equatable, Sendable {
    /// Not JSON, or a member is missing or of the wrong type.
    case notATaskFile(String)
    /// A version of the format that this program does not know.
    case unsupportedVersion(Int)
    /// 1 to 64 letters, digits, '-', '_' or '.', not starting with '.'.
    case invalidName(String)
    /// The member is not hexadecimal.
    case notHex(String)
    /// The member's bytes do not decode.
    case malformed(field: String, CodecError)
    /// The configuration is of a committed type and has no Cairn extension.
    case missingCairnParameters
    /// A member that means nothing in a plain DAP task is not null.
    case needless(String)
    /// A member that the configuration calls for is null.
    case missing(String)
    /// The collector's key is not the one that the configuration names.
    case collectorKeyMismatch
    /// The policy is not the one that the configuration names.
    case logPolicyMismatch
    /// `owner_signature` is not a signature of the owner whom the configuration names over this task, or it names none.
    case ownerSignatureMismatch
}

extension TaskFileError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notATaskFile(let reason): "not a task file: \(reason)"
        case .unsupportedVersion(let version): "task file version \(version) is not supported; this program reads 1"
        case .invalidName(let name):
            "task name '\(name)': use 1 to 64 letters, digits, '-', '_' or '.', not starting with '.'"
        case .notHex(let field): "\(field) is not hexadecimal"
        case .malformed(let field, let error): "\(field): \(error)"
        case .missingCairnParameters:
            "the task configuration is of a committed type, but has no Cairn extension (type 0xff00)"
        case .needless(let field): "\(field) must be null: a plain DAP task has no log"
        case .missing(let field): "\(field) is missing, but the task configuration holds its hash"
        case .collectorKeyMismatch: "collector_hpke_config does not have the hash that the task configuration names"
        case .logPolicyMismatch: "log_policy does not have the hash that the task configuration names"
        case .ownerSignatureMismatch:
            "owner_signature is not by the owner whom the task configuration names, or not over this task"
        }
    }
}
