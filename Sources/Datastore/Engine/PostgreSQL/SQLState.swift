/// The server's name for what went wrong: five characters, the first two of them the class (PostgreSQL's appendix A).
package struct SQLState: Sendable, Hashable {
    let code: String

    package init(_ code: String) {
        self.code = code
    }

    var errorClass: Substring { code.prefix(2) }

    static let serializationFailure = SQLState("40001")
    static let deadlock = SQLState("40P01")
    static let uniqueViolation = SQLState("23505")
    static let notNullViolation = SQLState("23502")
    static let lockNotAvailable = SQLState("55P03")
    static let queryCanceled = SQLState("57014")
    static let idleInTransaction = SQLState("25P03")
    static let readOnly = SQLState("25006")
    static let diskFull = SQLState("53100")
    static let tooManyConnections = SQLState("53300")
    static let cannotConnectNow = SQLState("57P03")
    static let databaseMissing = SQLState("3D000")
    static let wrongPassword = SQLState("28P01")
    static let insufficientPrivilege = SQLState("42501")
    static let numberOutOfRange = SQLState("22003")
    static let invalidParameterValue = SQLState("22023")
    static let dataCorrupted = SQLState("XX001")
    static let indexCorrupted = SQLState("XX002")

    /// The server is stopping, has crashed or is not up yet; what it was asked can be asked again.
    var isServerGoing: Bool { ["57P01", "57P02", "57P03", "57P05"].contains(code) || errorClass == "08" }
}

/// What went wrong in a transaction, as far as it decides whether that is run again.
package struct PostgreSQLFailure: Error, Sendable {
    package enum Consequence: Sendable, Equatable {
        /// The server undid the transaction for the sake of another one: run it again.
        case again
        /// A row of another transaction is in the way, which this one did not see: run it again, and it will.
        case duplicate
        /// The connection is gone, and with it the transaction.
        case lost
        /// It would fail again.
        case final
    }

    package let consequence: Consequence
    package let error: DatastoreError
    /// The server's reason; nil where it gave none.
    let state: SQLState?

    /// What the server refused.
    ///
    /// - Parameter message: the server's words, for what has no meaning to the node. They name tables and columns; values
    ///   stand in the detail, which is not asked for.
    package init(_ state: SQLState, message: String) {
        let (consequence, error) = Self.meaning(of: state, message)
        self.init(consequence, error, state)
    }

    private static func meaning(of state: SQLState, _ message: String) -> (Consequence, DatastoreError) {
        switch state {
        case .serializationFailure, .deadlock:
            (.again, .busy("the database undid this for the sake of others, again and again: try again"))
        case .uniqueViolation:
            (.duplicate, .conflict("the row is there already (\(message))"))
        case .lockNotAvailable:
            (
                .final, .busy("another transaction holds what is needed and does not let go of it: try again later")
            )
        case .queryCanceled:
            (.final, .busy("the database took too long for this, and it was ended: try again later"))
        case .idleInTransaction:
            (.lost, .busy("the database ended a transaction that this process did not go on with in time"))
        case .readOnly:
            (
                .final, .unavailable("the database can only be read: is the server a standby, or set to read-only?")
            )
        case .diskFull:
            (.final, .full)
        case .tooManyConnections:
            (.final, .busy("the database server has no free connection: raise its max_connections"))
        case .numberOutOfRange:
            (.final, .outOfRange(field: "a number"))
        case .dataCorrupted, .indexCorrupted:
            (.final, .corrupt("the database server says: \(message)"))
        case .insufficientPrivilege:
            (
                .final,
                .unavailable("the database does not let this user do that (\(message)): it must own the tables")
            )
        case _ where state.isServerGoing:
            (.lost, .unavailable("the database server is stopping or starting"))
        case _ where state.errorClass == "53":
            (.final, .unavailable("the database server has too little left: \(message)"))
        case _ where state.errorClass == "58":
            (.final, .unavailable("the database server's system failed: \(message)"))
        case _ where state.errorClass == "23":
            (.final, .conflict("the database refuses a row: \(message)"))
        default:
            (.final, .corrupt("the database server says: \(message) (\(state.code))"))
        }
    }

    init(_ consequence: Consequence, _ error: DatastoreError, _ state: SQLState? = nil) {
        self.consequence = consequence
        self.error = error
        self.state = state
    }

    /// Whether it leaves open what became of a COMMIT. A server that refuses one says so and goes on; one that hangs up, or
    /// does not know itself what has happened to it, may have committed before.
    package var leavesCommitOpen: Bool {
        guard consequence != .lost else { return true }
        guard let state else { return false }
        return state.code.hasPrefix("57P") || ["08", "58", "XX"].contains(state.errorClass)
    }

    static let connectionLost = PostgreSQLFailure(
        .lost, .unavailable("the connection to the database was lost"))
    static let undone = PostgreSQLFailure(
        .final, .conflict("the database undid a transaction in which something had failed"))
}
