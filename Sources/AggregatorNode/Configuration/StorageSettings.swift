import Datastore

/// Where a node keeps what it must not lose, as its configuration says it.
///
/// ```yaml
/// storage:
///   postgresql: postgres://cairn@db.example.org/cairn
///   password_file: db.password           # optional, mode 0600
///   connections: 8                       # optional: the most that the node holds
///   replicas: true                       # optional: several processes run this node, each with this word
/// ```
///
/// Or `storage: { sqlite: PATH }`. Without the section it is `node.sqlite` in `data_dir`.
package enum StorageSettings: Sendable, Equatable {
    case sqlite(path: String)
    case postgreSQL(PostgreSQLLocation, passwordFile: String?, connections: Int, hasReplicas: Bool = false)

    /// How the place is called in words.
    package var name: String {
        switch self {
        case .sqlite(let path): path
        case .postgreSQL: "storage.postgresql"
        }
    }

    /// Who is waited for by somebody who waits for it.
    var whom: String {
        switch self {
        case .sqlite(let path): "the database \(path)"
        case .postgreSQL(let location, _, _, _): "the database server (\(location.shown))"
        }
    }

    /// The file, where it is one.
    package var file: String? { if case .sqlite(let path) = self { path } else { nil } }

    init(_ section: YAMLSection, path: (String) -> String) throws(ConfigurationError) {
        try section.allowOnly(["sqlite", "postgresql", "password_file", "connections", "replicas"])
        guard section.has("postgresql") else {
            for key in ["password_file", "connections", "replicas"] where section.has(key) {
                throw section.needless(key, "it belongs to postgresql")
            }
            guard section.has("sqlite") else {
                throw section.incomplete(
                    "write 'sqlite: PATH' or 'postgresql: URL' into it, or leave the section out for a file in data_dir"
                )
            }
            self = .sqlite(path: path(try section.text("sqlite")))
            return
        }
        if section.has("sqlite") { throw section.needless("sqlite", "a node has one database, which postgresql names") }
        let url = try section.text("postgresql")
        let location: PostgreSQLLocation
        do throws(DatastoreError) {
            location = try PostgreSQLLocation(url: url)
        } catch {
            throw section.invalid("postgresql", error.description)
        }
        self = .postgreSQL(
            location, passwordFile: section.has("password_file") ? path(try section.text("password_file")) : nil,
            connections: section.has("connections")
                ? try section.number("connections", in: 2...PostgreSQLOptions.maximumConnections)
                : PostgreSQLOptions.defaultConnections,
            hasReplicas: section.has("replicas")
                ? try section.value("replicas", reason: "write true or false") {
                    ["true": true, "false": false][$0]
                } : false)
    }

    /// Whether the node's process is one of several.
    package var hasReplicas: Bool {
        if case .postgreSQL(_, _, _, let hasReplicas) = self { hasReplicas } else { false }
    }

    /// What the datastore needs to open it.
    ///
    /// - Throws: where the password cannot be read, or others could read it.
    package func storage() throws(KeyFileError) -> NodeStorage {
        switch self {
        case .sqlite(let path): return .sqlite(path: path)
        case .postgreSQL(let location, let passwordFile, let connections, let hasReplicas):
            var options = PostgreSQLOptions(location: location)
            options.connections = connections
            // What a process that was stopped has locked, the others are waiting for.
            if hasReplicas { options.idleTimeout = .seconds(10) }
            if let passwordFile { options.password = try KeyFiles.password(at: passwordFile) }
            return .postgreSQL(options)
        }
    }
}
