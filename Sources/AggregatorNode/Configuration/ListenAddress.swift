/// Where a server listens: `HOST:PORT`, an IPv6 address in brackets.
package struct ListenAddress: Sendable, Equatable {
    package let host: String
    /// 1 to 65535.
    package let port: Int

    /// What to write, for messages.
    package static let form = "write HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:8301"

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = String(text[..<colon])
        let digits = text[text.index(after: colon)...]
        guard digits.allSatisfy(\.isASCII), digits.allSatisfy(\.isNumber), let port = Int(digits),
            (1...65_535).contains(port)
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        self.host = host
        self.port = port
    }

    /// The address as it stands in URLs.
    package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
