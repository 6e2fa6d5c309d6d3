import DAP
import Encodings
import Ledger
import SharedModel
import TaskTypes
import Tasks
import TransparencyLog

/// Why a task is not made. One case per cause.
package enum TaskDraftError: Error, Sendable {
    /// Leader and helper are at one URL.
    case oneNode(BaseURL)
    /// Nothing may be sent to the URL of the leader, or of the helper.
    case endpoint(Role, InsecureEndpoint)
    /// The node at the URL is not what the task needs there.
    case otherRole(url: String, has: [String], wanted: Role)
    /// Leader and helper sign, or open reports, with one key.
    case oneKey
    /// A node's statement key cannot be read.
    case statementKey(Role)
    /// The leader names no key of its log, or the helper none with which it cosigns.
    case noLogKeys
    /// The log could never satisfy the policy.
    case policy(PolicyFault)
    /// The task would promise too little.
    case weak([TaskWeakness])
    /// The time in which reports may be made has an end that no clock will show.
    case endOfTime
    /// The settings of training are not the model's.
    case settings(TrainingSettingsError)
    /// No type takes updates of this model.
    case type(VDAFConfigurationError)
    /// A batch's sums, which bound λ, do not fit 64 bits.
    case lambdaBound
    /// λ has not one number for each coordinate of a report.
    case lambdaLength(found: Int, expected: Int)
    /// A field is too long or malformed.
    case encoding(CodecError)
    /// The configuration breaks a rule: sums could overflow, commitments would not hide, and the like.
    case invalid(TaskValidationError)
    /// The parts do not fit each other, or the name is none.
    case file(TaskFileError)

    /// What is wrong with a log policy that an author has written.
    package enum PolicyFault: Sendable {
        case notAPolicy(PolicyError)
        /// It does not name the leader's log, whose key this is.
        case lacksLog(String)
        /// It does not name the helper as a witness, whose key this is.
        case lacksHelper(String)
        /// A witness's URL will not do.
        case witnessURL(InsecureEndpoint)
        /// A witness has no URL, and is not the helper.
        case noURL(witness: String)
    }
}

extension TaskDraftError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .oneNode(let url):
            "the leader and the helper are one node (\(url)), which would see every input. A task has two aggregators."
        case .endpoint(let role, let error): "the \(role)'s URL: \(error)"
        case .otherRole(let url, let has, let wanted):
            "the node at \(url) is a \(has.joined(separator: " and ")), not a \(wanted)"
        case .oneKey:
            "the leader and the helper have the same key, so they are one node or copies of one. A task needs two "
                + "aggregators with keys of their own."
        case .statementKey(let role): "the \(role)'s statement key is not hexadecimal"
        case .noLogKeys: "the leader names no log key, or the helper no witness key"
        case .policy(let fault): fault.description
        case .weak(let weaknesses):
            "the task would promise too little: \(weaknesses.map(\.description).joined(separator: "; "))"
        case .endOfTime: "the time for reports would end beyond the end of time"
        case .settings(let error): error.description
        case .type(let error): "\(error)"
        case .lambdaBound: "the sums of a batch do not fit 64 bits, so a bound on λ has to be given"
        case .lambdaLength(let found, let expected):
            "λ has \(found) numbers; a report has \(expected) coordinates"
        case .encoding(let error): "\(error)"
        case .invalid(let error): "\(error)"
        case .file(let error): "\(error)"
        }
    }
}

extension TaskDraftError.PolicyFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAPolicy(let error): "what is given as the log policy is none: \(error)"
        case .lacksLog(let key): "the policy does not name the leader's log. Add the line: log \(key)"
        case .lacksHelper(let key):
            "the policy does not name the helper as a witness. Add the line: witness helper \(key)"
        case .witnessURL(let error): "the policy names a witness whose URL will not do: \(error)"
        case .noURL(let witness):
            "the policy gives no URL for the witness \(witness), so the leader could not ask it. Put the witness's URL "
                + "behind its key."
        }
    }
}
