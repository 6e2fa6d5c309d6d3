import Datastore
import Testing

/// What is decided without a server.
@Suite struct PostgreSQLRulesTests {
    private let good = PostgreSQLServer(
        version: 150_004, encoding: "UTF8", syncs: true, commits: "on", writesFullPages: true, hasStandardStrings: true,
        maxConnections: 100, milliseconds: 1_000_000)

    @Test func aServerThatForgetsIsTooOldOrCannotHoldTextIsRefused() throws {
        try good.check(acceptsForgetful: false)
        let defects: [(String, (inout PostgreSQLServer) -> Void)] = [
            ("PostgreSQL 12", { $0.version = 120_022 }), ("encoded in SQL_ASCII", { $0.encoding = "SQL_ASCII" }),
            ("fsync", { $0.syncs = false }), ("full_page_writes", { $0.writesFullPages = false }),
            ("synchronous_commit", { $0.commits = "off" }),
            ("standard_conforming_strings", { $0.hasStandardStrings = false }),
        ]
        for (word, spoil) in defects {
            var server = good
            spoil(&server)
            let error = #expect(throws: DatastoreError.self) { try server.check(acceptsForgetful: false) }
            guard case .unsuitable(let words) = error else {
                Issue.record("\(word): \(String(describing: error))")
                continue
            }
            #expect(words.contains(word), "\(words)")
        }
        for commits in ["local", "remote_write", "remote_apply"] {
            var server = good
            server.commits = commits
            try server.check(acceptsForgetful: false)
        }
    }

    @Test func aClockThatIsOffIsSaidWithItsNumber() {
        #expect(good.clockWarning(before: 999_500, after: 1_000_500) == nil)
        // A slow answer is no wrong clock.
        #expect(good.clockWarning(before: 990_000, after: 1_010_000) == nil)
        #expect(good.clockWarning(before: 990_000, after: 990_100)?.contains("9.9 s ahead") == true)
        #expect(good.clockWarning(before: 1_060_000, after: 1_060_100)?.contains("60.0 s behind") == true)
    }

    @Test func whoWasUndoneForOthersRunsAgainAndNotForEver() {
        let start = ContinuousClock.now
        var retry = PostgreSQLRetry(patience: .seconds(20))
        for round in 1...PostgreSQLRetry.mostUndone {
            guard case .again(let pause) = retry.after(.again, at: start, jitter: 1) else {
                Issue.record("round \(round)")
                return
            }
            #expect(pause > .zero && pause < .seconds(1))
        }
        #expect(retry.after(.again, at: start, jitter: 0) == .giveUp)
        #expect(retry.after(.final, at: start, jitter: 0) == .giveUp)
    }

    @Test func aDuplicateIsTriedAgainAFewTimes() {
        var retry = PostgreSQLRetry(patience: .seconds(20))
        for _ in 1...PostgreSQLRetry.mostDuplicates {
            #expect(retry.after(.duplicate, at: .now, jitter: 0.5) == .again(after: .zero))
        }
        #expect(retry.after(.duplicate, at: .now, jitter: 0.5) == .giveUp)
    }

    @Test func aLostServerIsLookedForUntilPatienceEnds() {
        let start = ContinuousClock.now
        var retry = PostgreSQLRetry(patience: .seconds(20))
        #expect(retry.after(.lost, at: start, jitter: 0.5) == .again(after: .zero), "it may be an old connection")
        guard case .again(let pause) = retry.after(.lost, at: start + .seconds(19), jitter: 0.5) else {
            Issue.record("gave up too early")
            return
        }
        #expect(pause > .zero)
        #expect(retry.after(.lost, at: start + .seconds(20), jitter: 0.5) == .giveUp)
    }

    @Test(arguments: [
        ("connection to server at \"db\" (192.0.2.7), port 5432 failed: FATAL:  28P01\n", "password", false),
        ("connection to server at \"db\", port 5432 failed: FATAL:  3D000\n", "no such database", false),
        ("connection to server at \"db\", port 5432 failed: FATAL:  28000\n", "pg_hba.conf", false),
        ("connection to server at \"db\", port 5432 failed: FATAL:  53300\n", "no free connection", true),
        ("connection to server at \"db\", port 5432 failed: FATAL:  57P03\n", "starting or stopping", true),
        (
            "connection to server at \"db\", port 5432 failed: Connection refused\n\tIs the server running",
            "is it running", true
        ),
        ("could not translate host name \"db\" to address: Name or service not known\n", "has no address", true),
        ("connection to server at \"db\", port 5432 failed: timeout expired\n", "does not answer", true),
        ("connection to server failed: SSL error: certificate verify failed\n", "cannot be protected", false),
        ("connection to server at \"db\", port 5432 failed: session is read-only\n", "only be read", true),
        ("", "does not answer", true),
    ])
    func whyNoConnectionCameAboutIsSaidInWords(_ message: String, _ word: String, _ isWorthWaiting: Bool) {
        let failure = ConnectingProblem(words: message, needsPassword: false, place: "db:5432, database cairn").failure
        #expect(failure.error.description.contains(word), "\(failure.error)")
        #expect(failure.error.description.contains("db:5432"))
        #expect((failure.consequence == .lost) == isWorthWaiting)
    }

    @Test func anotherDatabaseUnderTheSameNameIsNoticed() {
        let first = DatabaseIdentity(system: "1", timeline: "00000001", database: "16384")
        #expect(first.difference(first) == nil)
        let others: [(String, (inout DatabaseIdentity) -> Void)] = [
            ("taken over", { $0.timeline = "00000002" }), ("never was a copy", { $0.system = "2" }),
            ("another database", { $0.database = "16385" }),
        ]
        for (word, change) in others {
            var other = first
            change(&other)
            #expect(first.difference(other)?.contains(word) == true, "\(String(describing: first.difference(other)))")
        }
        // What must not be asked cannot differ; the rest can.
        let blind = DatabaseIdentity(system: nil, timeline: nil, database: "16384")
        #expect(blind.difference(blind) == nil)
        #expect(blind.difference(DatabaseIdentity(system: nil, timeline: nil, database: "1")) != nil)
        for known in [
            first, DatabaseIdentity(system: "1", timeline: nil, database: "16384"),
            DatabaseIdentity(system: nil, timeline: "00000001", database: "16384"),
        ] {
            #expect(blind.difference(known) == nil, "the right was granted")
            #expect(known.difference(blind) == nil, "the right was taken away")
            #expect(first.difference(known) == nil)
        }
    }

    @Test func errorsAreToldByTheirMeaning() {
        func failure(_ code: String) -> PostgreSQLFailure { PostgreSQLFailure(SQLState(code), message: "words") }
        #expect(failure("40001").consequence == .again)
        #expect(failure("40P01").consequence == .again)
        #expect(failure("23505").consequence == .duplicate)
        for code in ["57P01", "57P02", "57P03", "08006", "25P03"] {
            #expect(failure(code).consequence == .lost, "\(code)")
        }
        #expect(failure("53100").error == .full)
        for code in ["55P03", "57014", "53300"] {
            guard case .busy = failure(code).error else {
                Issue.record("\(code)")
                continue
            }
        }
        for code in ["57P01", "57P04", "08006", "08007", "58030", "XX000", "XX001"] {
            #expect(failure(code).leavesCommitOpen, "\(code)")
        }
        for code in ["40001", "40P01", "23502", "23505", "53100", "57014"] {
            #expect(!failure(code).leavesCommitOpen, "\(code)")
        }
        guard case .unavailable = failure("25006").error, case .corrupt = failure("XX001").error else {
            Issue.record("read-only or damaged")
            return
        }
    }
}
