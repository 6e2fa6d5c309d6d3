import AggregatorNode
import DAP
import Encodings
import TaskTypes
import Testing

@Suite struct ConfigurationTests {
    private static let leader = """
        role: leader
        listen: 127.0.0.1:8301
        public_url: https://Example.ORG:8301/api/
        data_dir: data
        peer:
          url: http://127.0.0.1:8302/
          psk_file: peer.psk
        tokens:
          aggregator: aggregator.token
          collector: /etc/cairn/collector.token
        log:
          origin: example.org/log
          key_file: log.skey
        """

    @Test func aCompleteFileIsRead() throws {
        let configuration = try NodeConfiguration.load(yaml: Self.leader, file: "/srv/cairn/leader.yaml")
        #expect(configuration.roles == [.leader])
        #expect(configuration.listenHost == "127.0.0.1" && configuration.listenPort == 8301)
        #expect(configuration.publicURL.string == "https://example.org:8301/api")
        #expect(configuration.publicURL.path == "/api")
        #expect(configuration.dataDirectory == "/srv/cairn/data")
        #expect(configuration.pskFile == "/srv/cairn/peer.psk")
        #expect(configuration.leader?.collectorTokenFiles == ["/etc/cairn/collector.token"])
        #expect(configuration.logOrigin == "example.org/log")
    }

    @Test func relativePathsOfAFileNamedWithoutFolderStayRelative() throws {
        let configuration = try NodeConfiguration.load(yaml: Self.leader, file: "leader.yaml")
        #expect(configuration.dataDirectory == "data")
    }

    /// What is wrong, on which line it must be reported, and a word of the message.
    private static let faults: [(replace: String, by: String, line: Int?, message: String)] = [
        ("role: leader", "role: boss", 1, "'leader' or 'helper'"),
        ("role: leader", "role: [leader]", 1, "one value"),
        ("role: leader", "role:", 1, "empty"),
        ("role: leader\n", "", 1, "'role' is missing"),
        ("role: leader", "role: leader\nrole: helper", 1, "twice"),
        ("data_dir: data", "datadir: data", 4, "unknown key 'datadir'"),
        ("data_dir: data", "data_dir: data\nport: 1", 5, "unknown key 'port'"),
        ("listen: 127.0.0.1:8301", "listen: 8301", 2, "HOST:PORT"),
        ("listen: 127.0.0.1:8301", "listen: 127.0.0.1:0", 2, "HOST:PORT"),
        ("listen: 127.0.0.1:8301", "listen: 127.0.0.1:65536", 2, "HOST:PORT"),
        ("listen: 127.0.0.1:8301", "listen: ::1:8301", 2, "HOST:PORT"),
        ("public_url: https://Example.ORG:8301/api/", "public_url: example.org", 3, "http"),
        ("public_url: https://Example.ORG:8301/api/", "public_url: ftp://example.org/", 3, "http"),
        ("public_url: https://Example.ORG:8301/api/", "public_url: https://example.org/?a=b", 3, "query"),
        ("  url: http://127.0.0.1:8302/", "  url: https://example.org:8301/api", 6, "own public_url"),
        ("public_url: https://Example.ORG:8301/api/", "public_url: http://example.org/", 3, "not an https URL"),
        (
            "public_url: https://Example.ORG:8301/api/", "public_url: http://127.0.0.1.example.org/", 3,
            "not an https URL"
        ),
        ("  url: http://127.0.0.1:8302/", "  url: http://example.org/", 6, "not an https URL"),
        ("  psk_file: peer.psk", "  psk: peer.psk", 7, "unknown key 'peer.psk'"),
        ("  psk_file: peer.psk\n", "", 6, "'peer.psk_file' is missing"),
        ("  collector: /etc/cairn/collector.token\n", "", 9, "'tokens.collector' is missing"),
        ("role: leader", "role: helper", 10, "remove 'tokens.collector'"),
        ("log:\n  origin: example.org/log\n  key_file: log.skey", "log: here", 11, "section"),
        ("origin: example.org/log", "origin: a+b", 12, "origin is a name"),
        ("role: leader", "role: \"leader", nil, "not YAML"),
        ("role: leader", "\trole: leader", 1, "begins with a tab"),
        ("role: leader", "role:leader", 2, "a space missing behind"),
        ("role: leader", "role: @leader", 1, "put it in quotes"),
        ("role: leader", "role: " + String(repeating: "[", count: 20_000), 1, "too deep"),
        ("role: leader", "role: leader\n---", 2, "more than one document"),
    ]

    @Test(arguments: faults.indices) func aFaultIsReportedWithItsLine(_ index: Int) throws {
        let fault = Self.faults[index]
        let yaml = Self.leader.replacing(fault.replace, with: fault.by)
        #expect(yaml != Self.leader)
        let error = try #require(throws: ConfigurationError.self) {
            try NodeConfiguration.load(yaml: yaml, file: "node.yaml")
        }
        let description = error.description
        #expect(description.contains(fault.message), "\(description)")
        if let line = fault.line { #expect(description.hasPrefix("node.yaml:\(line): "), "\(description)") }
    }

    // MARK: A node of both roles

    private static let both = """
        listen: 127.0.0.1:8301
        public_url: https://a.example/
        data_dir: data
        leader:
          log_origin: a.example/log
          log_key_file: log.skey
          collector_token_files: [collector.token, old.token]
        helper:
          witness_key_file: witness.skey
        peers:
          - url: https://b.example/
            psk_files: [b.psk, b-old.psk]
            token_files: [b.token]
            log_origin: b.example/log
            ca_file: ca.pem
            former_urls: [https://old.example/, https://older.example/b/]
          - url: https://c.example/
            psk_files: [c.psk]
            token_files: [c.token]
        """

    @Test func aNodeOfBothRolesAndItsPeersAreRead() throws {
        let node = try NodeConfiguration.load(yaml: Self.both, file: "/srv/node.yaml")
        #expect(node.roles == [.leader, .helper] && node.roleNames == "leader and helper")
        #expect(node.leader?.logOrigin == "a.example/log" && node.leader?.logKeyFile == "/srv/log.skey")
        #expect(node.leader?.collectorTokenFiles == ["/srv/collector.token", "/srv/old.token"])
        #expect(node.helper?.witnessKeyFile == "/srv/witness.skey")
        #expect(node.peers.map(\.url.string) == ["https://b.example", "https://c.example"])
        #expect(node.peers[0].pskFiles == ["/srv/b.psk", "/srv/b-old.psk"] && node.peers[0].caFile == "/srv/ca.pem")
        #expect(node.peers[1].tokenFiles == ["/srv/c.token"] && node.peers[1].logOrigin == nil)
        #expect(node.peers.allSatisfy { !$0.isOnlyOne })
        #expect(node.peers[0].formerURLs.map(\.string) == ["https://old.example", "https://older.example/b"])
        #expect(node.peers[1].formerURLs.isEmpty)
    }

    /// Tasks that were made before go on where the peer is now.
    @Test func aPeerThatHasMovedIsKnownByItsFormerURLs() throws {
        let moved = Self.both.replacing("https://older.example/b/", with: "https://old.example/dap/")
        let node = try NodeConfiguration.load(yaml: moved, file: "node.yaml")
        for url in ["https://b.example/", "https://OLD.example", "https://old.example/dap"] {
            #expect(node.peer(at: url)?.index == 0, "\(url)")
        }
        #expect(node.peer(at: "https://c.example")?.index == 1 && node.peer(at: "https://old.example/other") == nil)
        let addresses = [
            ("https://old.example", "https://b.example"), ("https://old.example/witness", "https://b.example/witness"),
            ("https://old.example/dap/witness", "https://b.example/witness"),
            ("https://old.example.org/witness", "https://old.example.org/witness"),
            ("https://c.example/witness", "https://c.example/witness"),
        ]
        for (before, now) in addresses { #expect(node.peers[0].moved(before) == now) }
    }

    @Test func howLongLeadersWaitIsTheOperatorsChoice() throws {
        let line = "  witness_key_file: witness.skey\n"
        let chosen = Self.both.replacing(line, with: line + "  jobs: 0\n  patience: 5\n")
        let node = try NodeConfiguration.load(yaml: chosen, file: "node.yaml")
        #expect(node.helper?.jobs == 0 && node.helper?.patience == 5)
        #expect(try NodeConfiguration.load(yaml: Self.both, file: "node.yaml").helper?.jobs == nil)
        for (key, value) in [("jobs", "1001"), ("jobs", "many"), ("patience", "0"), ("patience", "51")] {
            let wrong = Self.both.replacing(line, with: line + "  \(key): \(value)\n")
            let error = try #require(throws: ConfigurationError.self) {
                try NodeConfiguration.load(yaml: wrong, file: "node.yaml")
            }
            #expect(error.description.hasPrefix("node.yaml:10: "), "\(error)")
        }
    }

    @Test func aFileOfOneRoleMeansWhatItMeant() throws {
        let leader = try NodeConfiguration.load(yaml: Self.leader, file: "/srv/leader.yaml")
        #expect(leader.helper == nil && leader.peers.count == 1 && leader.peers[0].isOnlyOne)
        #expect(leader.peers[0].logOrigin == nil)
        let text = Self.leader.replacing("role: leader", with: "role: helper")
            .replacing("  collector: /etc/cairn/collector.token\n", with: "")
        let helper = try NodeConfiguration.load(yaml: text, file: "/srv/helper.yaml")
        #expect(helper.leader == nil && helper.helper?.witnessKeyFile == "/srv/log.skey")
        #expect(helper.peers[0].logOrigin == "example.org/log")
        // Several secrets in the old form, as in the new one.
        let rotated = try NodeConfiguration.load(
            yaml: Self.leader.replacing("psk_file: peer.psk", with: "psk_file: [new.psk, peer.psk]")
                .replacing("aggregator: aggregator.token", with: "aggregator: [a.token, b.token]"),
            file: "/srv/leader.yaml")
        #expect(rotated.peers[0].pskFiles == ["/srv/new.psk", "/srv/peer.psk"])
        #expect(rotated.peers[0].tokenFiles == ["/srv/a.token", "/srv/b.token"])
    }

    private static let cToken = "token_files: [c.token]"
    private static let faultsOfBoth: [(replace: String, by: String, line: Int?, message: String)] = [
        ("listen: 127", "role: leader\nlisten: 127", 1, "remove 'role'"),
        ("peers:", "tokens:\n  aggregator: a\npeers:", 10, "remove 'tokens'"),
        ("data_dir: data", "data_dir: data\npeer: {}", 4, "remove 'peer'"),
        ("data_dir: data", "data_dir: data\nlog: {}", 4, "leader.log_origin"),
        ("data_dir: data", "data_dir: data\nhelpers: {}", 4, "unknown key 'helpers'"),
        ("  log_key_file: log.skey\n", "", 5, "'leader.log_key_file' is missing"),
        ("  collector_token_files: [collector.token, old.token]\n", "", 5, "'leader.collector_token_files' is missing"),
        ("[collector.token, old.token]", "collector.token", 7, "a list"),
        ("witness_key_file: witness.skey", "key_file: witness.skey", 9, "unknown key 'helper.key_file'"),
        ("url: https://b.example/", "url: https://a.example", 11, "own public_url"),
        ("url: https://c.example/", "url: https://B.example", 17, "another peer has this URL"),
        ("url: https://c.example/", "url: http://c.example", 17, "https"),
        ("psk_files: [c.psk]", "psk_files: [b-old.psk]", 18, "another peer has the same file"),
        ("token_files: [c.token]", "token_files: [b.token]", 19, "another peer has the same file"),
        ("psk_files: [c.psk]", "psk_files: [c.psk, c.psk]", 18, "named twice"),
        ("psk_files: [c.psk]", "psk_files: []", 18, "a list"),
        ("psk_files: [c.psk]", "psk_file: c.psk", 18, "unknown key 'peers[1].psk_file'"),
        ("log_origin: b.example/log", "log_origin: a.example/log", 14, "the name of another log"),
        ("url: https://c.example/", "url: https://old.example", 17, "another peer has this URL"),
        ("https://older.example/b/", "http://older.example", 16, "https"),
        ("https://older.example/b/", "https://b.example", 16, "stands here twice"),
        ("https://older.example/b/", "https://old.example", 16, "stands here twice"),
        ("https://older.example/b/", "https://a.example", 16, "own public_url"),
        (cToken, cToken + "\n    former_urls: [https://b.example]", 20, "is another peer's"),
        (cToken, cToken + "\n    former_urls: [https://old.example/]", 20, "is another peer's"),
        (cToken, cToken + "\n    former_urls: [https://o.example/?x]", 20, "without query"),
        (
            "former_urls: [https://old.example/, https://older.example/b/]", "former_urls: https://old.example", 16,
            "a list"
        ),
        ("log_origin: b.example/log", "log_origin: a b", 14, "an origin is a name"),
        ("helper:\n  witness_key_file: witness.skey\n", "", 12, "remove 'peers[0].log_origin'"),
    ]

    @Test(arguments: faultsOfBoth.indices) func aFaultOfBothRolesIsReportedWithItsLine(_ index: Int) throws {
        let fault = Self.faultsOfBoth[index]
        let yaml = Self.both.replacing(fault.replace, with: fault.by)
        #expect(yaml != Self.both)
        let error = try #require(throws: ConfigurationError.self) {
            try NodeConfiguration.load(yaml: yaml, file: "node.yaml")
        }
        let description = error.description
        #expect(description.contains(fault.message), "\(description)")
        if let line = fault.line { #expect(description.hasPrefix("node.yaml:\(line): "), "\(description)") }
    }

    @Test func aNodeThatOnlyHelpsHasPeersWithLogs() throws {
        let start = try #require(Self.both.firstRange(of: "leader:"))
        let end = try #require(Self.both.firstRange(of: "helper:"))
        let helper = String(Self.both[..<start.lowerBound] + Self.both[end.lowerBound...])
        let error = try #require(throws: ConfigurationError.self) {
            try NodeConfiguration.load(yaml: helper, file: "node.yaml")
        }
        #expect(error.description.contains("'peers[1].log_origin' is missing: this node only helps"))
        let none = helper.replacing("helper:\n  witness_key_file: witness.skey\n", with: "")
        let lacking = try #require(throws: ConfigurationError.self) {
            try NodeConfiguration.load(yaml: none, file: "node.yaml")
        }
        #expect(lacking.description.contains("'leader' is missing: or 'helper'"))
    }

    // MARK: Announced tasks

    private static let taskprov = """

        taskprov:
          collector_hpke_config: \(collector)
          min_batch_size: 100
          vdafs: [count, sumvec]
          max_tasks: 5
        """
    private static let collector = Hex.encode(HpkeKeyPair.generate(id: 9).config.encoded())

    @Test func whichAnnouncedTasksAreServedIsTheOperatorsChoice() throws {
        #expect(try NodeConfiguration.load(yaml: Self.leader, file: "node.yaml").taskprov == nil)
        let full = try NodeConfiguration.load(yaml: Self.leader + Self.taskprov, file: "node.yaml").taskprov
        #expect(full?.minBatchSize == 100 && full?.maxTasks == 5 && full?.vdafs == ["count", "sumvec"])
        #expect(full.map { Hex.encode($0.collectorConfig.encoded()) } == Self.collector)
        let short = Self.taskprov.replacing("\n  vdafs: [count, sumvec]\n  max_tasks: 5", with: "")
        let settings = try NodeConfiguration.load(yaml: Self.leader + short, file: "node.yaml").taskprov
        #expect(settings?.vdafs == Set(TaskTypeRegistry.names) && settings?.maxTasks == 1_000)
    }

    private static let taskprovFaults: [(replace: String, by: String, line: Int, message: String)] = [
        ("min_batch_size: 100", "min_batch: 100", 16, "unknown key 'taskprov.min_batch'"),
        ("min_batch_size: 100", "min_batch_size: 0", 16, "whole number"),
        ("  min_batch_size: 100\n", "", 15, "'taskprov.min_batch_size' is missing"),
        ("max_tasks: 5", "max_tasks: many", 18, "whole number"),
        ("[count, sumvec]", "[count, poplar1]", 17, "no type 'poplar1'"),
        ("[count, sumvec]", "[]", 17, "list"),
        (collector, "visits.pub", 15, "HpkeConfig"),
        (collector, String(collector.dropLast(2)), 15, "HpkeConfig"),
        (collector, collector.replacing("00010001", with: "00010002"), 15, "suite"),
    ]

    @Test(arguments: taskprovFaults.indices) func aFaultOfTheAnnouncementRulesHasItsLine(_ index: Int) throws {
        let fault = Self.taskprovFaults[index]
        let changed = Self.taskprov.replacing(fault.replace, with: fault.by)
        #expect(changed != Self.taskprov)
        let error = try #require(throws: ConfigurationError.self) {
            try NodeConfiguration.load(yaml: Self.leader + changed, file: "node.yaml")
        }
        #expect(error.description.hasPrefix("node.yaml:\(fault.line): "), "\(error)")
        #expect(error.description.contains(fault.message), "\(error)")
    }

    @Test func anEmptyFileIsRefused() {
        #expect(throws: ConfigurationError.self) { try NodeConfiguration.load(yaml: "", file: "node.yaml") }
        #expect(throws: ConfigurationError.self) { try NodeConfiguration.load(yaml: "# nothing", file: "node.yaml") }
        #expect(throws: ConfigurationError.self) { try NodeConfiguration.load(path: "/nonexistent/node.yaml") }
    }
}
