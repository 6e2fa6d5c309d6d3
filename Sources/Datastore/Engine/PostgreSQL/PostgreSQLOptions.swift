/// How a node uses a PostgreSQL server: where it is, and how long it waits for what.
package struct PostgreSQLOptions: Sendable {
    /// Where the server is, who asks, and how the way to it is protected.
    package var location: PostgreSQLLocation
    /// What the server is shown, where it wants a password. Never in words, logs or errors.
    package var password: String?
    /// The most connections that this process holds. Each serves one transaction at a time.
    package var connections = Self.defaultConnections
    /// For how long a transaction waits for a connection before it is refused.
    package var patience: Duration = .seconds(30)
    /// For how long a statement waits for a lock.
    package var lockTimeout: Duration = .seconds(20)
    /// For how long one statement may run. Long results come in many statements.
    package var statementTimeout: Duration = .seconds(60)
    /// For how long a transaction may do nothing before the server ends it: what it has locked is wanted by others.
    package var idleTimeout: Duration = .seconds(60)
    /// For how long a lost server is looked for, and transactions that it cut off are run again.
    package var reconnectFor: Duration = .seconds(20)
    /// For how long it is asked what became of a commit whose answer did not come.
    package var settleFor: Duration = .seconds(30)
    /// For how long a node waits for another process to let go of the database, and twice that for its own claim of before: a
    /// server takes up to 25 s to find out that a connection is dead.
    package var claimPatience: Duration = .seconds(15)
    /// Whether a server will do that forgets what it acknowledged when its machine stops. For tests.
    package var acceptsForgetfulServer = false

    package static let defaultConnections = 8
    /// What a server takes by default, less some for people and for other replicas.
    package static let maximumConnections = 90

    package init(location: PostgreSQLLocation, password: String? = nil) {
        self.location = location
        self.password = password
    }
}
