import Crypto
import DAP
import Foundation
import TaskTypes
import Tasks

/// Tasks and keys that several suites use.
enum Fixtures {
    static let collector = HpkeKeyPair.generate(id: 9)
    static let policy = "log example+1234+AAAA\nwitness helper example+5678+BBBB\nquorum helper\n"
    static let start: UInt64 = 1_700_000_000

    /// One configuration of each VDAF, and each with commitments, small enough for quick tests.
    static let vdafs = SampleType.all.map(\.vdaf)
    static let all: [VDAFConfiguration] = vdafs + vdafs.map { .committed($0) }

    static func parameters(maxBatchSize: UInt64 = 1000) -> CairnTaskParameters {
        CairnTaskParameters(
            statementKeys: StatementKeys(
                leader: [UInt8](repeating: 1, count: 32), helper: [UInt8](repeating: 2, count: 32)),
            collectorHpkeHash: Array(SHA256.hash(data: collector.config.encoded())), logKey: "example+1234+AAAA",
            logPolicyHash: Array(SHA256.hash(data: Array(policy.utf8))), maxBatchSize: maxBatchSize, publish: .public,
            admission: .open, creditPolicy: CreditPolicy(kind: .unit, bound: 0))
    }

    static func task(
        _ vdaf: VDAFConfiguration = .committed(.count), info: String = "test", minBatchSize: UInt64 = 2,
        batchMode: BatchMode = .timeInterval, leaderURL: String = "http://127.0.0.1:8001/",
        cairn: CairnTaskParameters? = parameters()
    ) throws -> TaskConfiguration {
        try TaskConfiguration(
            taskInfo: Array(info.utf8), leaderURL: leaderURL, helperURL: "http://127.0.0.1:8002/", timePrecision: 60,
            minBatchSize: minBatchSize, batchMode: batchMode, vdaf: vdaf,
            taskInterval: Interval(start: start / 60, duration: 1000), cairn: cairn)
    }

    /// A valid measurement, and a second one.
    static func measurements(_ vdaf: VDAFConfiguration) -> [MeasurementValue] {
        SampleType.of(vdaf).measurements
    }
}
