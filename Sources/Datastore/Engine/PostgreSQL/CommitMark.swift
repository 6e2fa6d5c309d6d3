/// By which a connection's last commit is recognized, should its answer not come.
///
/// A connection that is lost between COMMIT and its answer leaves open whether the transaction stands: to run it again may
/// count things twice, and not to may lose what was acknowledged. So each connection has a row in `cairn_commits`, and every
/// transaction writes its number there together with its COMMIT (one exchange for both). Whoever wants to know, locks
/// the row on another connection, which waits until the lost transaction has ended, and looks for the number.
///
/// Why not ask the server by transaction id (`pg_xact_status`): a server that crashes gives the ids again that it had not
/// yet written down, and the answer is then about somebody else's transaction. After a failover, too.
struct CommitMark: Sendable, Equatable {
    /// The connection's row, for no other connection ever.
    let writer = Int64.random(in: 1...Int64.max)
    /// The number of the transaction.
    fileprivate(set) var number: Int64 = 0

    /// What the row is set to when a lost transaction was found missing: it must not come after all, from a server that is
    /// still working off what it was sent.
    static let ended = Int64.max

    /// Beside the stores' tables; no store knows of it.
    static let table = "cairn_commits"
    static let definition = """
        CREATE TABLE cairn_commits (
            writer BIGINT PRIMARY KEY,
            number BIGINT NOT NULL,
            at TIMESTAMPTZ NOT NULL DEFAULT now()
        ) WITH (fillfactor = 50)
        """

    /// Rows of connections that ended long ago. None is missed: a connection that has no row makes one.
    static let cleaning = """
        DELETE FROM cairn_commits WHERE at < now() - INTERVAL '2 days' AND writer <> \(ClaimToken.writer)
        """

    /// A row that was ended lets no number in, and neither does a claim that is another's: the null fails the transaction.
    fileprivate static let writing = """
        INSERT INTO cairn_commits (writer, number) VALUES ($1, CASE WHEN CAST($3 AS BIGINT) = 0
            OR CAST($3 AS BIGINT) = (SELECT c.number FROM cairn_commits AS c WHERE c.writer = \(ClaimToken.writer))
            THEN CAST($2 AS BIGINT) END)
        ON CONFLICT (writer) DO UPDATE
        SET number = CASE WHEN cairn_commits.number < EXCLUDED.number THEN EXCLUDED.number END, at = now()
        """
}

extension PostgreSQLConnection {
    /// Commits, with a mark.
    ///
    /// - Parameter token: of the claim under which the transaction stands; nil for that of a process that runs no node.
    func commit(under token: ClaimToken?) throws {
        mark.number += 1
        let marking = try prepare(CommitMark.writing)
        try encode([mark.writer, mark.number, token?.value ?? 0], for: marking)
        var command = ""
        try inPipeline {
            try send(marking)
            try send("COMMIT")
            return 2
        } take: {
            command = $0.command
        }
        guard command == "COMMIT" else { throw failed(.undone) }
    }

    /// Finds out whether a transaction of another connection, which is lost, was committed, and sees to it that it is not
    /// later.
    func settle(_ lost: CommitMark) throws -> Bool {
        beginWriting()
        let session = Session(self)
        // Waits for a transaction that is making the row, and the second statement for one that is changing it.
        try session.execute(
            "INSERT INTO cairn_commits (writer, number) VALUES ($1, 0) ON CONFLICT (writer) DO NOTHING", [lost.writer])
        let number = try session.integer("SELECT number FROM cairn_commits WHERE writer = $1 FOR UPDATE", [lost.writer])
        let isCommitted = number == lost.number
        if !isCommitted {
            try session.execute(
                "UPDATE cairn_commits SET number = $2 WHERE writer = $1", [lost.writer, CommitMark.ended])
        }
        try run("COMMIT")
        return isCommitted
    }
}
