import CPostgres

// What a session asks of a connection (PostgreSQLConnection.swift).
extension PostgreSQLConnection {
    func lock(_ lock: StorageLock, _ mode: LockMode) throws {
        let (space, key) = lock.advisoryKey
        let function =
            switch mode {
            case .shared: "pg_advisory_xact_lock_shared"
            case .exclusive: "pg_advisory_xact_lock"
            }
        _ = try runPrepared("SELECT \(function)($1, $2)", [Int(space), Int(key)])
    }

    func query(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws {
        let (statement, result) = try runPrepared(sql, arguments)
        try forEachRow(of: result, statement, row)
    }

    func execute(_ sql: String, _ arguments: SQLArguments) throws -> Int {
        try runPrepared(sql, arguments).result.changed
    }

    func executeMany(_ sql: String, _ rows: [SQLArguments]) throws -> [Int] {
        guard rows.count > 1 else { return try rows.map { try execute(sql, $0) } }
        var changed: [Int] = []
        changed.reserveCapacity(rows.count)
        let statement = try prepare(sql)
        try pipelined(statement, rows) { changed.append($0.changed) }
        return changed
    }

    func returningMany(_ sql: String, _ rows: [SQLArguments]) throws -> [SQLRow?] {
        let statement = try prepare(sql)
        var returned: [SQLRow?] = []
        returned.reserveCapacity(rows.count)
        func take(_ result: PostgreSQLResult) throws {
            returned.append(
                result.rowCount == 0 ? nil : try row(0, of: result, statement))
        }
        if rows.count == 1 {
            try take(runPrepared(sql, rows[0]).result)
        } else {
            try pipelined(statement, rows, take)
        }
        return returned
    }

    private func runPrepared(
        _ sql: String, _ values: SQLArguments
    ) throws -> (statement: PreparedStatement, result: PostgreSQLResult) {
        let statement = try prepare(sql)
        try encode(values, for: statement)
        hasWritten = hasWritten || !statement.isReading
        guard pendingBegin == nil else {
            var result: PostgreSQLResult?
            try inPipeline {
                try send(statement)
                return 1
            } take: {
                result = $0
            }
            guard let result else { throw failed(.connectionLost) }
            return (statement, result)
        }
        let result = arguments.withUnsafePointers { count, values, lengths, formats in
            PQexecPrepared(handle, statement.name, count, values, lengths, formats, 1)
        }
        return (statement, try checked(result))
    }

    /// Puts arguments into ``arguments``.
    func encode(_ values: SQLArguments, for statement: PreparedStatement) throws {
        do throws(DatastoreError) {
            try arguments.encode(values, as: statement.parameters, sql: statement.sql)
        } catch {
            throw failed(PostgreSQLFailure(.final, error))
        }
    }

    func forEachRow(
        of result: PostgreSQLResult, _ statement: PreparedStatement, _ body: (SQLRow) throws -> Void
    ) throws {
        for index in 0..<result.rowCount { try body(row(index, of: result, statement)) }
    }

    private func row(_ index: Int, of result: PostgreSQLResult, _ statement: PreparedStatement) throws -> SQLRow {
        do throws(DatastoreError) {
            return try result.row(index, columns: statement.columns, types: statement.types, sql: statement.sql)
        } catch {
            throw failed(PostgreSQLFailure(.final, error))
        }
    }
}

extension PostgreSQLConnection {
    /// Those that hold the lock under their number, which ends with the connection of their claim.
    func livingProcesses() throws -> Set<Int64> {
        let found = try Session(self).rows(
            """
            SELECT CAST(objid AS BIGINT) AS process FROM pg_locks
            WHERE locktype = 'advisory' AND classid = \(StorageLock.claimKey) AND objsubid = 2 AND objid <> 0 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """)
        return Set(try found.map { try $0.integer("process") })
    }
}

extension StorageLock {
    /// The first number of all our locks: "cair".
    private static let ours: Int32 = 0x6361_6972
    /// Of the lock that a running node holds, beside the transactions' ones.
    static let claimKey = ours + 3

    /// The two numbers of PostgreSQL's advisory lock. The first says the kind, and is ours: other programs in the same
    /// database have locks of their own. Two tasks 2^32 apart would share one, which is slow and not wrong.
    var advisoryKey: (space: Int32, key: Int32) {
        switch self {
        case .schema: (Self.ours, 0)
        case .tasks: (Self.ours + 1, 0)
        case .task(let task): (Self.ours + 2, Int32(truncatingIfNeeded: task.value))
        }
    }
}
