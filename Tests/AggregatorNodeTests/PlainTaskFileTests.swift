import AggregatorNode
import DAP
import Encodings
import Foundation
import TaskTypes
import Tasks
import TestSupport
import Testing

/// The YAML that an operator writes for a plain DAP task.
@Suite struct PlainTaskFileTests {
    private static let id = TaskID(unchecked: Array(0..<32))
    private static let collector = HpkeKeyPair.generate(id: 9).config
    private static let collectorText = Hex.encode(collector.encoded())

    private static let yaml = """
        name: visits
        task_id: \(id.base64URL)
        task_info: visits of May
        leader: https://leader.example.org/
        helper: https://Helper.example.com/dap
        time_precision: 3600
        min_batch_size: 100
        batch_mode: time-interval
        vdaf:
          type: histogram
          length: 10
          chunk_length: 4
        task_interval:
          start: 7200
          duration: 36000
        verify_keys:
          - id: 200
            file: new.key
          - id: 0
            file: old.key
        collector_hpke_config: \(collectorText)
        """

    private let directory: TemporaryFolder

    init() throws {
        directory = try TemporaryFolder.ofNodes()
        for name in ["new.key", "old.key"] { try KeyFiles.makePreSharedKey(at: directory.file(name)) }
    }

    private func load(_ yaml: String) throws -> PlainTask {
        try PlainTask.load(yaml: yaml, file: directory.file("visits.yaml"))
    }

    private func expected(interval: Bool = true) throws -> TaskConfiguration {
        try TaskConfiguration(
            taskInfo: Array("visits of May".utf8), leaderURL: "https://leader.example.org/",
            helperURL: "https://Helper.example.com/dap", timePrecision: 3600, minBatchSize: 100,
            batchMode: .timeInterval, vdaf: .histogram(length: 10, chunkLength: 4),
            taskInterval: interval ? Interval(start: 2, duration: 10) : nil, cairn: nil)
    }

    /// The exact bytes count: reports of all clients are sealed to them.
    @Test func aCompleteFileMakesExactlyTheConfigurationOfTheOthers() throws {
        let task = try load(Self.yaml)
        #expect(task.name == "visits" && task.id == Self.id && !task.isTaskprov)
        #expect(task.configuration.encoding == (try expected().encoding))
        #expect(task.collectorConfig == Self.collector)
        #expect(task.verifyKeys.map(\.id) == [200, 0])
        let keys = try ["new.key", "old.key"].map { try KeyFiles.preSharedKey(at: directory.file($0)) }
        #expect(task.verifyKeys.map(\.bytes) == keys)
    }

    @Test func otherSpellingsMeanTheSame() throws {
        let task = try expected()
        let full = try load(Self.yaml)
        let fields = Self.yaml.split(separator: "\n")[2..<15].joined(separator: "\n")
        let spellings: [(String, String)] = [
            (Self.id.base64URL, Self.id.hex), (Self.collectorText, Base64.encodeURL(Self.collector.encoded())),
            ("task_info: visits of May", "task_info_hex: \(Hex.encode(Array("visits of May".utf8)))"),
            (fields, "task_configuration: \(Hex.encode(task.encoding))"),
            (fields, "task_configuration: \(Base64.encodeURL(task.encoding))"),
        ]
        for (text, other) in spellings {
            #expect(Self.yaml.contains(text))
            let same = try load(Self.yaml.replacing(text, with: other))
            #expect(same.id == full.id && same.configuration == full.configuration)
            #expect(same.collectorConfig == full.collectorConfig && same.verifyKeys == full.verifyKeys)
        }
        let endless = Self.yaml.replacing("task_interval:\n  start: 7200\n  duration: 36000\n", with: "")
        #expect(try load(endless).configuration == (try expected(interval: false)))
    }

    private static let keys = """
        verify_keys:
          - id: 200
            file: new.key
          - id: 0
            file: old.key

        """

    @Test func withoutAnIDTheConfigurationNamesTheTaskAndTheSecretItsKey() throws {
        let derived = try load(Self.yaml.replacing("task_id: \(Self.id)\n", with: "").replacing(Self.keys, with: ""))
        #expect(derived.id == (try expected().taskID) && derived.isTaskprov && derived.verifyKeys.isEmpty)
        let named = Self.yaml.replacing(Self.id.base64URL, with: try expected().taskID.base64URL)
        #expect(try load(named.replacing(Self.keys, with: "")).isTaskprov)
        // Operators who agreed on keys of their own use those.
        #expect(try !load(named).isTaskprov)
    }

    private static let vdafs: [(String, VDAFConfiguration)] = [
        ("{ type: count }", .count), ("{ type: sum, max_measurement: 1000 }", .sum(maxMeasurement: 1000)),
        (
            "{ type: sumvec, length: 5, max_measurement: 14, chunk_length: 4 }",
            .sumVec(length: 5, maxMeasurement: 14, chunkLength: 4)
        ),
        ("{ type: histogram, length: 7, chunk_length: 3 }", .histogram(length: 7, chunkLength: 3)),
        (
            "{ type: multihot, length: 6, max_weight: 3, chunk_length: 3 }",
            .multihotCountVec(length: 6, maxWeight: 3, chunkLength: 3)
        ),
        (
            "{ type: l1boundsum, length: 4, max_value: 20, chunk_length: 5 }",
            .l1BoundSum(length: 4, maxValue: 20, chunkLength: 5)
        ),
        (
            "{ type: sumvec64hmac, length: 5, max_measurement: 14, chunk_length: 4, proofs: 3 }",
            .sumVecField64(length: 5, maxMeasurement: 14, chunkLength: 4, proofs: 3)
        ),
        (
            "{ type: boundedl2, dimension: 3, integer_bound: 4096, fractional_bits: 10, field_size: 16 }",
            .boundedL2(dimension: 3, integerBound: 1 << 12, fractionalBits: 10, isField128: true)
        ),
    ]

    @Test(arguments: vdafs.indices) func everyTypeIsRead(_ index: Int) throws {
        let section = "vdaf:\n  type: histogram\n  length: 10\n  chunk_length: 4"
        let (text, vdaf) = Self.vdafs[index]
        #expect(try load(Self.yaml.replacing(section, with: "vdaf: \(text)")).configuration.vdaf == vdaf)
    }

    private static let batchAndVDAF = """
        min_batch_size: 100
        batch_mode: time-interval
        vdaf:
          type: histogram
          length: 10
          chunk_length: 4
        """
    /// In its field, 4,194,304 reports fit.
    private static let wideSum = """
        batch_mode: time-interval
        vdaf:
          type: sum
          max_measurement: 4398046511103
        """

    /// What is wrong, on which line it must be reported, and a word of the message.
    private static let faults: [(replace: String, by: String, line: Int, message: String)] = [
        ("name: visits\n", "", 1, "'name' is missing"),
        ("name: visits\n", "name: |\n  two\n  lines\n", 1, "one line"),
        ("name: visits\n", "name: visits\nnickname: v\n", 2, "unknown key 'nickname'"),
        (id.base64URL, "visits", 2, "task id is 32 bytes"),
        (id.base64URL, String(id.base64URL.dropLast()), 2, "task id is 32 bytes"),
        ("task_info: visits of May", "task_info: \(String(repeating: "x", count: 256))", 3, "1 to 255 bytes"),
        ("task_info: visits of May", "task_info_hex: 0g", 3, "hexadecimal"),
        ("task_info: visits of May", "task_info: x\ntask_info_hex: 00", 3, "remove 'task_info'"),
        ("task_info: visits of May\n", "", 1, "'task_info' is missing"),
        ("leader: https://leader.example.org/", "leader: leader.example.org", 4, "https URL"),
        ("leader: https://leader.example.org/", "leader: http://leader.example.org/", 4, "not an https URL"),
        ("leader: https://leader.example.org/", "leader: https://leader.example.org/?a=b", 4, "https URL"),
        ("https://Helper.example.com/dap", "https://LEADER.example.org", 5, "leader's URL as well"),
        ("https://Helper.example.com/dap", "https://helper.example.com/ä", 5, "https URL"),
        ("time_precision: 3600", "time_precision: 0", 6, "whole number from 1"),
        ("time_precision: 3600", "time_precision: 1h", 6, "whole number from 1"),
        ("min_batch_size: 100", "min_batch_size: 0", 7, "whole number from 1"),
        ("min_batch_size: 100", "min_batch_size: -5", 7, "whole number from 1"),
        ("min_batch_size: 100", "min_batch_size: 9223372036854775808", 7, "no batch has more than 268435455 reports"),
        (batchAndVDAF, "min_batch_size: 4194305\n" + wideSum, 7, "sum could wrap around"),
        ("batch_mode: time-interval", "batch_mode: fixed-size", 8, "time-interval or leader-selected"),
        ("  type: histogram", "  type: poplar1", 10, "the types are count"),
        ("  type: histogram\n", "", 10, "'vdaf.type' is missing"),
        ("  length: 10\n", "", 10, "'vdaf.length' is missing"),
        ("  length: 10", "  length: 4294967296", 11, "whole number"),
        ("  length: 10", "  max_measurement: 10", 11, "unknown key 'vdaf.max_measurement'"),
        ("  chunk_length: 4", "  chunk_length: 11", 9, "chunk_length 11 must lie in"),
        ("  start: 7200", "  start: 7201", 14, "no multiple of time_precision"),
        ("  duration: 36000", "  duration: 0", 15, "whole number from 1"),
        ("  duration: 36000", "  duration: 18446744073709548000", 15, "beyond 64 bits"),
        ("  duration: 36000", "  end: 36000", 15, "unknown key 'task_interval.end'"),
        ("task_interval:\n  start: 7200\n  duration: 36000", "task_interval: always", 13, "a section"),
        (keys, "", 2, "no key follows from it"),
        (keys, "verify_keys: []\n", 16, "list of sections"),
        ("  - id: 0\n", "  - id: 200\n", 19, "another key has this id"),
        ("  - id: 0\n", "  - id: 256\n", 19, "whole number from 0 to 255"),
        ("    file: old.key", "    file: missing.key", 20, "missing.key"),
        ("    file: old.key", "    key: old.key", 20, "unknown key 'verify_keys[1].key'"),
        (collectorText, "09", 21, "HpkeConfig"),
        ("name: visits\n", "name: visits\npeer: https://leader.example.org/\n", 2, "who a node's peers are"),
        ("name: visits\n", "name: visits\ntokens: x\n", 2, "tokens are the node's"),
        ("name: visits\n", "name: visits\nmax_batch_size: 5\n", 2, "DAP has no such parameter"),
        ("name: visits\n", "name: visits\nexpiry: 5\n", 2, "write task_interval"),
        ("name: visits\n", "name: visits\ntask_configuration: 00\n", 4, "remove 'task_info'"),
    ]

    @Test(arguments: faults.indices) func aFaultIsReportedWithItsLine(_ index: Int) throws {
        let fault = Self.faults[index]
        let yaml = Self.yaml.replacing(fault.replace, with: fault.by)
        #expect(yaml != Self.yaml)
        let error = try #require(throws: ConfigurationError.self) { try load(yaml) }
        #expect(error.description.hasPrefix(directory.file("visits.yaml:\(fault.line): ")), "\(error)")
        #expect(error.description.contains(fault.message), "\(error)")
    }

    @Test func anEncodedConfigurationIsCheckedAsThoroughly() throws {
        let parties = try Parties()
        let committed = try parties.task(committed: true).configuration
        let uncommitted = try parties.task(committed: false).configuration
        let single = try TaskConfiguration(
            taskInfo: [1], leaderURL: "http://leader.example.org/", helperURL: "https://helper.example.org/",
            timePrecision: 60, minBatchSize: 2, batchMode: .timeInterval, vdaf: .count, taskInterval: nil, cairn: nil)
        let cases: [(String, String)] = [
            ("xyz!", "hexadecimal digits or"), ("00", "not a TaskConfiguration"),
            (Hex.encode(try expected().encoding) + "00", "not a TaskConfiguration"),
            (Hex.encode(committed.encoding), "add its task file"),
            (Hex.encode(uncommitted.encoding), "add its task file"), (Hex.encode(single.encoding), "not an https URL"),
        ]
        for (text, message) in cases {
            let yaml = "name: x\ncollector_hpke_config: \(Self.collectorText)\ntask_configuration: \(text)\n"
            let error = try #require(throws: ConfigurationError.self) { try load(yaml) }
            #expect(error.line == 3 && error.description.contains(message), "\(error)")
        }
    }

    /// Whoever can read a verification key can forge reports.
    @Test func aKeyFileThatOthersCanReadIsRefused() throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: NSNumber(value: 0o644)], ofItemAtPath: directory.file("old.key"))
        let error = try #require(throws: ConfigurationError.self) { try load(Self.yaml) }
        #expect(error.line == 20 && error.description.contains("old.key"), "\(error)")
    }
}
