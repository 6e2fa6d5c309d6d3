/// An absolute http or https URL under which a node's resources live, without a trailing slash.
///
/// DAP resource URLs are `{aggregator}/tasks/…` (DAP-18, HTTP Usage): the base may have a path of its own, may not
/// have a query or a fragment. Two spellings that differ only in a trailing slash or in the case of scheme and host
/// are the same base. What a URL is, `WebAddress` says; whether anything may be sent there is `EndpointRule`'s question.
package struct BaseURL: Hashable, Sendable, CustomStringConvertible {
    /// `scheme://host[:port][/path]`, scheme and host in lower case.
    package let string: String
    /// The path part, `""` or `/…` without a trailing slash; routes are served below it.
    package let path: String

    package init?(_ text: String) {
        guard let address = try? WebAddress(text), address.query == nil else { return nil }
        var path = address.path
        while path.hasSuffix("/") { path.removeLast() }
        guard !path.contains("//") else { return nil }
        string = address.server + path
        self.path = path
    }

    /// The URL of a resource below this base; `relative` starts without a slash.
    package func appending(_ relative: String) -> String { "\(string)/\(relative)" }

    package var description: String { string }
}
