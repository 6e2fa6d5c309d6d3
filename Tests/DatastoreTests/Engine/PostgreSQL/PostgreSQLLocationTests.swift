import Datastore
import Testing

/// Which URLs a node takes, and what protects the way to a server.
@Suite struct PostgreSQLLocationTests {
    private func mode(_ url: String) throws -> String? { try PostgreSQLLocation(url: url).sslMode }

    @Test func anotherMachineMustProveItsNameUnlessTheURLSaysOtherwise() throws {
        #expect(try mode("postgres://cairn@db.example.org/cairn") == "verify-full")
        #expect(try mode("postgresql://cairn@192.0.2.7:5433/cairn") == "verify-full")
        #expect(try mode("postgres://cairn@a.example,localhost/cairn") == "verify-full")
        // libpq connects to the address, whatever the name.
        #expect(try mode("postgres://cairn@localhost/cairn?hostaddr=192.0.2.7") == "verify-full")
        // Where there is none, to the name.
        #expect(try mode("postgres://cairn@localhost,a.example/cairn?hostaddr=127.0.0.1,") == "verify-full")
        #expect(try mode("postgres://cairn@db.example.org/cairn?sslmode=disable") == "disable")
        #expect(try mode("postgres://cairn@db.example.org/cairn?sslmode=verify-ca") == "verify-ca")
    }

    @Test func onThisMachineNothingIsAskedFor() throws {
        #expect(try mode("postgres://cairn@localhost/cairn") == "prefer")
        #expect(try mode("postgres://cairn@127.0.0.1:5433/cairn") == "prefer")
        #expect(try mode("postgres://cairn@[::1]/cairn") == "prefer")
        #expect(try mode("postgres://cairn@/cairn?host=/run/postgresql") == "prefer")
        #expect(try mode("postgres://cairn@127.evil.example/cairn") == "verify-full")
    }

    @Test(arguments: [
        ("mysql://cairn@db/cairn", "postgres://"),
        ("postgres://cairn:s3cret@db.example.org/cairn", "password_file"),
        ("postgres://cairn@db.example.org/cairn?password=s3cret", "password_file"),
        ("postgres://cairn@db.example.org/cairn?sslmode=prefer", "in the clear"),
        ("postgres://cairn@db.example.org/cairn?sslmode=allow", "in the clear"),
        ("postgres://cairn@db.example.org", "no database"),
        ("postgres://db.example.org/cairn", "no user"),
        ("postgres://cairn@db.example.org/cairn?passfile=/x/s3cret", "passfile"),
        ("postgres://cairn@db.example.org/cairn?service=s3cret", "service"),
        ("postgres://cairn@db.example.org/cairn?s3cret=1", "no postgres:// URL"),
        ("postgres://cairn@db.example.org/cai%zzs3cret", "no postgres:// URL"),
        ("postgres://cairn@db.example.org/cairn?sslmode=s3cret", "sslmode is none of"),
        ("postgres://cairn@db.example.org:s3cret/cairn", "port is no number"),
        ("postgres://cairn@db.example.org:0/cairn", "port is no number"),
        ("postgres://cairn@db.example.org:65536/cairn", "port is no number"),
        ("postgres://cairn@a,b,c/cairn?port=1,2", "as many ports"),
        ("postgres://cairn@a,b/cairn?hostaddr=127.0.0.1", "as many ports"),
    ])
    func aURLThatWillNotDoIsRefusedInWordsThatDoNotRepeatIt(_ url: String, _ word: String) throws {
        let error = #expect(throws: DatastoreError.self) { try PostgreSQLLocation(url: url) }
        let words = error?.description ?? ""
        #expect(words.contains(word), "\(words)")
        #expect(!words.contains("s3cret"))
    }

    /// libpq would connect to what they say, and take it for the local socket that the URL names.
    @Test func theEnvironmentSendsANodeNowhereElse() throws {
        let local = "postgres://cairn@/cairn"
        for variable in ["PGHOST", "PGHOSTADDR", "PGSERVICE"] {
            let error = #expect(throws: DatastoreError.self) {
                try PostgreSQLLocation(url: local, environment: [variable: "192.0.2.7"])
            }
            #expect(error?.description.contains("unset \(variable)") == true)
            #expect(try PostgreSQLLocation(url: local, environment: [variable: ""]).sslMode == "prefer")
        }
        let named = "postgres://cairn@localhost/cairn"
        #expect(try PostgreSQLLocation(url: named, environment: ["PGHOST": "192.0.2.7"]).sslMode == "prefer")
        #expect(throws: DatastoreError.self) {
            try PostgreSQLLocation(url: named, environment: ["PGHOSTADDR": "192.0.2.7"])
        }
    }

    @Test func theNameInWordsHasHostPortAndDatabase() throws {
        #expect(try PostgreSQLLocation(url: "postgres://u@a,b:1/x").shown == "a:5432, b:1, database x")
        #expect(try PostgreSQLLocation(url: "postgres://u@/x?host=/run/pg").shown == "/run/pg, database x")
    }
}
