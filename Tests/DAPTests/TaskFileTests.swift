import Crypto
import DAP
import Encodings
import Foundation
import Tasks
import Testing

@Suite struct TaskFileTests {
    private func file(policy: String? = Fixtures.policy) throws -> TaskFile {
        try TaskFile(
            name: "steps-1", configuration: Fixtures.task(), collectorHpkeConfig: Fixtures.collector.config,
            logPolicy: policy, logURL: "http://127.0.0.1:8001/log")
    }

    private func changed(_ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
        var members = try #require(
            try JSONSerialization.jsonObject(with: Data(try file().json())) as? [String: Any])
        change(&members)
        return Array(try JSONSerialization.data(withJSONObject: members))
    }

    @Test func filesRoundTrip() throws {
        let file = try file()
        #expect(try TaskFile(json: file.json()) == file)
        #expect(try TaskFile(json: file.json()).json() == file.json())
        #expect(file.taskID == (try Fixtures.task().taskID))
        let plain = try TaskFile(
            name: "plain", configuration: Fixtures.task(.count, cairn: Self.withoutPolicy),
            collectorHpkeConfig: Fixtures.collector.config, logPolicy: nil, logURL: nil)
        #expect(try TaskFile(json: plain.json()) == plain)
        #expect(try TaskFile(json: changed { $0["future_member"] = 1 }) == file)
    }

    private static var withoutPolicy: CairnTaskParameters {
        var parameters = Fixtures.parameters()
        parameters.logPolicyHash = nil
        return parameters
    }

    @Test func whatTheConfigurationNamesByHashIsChecked() throws {
        let stranger = HpkeKeyPair.generate(id: 9).config
        #expect(throws: TaskFileError.collectorKeyMismatch) {
            try TaskFile(json: changed { $0["collector_hpke_config"] = Hex.encode(stranger.encoded()) })
        }
        #expect(throws: TaskFileError.logPolicyMismatch) {
            try TaskFile(json: changed { $0["log_policy"] = Fixtures.policy + "\n" })
        }
        #expect(throws: TaskFileError.missing("log_policy")) { try TaskFile(json: changed { $0["log_policy"] = nil }) }
        #expect(throws: TaskFileError.missingCairnParameters) {
            let task = try Fixtures.task(.committed(.count), cairn: nil)
            return try TaskFile(json: changed { $0["task_configuration"] = Hex.encode(task.encoding) })
        }
        #expect(throws: TaskFileError.needless("log_policy or log_url")) {
            let task = try Fixtures.task(.count, cairn: nil)
            return try TaskFile(json: changed { $0["task_configuration"] = Hex.encode(task.encoding) })
        }
    }

    /// Anybody can name anybody as the owner; the signature is the owner's word.
    @Test func theOwnersSignatureIsCheckedWhereThereIsOne() throws {
        let owner = Curve25519.Signing.PrivateKey()
        var parameters = Fixtures.parameters()
        parameters.ownerKey = Array(owner.publicKey.rawRepresentation)
        let configuration = try Fixtures.task(cairn: parameters)
        func owned(_ signature: [UInt8]?) throws(TaskFileError) -> TaskFile {
            try TaskFile(
                name: "owned", configuration: configuration, collectorHpkeConfig: Fixtures.collector.config,
                logPolicy: Fixtures.policy, logURL: nil, ownerSignature: signature)
        }
        let file = try owned(try TaskOwnerSignature.sign(taskID: configuration.taskID, with: owner))
        #expect(!file.lacksOwnerSignature)
        #expect(try TaskFile(json: file.json()) == file)
        // As earlier versions wrote it.
        let old = try owned(nil)
        #expect(try TaskFile(json: old.json()) == old)
        #expect(old.lacksOwnerSignature)
        #expect(!String(decoding: old.json(), as: UTF8.self).contains("owner_signature"))

        let stranger = try TaskOwnerSignature.sign(taskID: configuration.taskID, with: Curve25519.Signing.PrivateKey())
        let another = try TaskOwnerSignature.sign(taskID: .random(), with: owner)
        let bare = try owner.signature(for: configuration.taskID.bytes)
        for signature in [stranger, another, Array(bare), [], [1, 2, 3]] {
            #expect(throws: TaskFileError.ownerSignatureMismatch) { try owned(signature) }
        }
        #expect(throws: TaskFileError.ownerSignatureMismatch) {
            try TaskFile(json: changed { $0["owner_signature"] = Hex.encode(stranger) })
        }
        #expect(throws: TaskFileError.notHex("owner_signature")) {
            try TaskFile(json: changed { $0["owner_signature"] = "xy" })
        }
    }

    @Test func malformedFilesAreRefusedWithTheMember() throws {
        #expect(throws: TaskFileError.notATaskFile("not JSON")) { try TaskFile(json: Array("{".utf8)) }
        #expect(throws: TaskFileError.self) { try TaskFile(json: [0xFF, 0x00]) }
        #expect(throws: TaskFileError.notATaskFile("'name' is missing")) {
            try TaskFile(json: changed { $0["name"] = nil })
        }
        #expect(throws: TaskFileError.notATaskFile("'cairn_task' has the wrong type")) {
            try TaskFile(json: changed { $0["cairn_task"] = "1" })
        }
        #expect(throws: TaskFileError.unsupportedVersion(2)) { try TaskFile(json: changed { $0["cairn_task"] = 2 }) }
        #expect(throws: TaskFileError.notHex("task_configuration")) {
            try TaskFile(json: changed { $0["task_configuration"] = "xy" })
        }
        #expect(throws: TaskFileError.self) { try TaskFile(json: changed { $0["task_configuration"] = "00" }) }
        for name in ["", "../x", ".hidden", "a/b", "a b", "ü", String(repeating: "a", count: 65)] {
            #expect(throws: TaskFileError.invalidName(name)) { try TaskFile(json: changed { $0["name"] = name }) }
        }
    }
}
