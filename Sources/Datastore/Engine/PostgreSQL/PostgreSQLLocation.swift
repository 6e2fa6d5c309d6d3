import CPostgres
import Foundation

/// Where a PostgreSQL server is, and how the way to it is protected: what a `postgres://` URL says, checked.
///
/// libpq reads the URL, so all that its manual says of one holds: several hosts, socket folders, certificates. What differs
/// is what a node must not do by mistake. A password stands in no URL (URLs are shown, logged and copied). To another
/// machine goes nothing in the clear, and nothing to a server that does not prove its name, unless the URL says so itself.
package struct PostgreSQLLocation: Sendable, Equatable {
    /// libpq's keywords and what the URL says for them, with our defaults.
    let parameters: [String: String]
    /// How the server is called in words: hosts, ports and database.
    package let shown: String

    /// libpq's word for how the way is protected.
    package var sslMode: String? { parameters["sslmode"] }

    /// - Throws: `.unsuitable` with words that do not repeat the URL, which may hold a password.
    package init(url: String) throws(DatastoreError) {
        guard ["postgres://", "postgresql://"].contains(where: url.hasPrefix) else {
            throw .unsuitable("it does not begin with postgres://")
        }
        var given = try Self.parsed(url)
        guard given["password"] == nil else {
            throw .unsuitable("it has a password in it: put that into a file of its own and name it as password_file")
        }
        if let unknown = given.keys.sorted().first(where: { !Self.keywords.contains($0) }) {
            throw .unsuitable("it sets \(unknown), which a node does not take")
        }
        guard let database = given["dbname"] else {
            throw .unsuitable("it names no database: write postgres://USER@HOST/DATABASE")
        }
        guard given["user"] != nil else {
            throw .unsuitable("it names no user: write postgres://USER@HOST/DATABASE")
        }
        let hosts = (given["hostaddr"] ?? given["host"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
        let isLocal = hosts.allSatisfy(Self.isLocal)
        switch given["sslmode"] {
        case nil:
            given["sslmode"] = isLocal ? "prefer" : "verify-full"
        case "allow" where !isLocal, "prefer" where !isLocal:
            throw .unsuitable(
                "its sslmode may send everything in the clear: leave it out (verify-full), or write sslmode=disable")
        default: break
        }
        if let mode = given["sslmode"], mode.hasPrefix("verify-"), given["sslrootcert"] == nil {
            given["sslrootcert"] = Self.systemAuthorities
        }
        parameters = given
        let ports = (given["port"] ?? "5432").split(separator: ",", omittingEmptySubsequences: false)
        let names = (given["host"] ?? given["hostaddr"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
        let places = names.enumerated().map { index, host in
            guard !host.isEmpty else { return "the local socket" }
            let port = ports[min(index, ports.count - 1)]
            return host.hasPrefix("/") ? String(host) : "\(host):\(port.isEmpty ? "5432" : port)"
        }
        shown = "\(places.joined(separator: ", ")), database \(database)"
    }

    /// Whether what is sent there stays on this machine: a Unix socket or the loopback interface.
    private static func isLocal(_ host: Substring) -> Bool {
        host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
    }

    /// Certificates of authorities that the system trusts, where the URL names none: libpq has no such default.
    private static var systemAuthorities: String? {
        let bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
        return ([ProcessInfo.processInfo.environment["SSL_CERT_FILE"]].compactMap(\.self) + bundles)
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    private static func parsed(_ url: String) throws(DatastoreError) -> [String: String] {
        guard !url.utf8.contains(0) else { throw .unsuitable("it holds a zero byte") }
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            if let message { PQfreemem(message) }
            throw .unsuitable("it is no postgres:// URL: write postgres://USER@HOST:PORT/DATABASE")
        }
        defer { PQconninfoFree(options) }
        var given: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, value.pointee != 0 {
                given[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return given
    }

    /// What a URL may set. The rest is set by the node, belongs in files, or makes no sense for one.
    private static let keywords: Set<String> = [
        "host", "hostaddr", "port", "dbname", "user", "options", "channel_binding", "require_auth", "gssencmode",
        "krbsrvname", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "sslsni",
        "ssl_min_protocol_version", "ssl_max_protocol_version",
    ]
}
