/// By which a node's process is recognized as the one that has the database.
///
/// A process holds its claim as a lock of the server's, which ends with a connection, and the process hears of that late. So
/// whoever claims the database also writes a number of its own into a row of `cairn_commits`, and every commit of a node
/// looks for its number there: one that stands under a claim of before fails, whatever its process believes.
///
/// Replicas share a number, which is negative: whoever comes first writes it, and those that come later read it. One that
/// has lost its connection goes on with it. A process that wants the database alone writes another, and with that ends all of
/// them.
struct ClaimToken: Sendable, Equatable {
    let value: Int64

    /// - Parameter isShared: whether it is one of replicas.
    static func random(isShared: Bool) -> ClaimToken {
        ClaimToken(value: .random(in: 1...Int64.max) * (isShared ? -1 : 1))
    }

    /// The row. Connections have greater numbers.
    static let writer: Int64 = 0
}

extension PostgreSQLConnection {
    /// Takes the database over from whoever had it before. Commits that are under way come first; those that come later
    /// find the new number.
    ///
    /// - Parameter isShared: goes on under the number of replicas where the last who had the database were some.
    func establish(isShared: Bool) throws -> ClaimToken {
        beginWriting()
        // Commits change the table and so wait for this, or this for them. A statement looks at the table once it has it.
        try run("LOCK TABLE \(CommitMark.table) IN SHARE ROW EXCLUSIVE MODE")
        if isShared, let known = try Session(self).integer(Self.established), known < 0 {
            try run("COMMIT")
            return ClaimToken(value: known)
        }
        let token = ClaimToken.random(isShared: isShared)
        try Session(self).execute(
            """
            INSERT INTO cairn_commits (writer, number) VALUES ($1, $2)
            ON CONFLICT (writer) DO UPDATE SET number = EXCLUDED.number, at = now()
            """, [ClaimToken.writer, token.value])
        try run("COMMIT")
        return token
    }

    /// Whether nobody else has had the database since.
    func isEstablished(_ token: ClaimToken) throws -> Bool {
        try run(Self.established).text(row: 0, column: 0) == "\(token.value)"
    }

    private static let established = "SELECT number FROM cairn_commits WHERE writer = \(ClaimToken.writer)"
}
