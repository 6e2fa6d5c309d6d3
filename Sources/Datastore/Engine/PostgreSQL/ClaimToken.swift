/// By which a node's process is recognized as the one that has the database.
///
/// A process holds its claim as a lock of the server's, which ends with a connection, and the process hears of that late. So
/// whoever claims the database also writes a number of its own into a row of `cairn_commits`, and every commit of a node
/// looks for its number there: one that stands under a claim of before fails, whatever its process believes.
struct ClaimToken: Sendable, Equatable {
    let value = Int64.random(in: 1...Int64.max)

    /// The row. Connections have greater numbers.
    static let writer: Int64 = 0
}

extension PostgreSQLConnection {
    /// Takes the database over from whoever had it before. Commits that are under way come first; those that come later
    /// find the new number.
    func establish(_ token: ClaimToken) throws {
        beginWriting()
        // Commits change the table and so wait for this, or this for them. A statement looks at the table once it has it.
        try run("LOCK TABLE \(CommitMark.table) IN SHARE ROW EXCLUSIVE MODE")
        try Session(self).execute(
            """
            INSERT INTO cairn_commits (writer, number) VALUES ($1, $2)
            ON CONFLICT (writer) DO UPDATE SET number = EXCLUDED.number, at = now()
            """, [ClaimToken.writer, token.value])
        try run("COMMIT")
    }

    /// Whether nobody else has had the database since.
    func isEstablished(_ token: ClaimToken) throws -> Bool {
        try run("SELECT number FROM cairn_commits WHERE writer = \(ClaimToken.writer)").text(row: 0, column: 0)
            == "\(token.value)"
    }
}
