import Crypto
import DAP
import Encodings
import Ledger
import TaskTypes
import Tasks
import Testing

/// `Protocols/vectors/tasks.json`.
@Suite struct TaskVectorTests {
    private struct Vectors: Encodable {
        var preSharedKey: String
        var tasks: [Task]
        var vdafs: [VDAF]
        var claimKey: Claim
        var hpkeList: HpkeList
    }

    private struct VDAF: Encodable {
        var vdafType: String
        var parameters: [String: UInt64]
        var vdafConfiguration: String

        init(_ vdaf: VDAFConfiguration, _ parameters: [String: UInt64]) throws {
            #expect(try VDAFConfiguration(type: vdaf.type, parameters: vdaf.parameters) == vdaf)
            vdafType = "0x" + String(vdaf.type, radix: 16, uppercase: true)
            self.parameters = parameters
            vdafConfiguration = Hex.encode(vdaf.parameters)
        }
    }

    private struct Task: Encodable {
        var name: String
        var taskConfiguration: String
        var cairnParameters: String?
        var taskID: String
        var verifyKey: String
        var taskprovHeader: String

        enum CodingKeys: String, CodingKey {
            case name, taskConfiguration, cairnParameters
            case taskID = "taskId"
            case verifyKey, taskprovHeader
        }
    }

    private struct Claim: Encodable {
        var seed: String
        var taskID: String
        var reportID: String
        var commitments: [String]
        var privateKey: String
        var publicKey: String
        var signedBytes: String
        var extensionData: String

        enum CodingKeys: String, CodingKey {
            case seed
            case taskID = "taskId"
            case reportID = "reportId"
            case commitments, privateKey, publicKey, signedBytes, extensionData
        }
    }

    private struct HpkeList: Encodable {
        var statementSeed: String
        var statementKey: String
        var role: UInt8
        var list: String
        var issued: UInt64
        var expires: UInt64
        var signedBytes: String
        var header: String

        /// The helper's list at a moment within the hour from `issued` on.
        init() throws {
            let key = try Curve25519.Signing.PrivateKey(rawRepresentation: counting(32, from: 22))
            let publicKey = Array(key.publicKey.rawRepresentation)
            let list = HpkeConfigList(configs: [
                HpkeConfig(id: 5, kemID: 0x20, kdfID: 1, aeadID: 1, publicKey: counting(32, from: 50))
            ]).encoded()
            let now: UInt64 = 1_767_697_000
            let signature = try HpkeListSignature(of: list, role: .helper, now: now, key: key)
            #expect(throws: Never.self) {
                try HpkeListSignature(headerValue: signature.headerValue, role: signature.role).check(
                    list, role: .helper, key: publicKey, now: now, newest: signature.issued)
            }
            statementSeed = Hex.encode(counting(32, from: 22))
            statementKey = Hex.encode(publicKey)
            role = signature.role.rawValue
            self.list = Hex.encode(list)
            issued = signature.issued
            expires = signature.expires
            signedBytes = Hex.encode(
                HpkeListSignature.signedBytes(
                    list, role: .helper, issued: signature.issued, expires: signature.expires))
            header = signature.headerValue
        }
    }

    static func committedTask(ownerKey: [UInt8] = counting(32, from: 128)) throws -> TaskConfiguration {
        let parameters = CairnTaskParameters(
            statementKeys: StatementKeys(leader: counting(32, from: 0), helper: counting(32, from: 32)),
            collectorHpkeHash: counting(32, from: 64),
            logKey: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            logPolicyHash: counting(32, from: 96), maxBatchSize: 10_000, publish: .public,
            ownerKey: ownerKey, admission: .open,
            numericEncoding: NumericEncoding(bits: 16, bound: 0.5), modelHash: counting(32, from: 160),
            creditPolicy: CreditPolicy(kind: .unit, bound: 0))
        return try TaskConfiguration(
            taskInfo: Array("run 1 round 0".utf8), leaderURL: "https://leader.example/",
            helperURL: "https://helper.example/", timePrecision: 3600, minBatchSize: 10, batchMode: .leaderSelected,
            vdaf: .committed(.sumVec(length: 650, maxMeasurement: 65_535, chunkLength: 102)),
            taskInterval: Interval(start: 491_000, duration: 24), cairn: parameters)
    }

    private static func uncommittedTask() throws -> TaskConfiguration {
        try TaskConfiguration(
            taskInfo: Array("visits".utf8), leaderURL: "https://leader.example/", helperURL: "https://helper.example/",
            timePrecision: 3600, minBatchSize: 10, batchMode: .timeInterval, vdaf: .sum(maxMeasurement: 100),
            taskInterval: nil,
            cairn: CairnTaskParameters(collectorHpkeHash: counting(32, from: 64), maxBatchSize: 100_000))
    }

    private static func plainTask() throws -> TaskConfiguration {
        try TaskConfiguration(
            taskInfo: Array("visits".utf8), leaderURL: "https://leader.example/", helperURL: "https://helper.example/",
            timePrecision: 3600, minBatchSize: 10, batchMode: .timeInterval,
            vdaf: .histogram(length: 10, chunkLength: 3), taskInterval: Interval(start: 491_000, duration: 24),
            cairn: nil)
    }

    private static func vdafs() throws -> [VDAF] {
        let vector: [String: UInt64] = ["length": 10, "max_measurement": 1000, "chunk_length": 9]
        let small = VDAFConfiguration.sumVecField64(length: 10, maxMeasurement: 1000, chunkLength: 9, proofs: 3)
        return [
            try VDAF(.count, [:]), try VDAF(.sum(maxMeasurement: 1000), ["max_measurement": 1000]),
            try VDAF(.sumVec(length: 10, maxMeasurement: 1000, chunkLength: 9), vector),
            try VDAF(.histogram(length: 10, chunkLength: 3), ["length": 10, "chunk_length": 3]),
            try VDAF(
                .multihotCountVec(length: 10, maxWeight: 4, chunkLength: 3),
                ["length": 10, "max_weight": 4, "chunk_length": 3]),
            try VDAF(
                .l1BoundSum(length: 10, maxValue: 1000, chunkLength: 9),
                ["length": 10, "max_value": 1000, "chunk_length": 9]),
            try VDAF(small, vector.merging(["proofs": 3]) { $1 }),
            try VDAF(.committed(small), vector.merging(["proofs": 3]) { $1 }),
        ]
    }

    @Test func taskVectorsAreWhatTheCodeDerives() throws {
        let psk = counting(32, from: 200)
        let configurations = [
            ("committed round", try Self.committedTask()), ("plain sum", try Self.uncommittedTask()),
            ("without the extension", try Self.plainTask()),
        ]
        let tasks = configurations.map { name, configuration in
            Task(
                name: name, taskConfiguration: Hex.encode(configuration.encoding),
                cairnParameters: configuration.extensions.first { $0.type == CairnTaskParameters.extensionType }
                    .map { Hex.encode($0.data) },
                taskID: Hex.encode(configuration.taskID.bytes),
                verifyKey: Hex.encode(Taskprov.verifyKey(preSharedKey: psk, taskID: configuration.taskID)),
                taskprovHeader: Taskprov.headerValue(configuration))
        }

        let seed = counting(32, from: 7)
        let taskID = try Self.committedTask().taskID
        let reportID = try #require(ReportID(counting(16, from: 3)))
        let commitments = [counting(32, from: 40), counting(32, from: 80)]
        let key = try ClaimKey.derive(seed: seed, taskID: taskID, reportID: reportID)
        let claim = try ClaimKey.make(seed: seed, taskID: taskID, reportID: reportID, commitments: commitments)
        #expect(claim.isValid(taskID: taskID, reportID: reportID, commitments: commitments))
        let vectors = Vectors(
            preSharedKey: Hex.encode(psk), tasks: tasks, vdafs: try Self.vdafs(),
            claimKey: Claim(
                seed: Hex.encode(seed), taskID: Hex.encode(taskID.bytes), reportID: Hex.encode(reportID.bytes),
                commitments: commitments.map { Hex.encode($0) },
                privateKey: Hex.encode(Array(key.rawRepresentation)),
                publicKey: Hex.encode(Array(key.publicKey.rawRepresentation)),
                signedBytes: Hex.encode(
                    ClaimKey.signedBytes(taskID: taskID, reportID: reportID, commitments: commitments)),
                extensionData: Hex.encode(claim.reportExtension.data)),
            hpkeList: try HpkeList())
        try VectorFile.check("tasks.json", vectors)
    }
}
