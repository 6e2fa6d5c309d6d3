import AggregatorNode
import DAP
import Encodings
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
        #expect(configuration.role == .leader)
        #expect(configuration.listenHost == "127.0.0.1" && configuration.listenPort == 8301)
        #expect(configuration.publicURL.string == "https://example.org:8301/api")
        #expect(configuration.publicURL.path == "/api")
        #expect(configuration.dataDirectory == "/srv/cairn/data")
        #expect(configuration.pskFile == "/srv/cairn/peer.psk")
        #expect(configuration.tokens.collectorFile == "/etc/cairn/collector.token")
        #expect(configuration.log.origin == "example.org/log")
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
        #expect(full?.minBatchSize == 100 && full?.maxTasks == 5 && full?.vdafs == [.count, .sumvec])
        #expect(full.map { Hex.encode($0.collectorConfig.encoded()) } == Self.collector)
        let short = Self.taskprov.replacing("\n  vdafs: [count, sumvec]\n  max_tasks: 5", with: "")
        let settings = try NodeConfiguration.load(yaml: Self.leader + short, file: "node.yaml").taskprov
        #expect(settings?.vdafs == Set(PlainVDAF.allCases) && settings?.maxTasks == 1_000)
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
