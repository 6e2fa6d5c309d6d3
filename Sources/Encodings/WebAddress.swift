/// The address of a resource on the web: an absolute `http` or `https` URL (RFC 3986), read in one place.
///
/// Every URL that comes from outside passes here before anything is connected to: options, configurations, task and policy
/// files, a peer's `Location`. The HTTP library reads URLs again, and traps on some: so only what has one reading is let
/// through, and everything else is refused with the reason. Refused are a user before the host, a fragment, names that are
/// not ASCII (write `xn--…`), numbers that only some resolvers take for addresses (`127.1`), and ports outside 1 to 65535.
///
/// Whether anything may be *sent* there in plain text is another question (`EndpointRule` in the module DAP).
package struct WebAddress: Hashable, Sendable {
    package enum Scheme: String, Sendable {
        case http, https

        package var defaultPort: Int { self == .http ? 80 : 443 }
    }

    package let scheme: Scheme
    /// In lower case; an IPv6 address without its brackets.
    package let host: String
    /// 1 to 65535; nil where the URL names none.
    package let explicitPort: Int?
    /// As it was written: empty, or from its first slash on.
    package let path: String
    /// Behind the question mark; nil where there is none.
    package let query: String?

    /// Longer URLs are refused.
    package static let maximumLength = 2_048

    package var isHostIPv6: Bool { host.contains(":") }
    package var isHostIPv4: Bool { IPAddressText.isIPv4(host) }
    package var port: Int { explicitPort ?? scheme.defaultPort }

    /// `scheme://host[:port]`, scheme and host in lower case: whom a connection goes to.
    package var server: String {
        "\(scheme.rawValue)://\(isHostIPv6 ? "[\(host)]" : host)\(explicitPort.map { ":\($0)" } ?? "")"
    }

    /// The whole URL.
    package var string: String { server + path + (query.map { "?\($0)" } ?? "") }

    package init(_ text: String) throws(WebAddressError) {
        func refuse(_ reason: WebAddressError.Reason) -> WebAddressError { WebAddressError(url: text, reason: reason) }
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else { throw refuse(.tooLong) }
        guard bytes.allSatisfy(Self.isAllowed) else { throw refuse(.character) }
        let lower = text.lowercased()
        guard let scheme = [Scheme.https, .http].first(where: { lower.hasPrefix("\($0.rawValue)://") }) else {
            throw refuse(.scheme)
        }
        self.scheme = scheme
        let rest = bytes.dropFirst(scheme.rawValue.utf8.count + 3)
        let authority = rest.prefix { ![UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0) }
        let behind = rest.dropFirst(authority.count)
        guard !behind.contains(UInt8(ascii: "#")) else { throw refuse(.fragment) }
        guard !authority.contains(UInt8(ascii: "@")) else { throw refuse(.user) }
        guard Self.hasWholeEscapes(behind) else { throw refuse(.escape) }
        let path = behind.prefix { $0 != UInt8(ascii: "?") }
        self.path = String(decoding: path, as: UTF8.self)
        query = path.count < behind.count ? String(decoding: behind.dropFirst(path.count + 1), as: UTF8.self) : nil

        let (name, port) = try Self.split(authority, refuse)
        explicitPort = port
        host = name.lowercased()
        if host.contains(":") {
            guard IPAddressText.isIPv6(host) else { throw refuse(.host(name)) }
        } else {
            guard IPAddressText.isName(host) else { throw refuse(name.isEmpty ? .noHost : .host(name)) }
        }
    }

    /// The host, without brackets, and the port.
    private static func split(
        _ authority: ArraySlice<UInt8>, _ refuse: (WebAddressError.Reason) -> WebAddressError
    ) throws(WebAddressError) -> (host: String, port: Int?) {
        var host = authority
        var rest: ArraySlice<UInt8> = []
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else {
                throw refuse(.host(String(decoding: authority, as: UTF8.self)))
            }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
            guard host.contains(UInt8(ascii: ":")) else { throw refuse(.host(String(decoding: host, as: UTF8.self))) }
        } else if let colon = authority.firstIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            rest = authority[colon...]
        }
        let name = String(decoding: host, as: UTF8.self)
        guard !rest.isEmpty else { return (name, nil) }
        let digits = String(decoding: rest.dropFirst(), as: UTF8.self)
        guard rest.first == UInt8(ascii: ":"), (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), digits.utf8.first != 0x30, let port = Int(digits),
            (1...65_535).contains(port)
        else { throw refuse(.port(digits)) }
        return (name, port)
    }

    /// What may stand in a URL at all: visible ASCII but for what RFC 3986 leaves out.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
    }

    /// Whether every `%` begins an escape.
    private static func hasWholeEscapes(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            let digits = rest[rest.index(after: percent)...].prefix(2)
            guard digits.count == 2, Hex.decode(String(decoding: digits, as: UTF8.self)) != nil else { return false }
            rest = rest[digits.endIndex...]
        }
        return true
    }

    /// Where a `Location` is that a server at this address answered with: a path of the same server, or a whole URL.
    ///
    /// - Throws: ``WebAddressError`` for what is neither.
    package func resolving(location: String) throws(WebAddressError) -> WebAddress {
        // Also `//…`, which RFC 3986 takes for another server: here nothing leaves the one that was asked.
        try WebAddress(location.hasPrefix("/") ? server + location : location)
    }
}

extension WebAddress: CustomStringConvertible {
    package var description: String { string }
}

/// Why a text is not the address of a resource on the web.
package struct WebAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case tooLong
        case character
        case scheme
        case noHost
        case host(String)
        case port(String)
        case user
        case fragment
        case escape
    }

    /// The text, as it was given.
    package let url: String
    package let reason: Reason

    /// What is wrong, without the text itself.
    package var complaint: String {
        switch reason {
        case .tooLong: "it is longer than \(WebAddress.maximumLength) characters"
        case .character: "it has a space or another character that no URL has (names outside ASCII are written xn--…)"
        case .scheme: "it does not begin with https:// or http://"
        case .noHost: "it names no host"
        case .host(let host): "\(host.quotedForPeople) is no host name or address"
        case .port(let port): "\(port.quotedForPeople) is no port: ports are 1 to 65535"
        case .user: "it has a user or password before the host"
        case .fragment: "it has a part behind '#'"
        case .escape: "a '%' in it is not followed by two hexadecimal digits"
        }
    }

    package var description: String {
        let shown = url.unicodeScalars.count > 40 ? String(url.unicodeScalars.prefix(160)) : url
        let visible = String(shown.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
        return "'\(visible)' is not a URL that can be used: \(complaint)"
    }
}
