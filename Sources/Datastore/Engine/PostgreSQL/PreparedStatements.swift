import CPostgres

/// A statement that the server keeps compiled for one connection.
struct PreparedStatement {
    let name: String
    let sql: String
    /// The types of its arguments.
    let parameters: [UInt32]
    let columns: SQLColumns
    /// The types of its columns.
    let types: [UInt32]

    /// Whether it changes nothing.
    var isReading: Bool { sql.hasPrefix("SELECT") || sql.hasPrefix("DECLARE") }
}

/// The statements of a connection by their text, as many as are worth keeping: the one that was not used for longest goes.
struct PreparedStatements {
    private var byText: [String: (statement: PreparedStatement, used: UInt64)] = [:]
    private var clock: UInt64 = 0
    private var named = 0

    /// More than the stores have, so that none goes in the normal run of things.
    static let limit = 512

    /// The statement of this text, if it is there.
    mutating func find(_ sql: String) -> PreparedStatement? {
        guard let index = byText.index(forKey: sql) else { return nil }
        clock += 1
        byText.values[index].used = clock
        return byText.values[index].statement
    }

    /// A name for the next statement.
    mutating func nextName() -> String {
        named += 1
        return "s\(named)"
    }

    /// Takes in a statement.
    ///
    /// - Returns: the one that has to go for it.
    mutating func insert(_ statement: PreparedStatement) -> PreparedStatement? {
        var leaving: PreparedStatement?
        if byText.count >= Self.limit, let oldest = byText.min(by: { $0.value.used < $1.value.used })?.key {
            leaving = byText.removeValue(forKey: oldest)?.statement
        }
        clock += 1
        byText[statement.sql] = (statement, clock)
        return leaving
    }
}

extension PostgreSQLConnection {
    /// The statement, prepared now if it was not.
    func prepare(_ sql: String) throws -> PreparedStatement {
        if let known = prepared.find(sql) { return known }
        let name = prepared.nextName()
        _ = try checked(PQprepare(handle, name, sql, 0, nil))
        let description = try checked(PQdescribePrepared(handle, name))
        let (columns, types) = description.columns()
        let statement = PreparedStatement(
            name: name, sql: sql,
            parameters: (0..<PQnparams(description.pointer)).map { PQparamtype(description.pointer, $0) },
            columns: columns, types: types)
        if let leaving = prepared.insert(statement) {
            _ = try checked(PQexec(handle, "DEALLOCATE \(leaving.name)"))
        }
        return statement
    }
}
