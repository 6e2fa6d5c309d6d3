import DAP
import Encodings
import Hummingbird
import Secrets

/// A shared secret between two parties, presented as `Authorization: Bearer <token>` (RFC 6750; DAP-18, Request
/// Authentication).
package struct BearerToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The token's characters as the header carries them.
    let text: String

    init(text: String) { self.text = text }

    /// The header's value.
    package var authorization: String { "Bearer \(text)" }

    /// Compares without revealing, by its duration, where the two differ. (The length of a token is no secret.)
    package func matches(_ presented: String) -> Bool {
        constantTimeEqual(Array(text.utf8), Array(presented.utf8))
    }

    package var description: String { "BearerToken(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension [BearerToken] {
    /// Whether one of them was presented. All are compared, so that the time tells nobody which, or how near it was.
    package func match(_ presented: String) -> Bool {
        var isAny = false
        for token in self where token.matches(presented) { isAny = true }
        return isAny
    }
}

extension Request {
    /// Refuses a request that presents none of the tokens: 401 without credentials, 403 with wrong ones.
    package func requireBearer(_ tokens: [BearerToken]) throws(NodeError) {
        guard tokens.match(try bearer()) else { throw .wrongToken }
    }

    package func requireBearer(_ token: BearerToken) throws(NodeError) { try requireBearer([token]) }

    /// The token that a request presents, right or wrong.
    ///
    /// - Throws: 401 without one.
    func bearer() throws(NodeError) -> String {
        guard let header = headers[.authorization] else {
            throw .http(
                401, "This resource needs the header Authorization: Bearer <token>.",
                headers: [.init("WWW-Authenticate", "Bearer")])
        }
        let parts = ProtocolText.split(header, by: UInt8(ascii: " "), atMost: 2)
        guard parts.count == 2, ProtocolText.sameIgnoringCase(parts[0], "Bearer") else {
            throw .http(
                401, "The Authorization header is not of the form Bearer <token>.",
                headers: [.init("WWW-Authenticate", "Bearer")])
        }
        return String(ProtocolText.trimmed(parts[1]))
    }
}

extension NodeError {
    static let wrongToken = NodeError.http(403, "The bearer token is not the one that this node expects here.")
}
