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
    /// The hosts in turn; one at least.
    let hosts: [Host]

    /// One server of several, of which one is to be used.
    struct Host: Sendable, Equatable {
        /// What of libpq's keywords is about it alone.
        let parameters: [String: String]
        /// What libpq connects to: the address, whatever the name. Empty for the local socket.
        let reached: String
        /// How it is called in words, with its port.
        let place: String
        /// The same, with the database.
        let shown: String

        fileprivate init(name: String, address: String, port: String, database: String) {
            reached = address.isEmpty ? name : address
            parameters = ["host": name, "hostaddr": address, "port": port].filter { !$0.value.isEmpty }
            let called = name.isEmpty ? address : name
            place = called.isEmpty ? "the local socket" : called.hasPrefix("/") ? called : "\(called):\(port)"
            shown = "\(place), database \(database)"
        }
    }

    /// libpq's word for how the way is protected.
    package var sslMode: String? { parameters["sslmode"] }

    /// - Throws: `.unsuitable` with words that do not repeat the URL, which may hold a password.
    package init(
        url: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(DatastoreError) {
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
        hosts = try Self.hosts(given, database: database)
        try Self.check(environment, hosts)
        let isLocal = hosts.map(\.reached).allSatisfy(Self.isLocal)
        switch given["sslmode"] {
        case let mode? where !Self.modes.contains(mode):
            throw .unsuitable("its sslmode is none of \(Self.modes.joined(separator: ", "))")
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
        shown = "\(hosts.map(\.place).joined(separator: ", ")), database \(database)"
        parameters = given.filter { !Self.hostKeywords.contains($0.key) }
    }

    /// The keywords that may be lists, with a value for each host.
    private static let hostKeywords: Set<String> = ["host", "hostaddr", "port"]

    /// Takes the lists of hosts, addresses and ports apart.
    private static func hosts(
        _ given: [String: String], database: String
    ) throws(DatastoreError) -> [Host] {
        func list(_ keyword: String) -> [String]? {
            given[keyword]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port") ?? [""])
        let count = names?.count ?? addresses?.count ?? 1
        guard addresses?.count ?? count == count, ports.count == 1 || ports.count == count else {
            throw .unsuitable("it does not name as many ports, or addresses, as hosts")
        }
        guard ports.allSatisfy({ $0.isEmpty || UInt16($0).map { $0 > 0 } ?? false }) else {
            throw .unsuitable("its port is no number from 1 to 65535")
        }
        return (0..<count).map { index in
            let port = ports[ports.count == 1 ? 0 : index]
            return Host(
                name: names?[index] ?? "", address: addresses?[index] ?? "", port: port.isEmpty ? "5432" : port,
                database: database)
        }
    }

    /// libpq takes what a URL leaves open from the environment, and that must not send a node elsewhere unseen.
    private static func check(_ environment: [String: String], _ hosts: [Host]) throws(DatastoreError) {
        let isNamed = hosts.allSatisfy { !$0.reached.isEmpty }
        let hasAddresses = hosts.allSatisfy { $0.parameters["hostaddr"] != nil }
        for (variable, isHarmless) in [("PGHOST", isNamed), ("PGHOSTADDR", hasAddresses), ("PGSERVICE", false)]
        where !isHarmless && environment[variable]?.isEmpty == false {
            throw .unsuitable(
                "the environment's \(variable) may send the node to another server than it says: unset \(variable)")
        }
    }

    /// Whether what is sent there stays on this machine: a Unix socket or the loopback interface.
    private static func isLocal(_ host: String) -> Bool {
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

    /// libpq's words for how a way is protected.
    private static let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

    /// What a URL may set. The rest is set by the node, belongs in files, or makes no sense for one.
    private static let keywords: Set<String> = [
        "host", "hostaddr", "port", "dbname", "user", "options", "channel_binding", "require_auth", "gssencmode",
        "krbsrvname", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "sslsni",
        "ssl_min_protocol_version", "ssl_max_protocol_version",
    ]
}
