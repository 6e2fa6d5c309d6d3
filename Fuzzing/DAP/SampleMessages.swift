import Crypto
import DAP
import TaskTypes
import Tasks

/// Random messages, field by field, for seeds.
extension SeededGenerator {
    mutating func extensions() -> [Extension] {
        (0..<Int.random(in: 0...3, using: &self)).map { Extension(type: UInt16($0), data: bytes(in: 0...5)) }
    }

    mutating func interval() -> Interval { Interval(start: next() >> 1, duration: next() >> 1) }

    mutating func hpkeConfig(id: UInt8) -> HpkeConfig {
        HpkeConfig(id: id, kemID: 0x20, kdfID: 1, aeadID: 1, publicKey: bytes(32))
    }

    mutating func ciphertext() -> HpkeCiphertext {
        HpkeCiphertext(configID: UInt8(next() % 4), encapsulatedKey: bytes(in: 1...32), payload: bytes(in: 1...40))
    }

    mutating func metadata() -> ReportMetadata {
        ReportMetadata(reportID: .random(using: &self), time: next(), publicExtensions: extensions())
    }

    mutating func reportError() -> ReportError { ReportError(rawValue: UInt8(1 + next() % 11)) ?? .reportDropped }

    mutating func report() -> Report {
        Report(
            metadata: metadata(), publicShare: bytes(in: 0...40), leaderEncryptedInputShare: ciphertext(),
            helperEncryptedInputShare: ciphertext())
    }

    mutating func reportShare() -> ReportShare {
        ReportShare(metadata: metadata(), publicShare: bytes(in: 0...40), encryptedInputShare: ciphertext())
    }

    mutating func verifyInit() -> VerifyInit { VerifyInit(reportShare: reportShare(), payload: bytes(in: 1...30)) }

    mutating func verifyResp() -> VerifyResp {
        let outcomes: [VerifyResp.Outcome] = [
            .continue(payload: bytes(in: 1...30)), .finish, .reject(reportError()),
        ]
        return VerifyResp(reportID: .random(using: &self), outcome: outcomes[Int(next() % 3)])
    }

    mutating func verifyContinue() -> VerifyContinue {
        VerifyContinue(reportID: .random(using: &self), payload: bytes(in: 1...20))
    }

    mutating func query() -> Query { Bool.random(using: &self) ? .timeInterval(interval()) : .leaderSelected }

    mutating func batchSelector() -> BatchSelector {
        Bool.random(using: &self) ? .timeInterval(interval()) : .leaderSelected(.random(using: &self))
    }

    mutating func collectionJobReq() -> CollectionJobReq {
        CollectionJobReq(query: query(), aggregationParameter: bytes(in: 0...9), extensions: extensions())
    }

    /// All of Cairn's parameters, as a committed task has them.
    mutating func cairnParameters(collector: HpkeConfig, policy: String) -> CairnTaskParameters {
        CairnTaskParameters(
            statementKeys: StatementKeys(leader: bytes(32), helper: bytes(32)),
            collectorHpkeHash: Array(SHA256.hash(data: collector.encoded())), logKey: "log.example+12345678+AQID",
            logPolicyHash: Array(SHA256.hash(data: Array(policy.utf8))), maxBatchSize: 1000, publish: .public,
            ownerKey: bytes(32), admission: .open, numericEncoding: NumericEncoding(bits: 4, bound: 1),
            modelHash: bytes(32), creditPolicy: CreditPolicy(kind: .priced, bound: 7), lambdaHash: bytes(32),
            termsHash: bytes(32))
    }

    mutating func taskConfiguration(
        _ vdaf: VDAFConfiguration, cairn: CairnTaskParameters?
    ) throws -> TaskConfiguration {
        try TaskConfiguration(
            taskInfo: bytes(in: 1...20), leaderURL: "https://leader.example/", helperURL: "http://127.0.0.1:8302/a",
            timePrecision: 60, minBatchSize: 2, batchMode: Bool.random(using: &self) ? .timeInterval : .leaderSelected,
            vdaf: vdaf, taskInterval: Bool.random(using: &self) ? Interval(start: 28_333_000, duration: 1000) : nil,
            cairn: cairn)
    }

    mutating func taskConfiguration() throws -> TaskConfiguration {
        let collector = hpkeConfig(id: 1)
        return try taskConfiguration(
            .committed(.sumVec(length: 10, maxMeasurement: 15, chunkLength: 4)),
            cairn: cairnParameters(collector: collector, policy: SampleTask.policy))
    }
}

enum SampleTask {
    static let policy = "log log.example+12345678+AQID\nquorum none\n"
    /// One configuration of each type, plain and committed, small enough to work with.
    static let vdafs: [VDAFConfiguration] = {
        let plain: [VDAFConfiguration] = [
            .count, .sum(maxMeasurement: 255), .sumVec(length: 10, maxMeasurement: 15, chunkLength: 4),
            .histogram(length: 5, chunkLength: 2),
        ]
        return plain + plain.map { .committed($0) }
    }()
}
