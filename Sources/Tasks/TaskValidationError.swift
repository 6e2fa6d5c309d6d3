import Encodings
import TaskTypes

/// Why a task must not be created or joined, although its configuration decodes.
///
/// Descriptions show the arithmetic, since the usual cure is to change one of the numbers.
public enum TaskValidationError: Error, Equatable, Sendable {
    /// The VDAF is unknown, or its parameters are out of bounds.
    case vdaf(VDAFConfigurationError)
    /// A committed task has no Cairn extension.
    case missingCairnParameters
    /// Committed tasks need this field of the Cairn extension.
    case missingField(String)
    /// Both aggregators would sign with one key, so a signature could not name one of them.
    case sameStatementKeys
    /// An Ed25519 key, named here, of small order: everybody can sign under it.
    case weakKey(String)
    /// An aggregator's URL is not an absolute http or https URL without query and fragment.
    case invalidURL(String)
    /// Batch sizes contradict each other.
    case batchSize(String)
    /// A sum might not fit: the field for the largest batch, or the range of credit.
    case capacity(String)
    /// The helper's share tells too much about the input (the σ rule).
    case hiding(String)
    /// Credit policy and publish mode, or its bound, do not go together.
    case credit(String)
    /// The numeric encoding does not describe the VDAF's measurements.
    case numericEncoding(String)
}

extension TaskValidationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .vdaf(let error): error.description
        case .missingCairnParameters: "a committed task needs the Cairn extension (type 0xff00)"
        case .missingField(let field): "a committed task needs \(field) in its Cairn extension"
        case .sameStatementKeys: "the leader's and the helper's statement keys must differ"
        case .weakKey(let name):
            "\(name) is no key that anybody holds: it has small order, so that everybody can sign under it"
        case .invalidURL(let url): Self.complaint(aboutURL: url)
        case .batchSize(let reason), .capacity(let reason), .hiding(let reason), .credit(let reason),
            .numericEncoding(let reason):
            reason
        }
    }
    private static func complaint(aboutURL url: String) -> String {
        do throws(WebAddressError) {
            return "'\(try WebAddress(url))' cannot be an aggregator's URL: it has a part behind '?'"
        } catch {
            return error.description
        }
    }
}
