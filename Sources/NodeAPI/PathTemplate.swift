import Encodings

/// The path of a resource below the server's URL, with names in braces for what differs: `/tasks/{task}/reports`. The last
/// part may stand for all that follows: `{tile...}`.
package struct PathTemplate: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    package enum Part: Sendable, Hashable {
        case literal(String)
        case parameter(String)
        /// Any number of parts, at the end.
        case rest(String)
    }

    package let parts: [Part]

    /// - Precondition: the text begins with a slash; it stands in this project's source.
    package init(_ text: String) {
        precondition(text.utf8.first == UInt8(ascii: "/"), "a path begins with a slash")
        parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
    }

    package init(stringLiteral text: String) { self.init(text) }

    /// The names in braces, in their order.
    package var parameters: [String] {
        parts.compactMap { part in
            switch part {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    /// The path with texts in the names' places.
    ///
    /// - Parameter texts: as they stand in a URL, one for each name.
    package func filled(with texts: [String]) -> String {
        precondition(texts.count == parameters.count, "\(self) has \(parameters.count) names")
        var rest = texts[...]
        return parts.map { part in
            guard case .literal(let text) = part else { return "/" + (rest.popFirst() ?? "") }
            return "/" + text
        }.joined()
    }

    /// The same path for every choice of names: two resources of one shape and method cannot be told apart.
    package var shape: String {
        parts.map { part in
            switch part {
            case .literal(let text): "/" + text
            case .parameter: "/{}"
            case .rest: "/{...}"
            }
        }.joined()
    }

    /// The same path below another one; nothing changes for `""`.
    package func below(_ prefix: String) -> PathTemplate { PathTemplate(prefix + description) }

    package var description: String {
        parts.map { part in
            switch part {
            case .literal(let text): "/" + text
            case .parameter(let name): "/{\(name)}"
            case .rest(let name): "/{\(name)...}"
            }
        }.joined()
    }
}
