/// What somebody asked of the server behind a ``FaultProxy``.
package struct ProxyRequest: Sendable {
    package let method: String
    /// Path and query, as they were sent.
    package let uri: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package init(method: String, uri: String, headers: [(name: String, value: String)], body: [UInt8]) {
        self.method = method
        self.uri = uri
        self.headers = headers
        self.body = body
    }

    /// Without the query.
    package var path: String { String(uri.prefix { $0 != "?" }) }
}

/// What the server behind a ``FaultProxy`` answered, or what the proxy answers in its place.
package struct ProxyAnswer: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The page that web servers make up where what is behind them does not answer as they want.
    package static func page(_ status: Int) -> ProxyAnswer {
        ProxyAnswer(
            status: status, headers: [("Content-Type", "text/html; charset=utf-8")],
            body: Array("<html><head><title>\(status)</title></head><body>proxy</body></html>\r\n".utf8))
    }

    /// The first field of that name, in any case of letters; nil removes all of them.
    package subscript(name: String) -> String? {
        get { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            headers.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { headers.append((name, newValue)) }
        }
    }
}
