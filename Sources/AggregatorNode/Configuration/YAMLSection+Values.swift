import DAP
import Encodings

extension YAMLSection {
    private static let urlReason =
        "write an absolute https URL without query or user, such as https://leader.example.org/ (http on loopback only)"

    /// Where somebody sends requests: the peer to us, or we to it.
    func endpoint(_ key: String) throws(ConfigurationError) -> BaseURL { try endpoint(key, try text(key)) }

    /// A list of such URLs.
    func endpoints(_ key: String) throws(ConfigurationError) -> [BaseURL] {
        try texts(key).map { text throws(ConfigurationError) in try endpoint(key, text) }
    }

    private func endpoint(_ key: String, _ text: String) throws(ConfigurationError) -> BaseURL {
        // First what the text itself says: a URL that is none has a reason of its own.
        do throws(InsecureEndpoint) { try EndpointRule.check(text) } catch {
            throw invalid(key, error.description)
        }
        guard let url = BaseURL(text) else { throw invalid(key, Self.urlReason) }
        do throws(InsecureEndpoint) { try EndpointRule.check(url.string) } catch {
            throw invalid(key, error.description)
        }
        return url
    }

    /// The name of a log.
    func origin(_ key: String) throws(ConfigurationError) -> String {
        try value(key, reason: "an origin is a name without spaces or '+', such as example.org/cairn") { text in
            text.contains { $0.isWhitespace || $0 == "+" } ? nil : text
        }
    }
}
