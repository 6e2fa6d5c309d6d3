import CPostgres

// Long results, a bounded number of rows at a time.
extension PostgreSQLConnection {
    /// How many rows come at once.
    private static let fetched = 1_000

    func stream(_ sql: String, _ arguments: SQLArguments, _ row: (SQLRow) throws -> Void) throws {
        // Columns and types are the query's own; the declaration, which takes its arguments, has none.
        let query = try prepare(sql)
        let declaration = try prepare("DECLARE cairn NO SCROLL CURSOR FOR \(sql)")
        let fetch = "FETCH \(Self.fetched) FROM cairn"
        var page: PostgreSQLResult?
        // One exchange: the cursor of before is closed, the new one opened, and its first rows fetched.
        try inPipeline {
            if hasCursor { try send("CLOSE cairn") }
            try encode(arguments, for: declaration)
            try send(declaration)
            try send(fetch)
            return hasCursor ? 3 : 2
        } take: {
            page = $0
        }
        hasCursor = true
        while let current = page {
            page = nil
            try forEachRow(of: current, query, row)
            guard current.rowCount == Self.fetched else { return }
            page = try checked(PQexecParams(handle, fetch, 0, nil, nil, nil, nil, 1))
        }
    }
}
