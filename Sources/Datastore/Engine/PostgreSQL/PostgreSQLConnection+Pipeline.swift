import CPostgres

// Many statements without waiting in between (libpq's pipeline mode). The server runs them in order; the first error makes it
// skip the rest up to the next synchronization point, where both sides are in step again.
extension PostgreSQLConnection {
    /// How many statements are under way at once, and how large their arguments: what lies in libpq's buffers stays bounded.
    private static let pipelineLength = 500
    private static let pipelineBytes = 4 << 20

    /// Runs one statement with each of the rows, and gives the results in order.
    func pipelined(
        _ statement: PreparedStatement, _ rows: [SQLArguments], _ take: (PostgreSQLResult) throws -> Void
    ) throws {
        var next = 0
        hasWritten = hasWritten || !statement.isReading
        while next < rows.count {
            let first = next
            try inPipeline {
                var bytes = 0
                while next < rows.count, next - first < Self.pipelineLength, bytes < Self.pipelineBytes {
                    try encode(rows[next], for: statement)
                    bytes += arguments.size
                    next += 1
                    try send(statement)
                }
                return next - first
            } take: {
                try take($0)
            }
        }
    }

    /// Sends a statement with what is in ``arguments``.
    func send(_ statement: PreparedStatement) throws {
        let sent = arguments.withUnsafePointers { count, values, lengths, formats in
            PQsendQueryPrepared(handle, statement.name, count, values, lengths, formats, 1)
        }
        guard sent == 1 else { throw failed(.connectionLost) }
    }

    /// Sends a statement without arguments that is not worth preparing.
    func send(_ sql: String) throws {
        guard PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1) == 1 else { throw failed(.connectionLost) }
    }

    /// Sends statements, then takes their results. What begins the transaction goes before them, where that is still to do.
    ///
    /// However it ends, the connection is out of pipeline mode afterwards, or dead.
    ///
    /// - Parameter send: sends statements and says how many.
    func inPipeline(_ send: () throws -> Int, take: (PostgreSQLResult) throws -> Void) throws {
        guard PQenterPipelineMode(handle) == 1 else { throw failed(.connectionLost) }
        var problem: (any Error)?
        var sent = 0
        var begins = false
        do {
            if let begin = pendingBegin {
                try self.send(begin)
                begins = true
                pendingBegin = nil
            }
            sent = try send()
        } catch {
            problem = error
        }
        guard PQpipelineSync(handle) == 1 else { throw problem ?? failed(.connectionLost) }
        // Everything up to the synchronization point is read, even after an error: only then is the next answer the next
        // statement's.
        drain: while true {
            guard let pointer = PQgetResult(handle) else {
                // The end of one statement's results. On a dead connection there is nothing else.
                guard isAlive else { throw problem ?? failed(.connectionLost) }
                continue
            }
            let result = PostgreSQLResult(pointer)
            switch result.status {
            case PGRES_PIPELINE_SYNC: break drain
            case PGRES_PIPELINE_ABORTED: continue
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
                if begins {
                    begins = false
                    continue
                }
                sent -= 1
                guard problem == nil else { continue }
                do { try take(result) } catch { problem = error }
            default:
                if problem == nil { problem = failed(failure(of: result)) }
            }
        }
        guard PQexitPipelineMode(handle) == 1 else { throw problem ?? failed(.connectionLost) }
        if let problem { throw problem }
        guard sent == 0 else { throw failed(.connectionLost) }
    }
}
