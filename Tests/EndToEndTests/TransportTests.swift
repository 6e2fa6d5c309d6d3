import Contributor
import Crypto
import DAP
import Foundation
import Tasks
import TestSupport
import Testing
import TransparencyLog

/// `https` everywhere but on this machine: whoever would send something in plain text to another one is stopped first.
extension EndToEnd {
    @Suite struct TransportTests {
        private static let variable = "CAIRN_INSECURE_PLAIN_HTTP_FOR_TESTS"
        /// A name that resolves nowhere, so that a request would end otherwise, and late.
        private static let elsewhere = "http://leader.cairn.invalid/"

        private func expectRefusal(
            _ result: CommandResult, status: Int32, url: String = elsewhere, _ words: String...
        ) {
            #expect(result.status == status, "\(result.errors)")
            for word in [url, "https"] + words { #expect(result.errors.contains(word), "\(result.errors)") }
        }

        @Test func tasksAreMadeForNodesBehindTLS() async throws {
            let folder = try TemporaryFolder()
            try await Cairn.succeed("keygen", "hpke", "--out", "\(folder.path)/collector.hpke")
            for (leader, helper, option) in [
                (Self.elsewhere, "http://127.0.0.1:9/", "--leader"),
                ("http://127.0.0.1:9/", Self.elsewhere, "--helper"),
            ] {
                let result = try await Cairn.run(
                    "task", "create", "--name", "plain", "--leader", leader, "--helper", helper, "--collector-config",
                    "\(folder.path)/collector.hpke.pub", "--vdaf", "count", "--min-batch-size", "10",
                    "--max-batch-size", "10", "--out", folder.path, home: folder.path)
                expectRefusal(result, status: 64, option)
            }
        }

        @Test func nodesAreConfiguredForTLSWithTheLineAtFault() async throws {
            let folder = try TemporaryFolder()
            func initialize(_ name: String, _ publicURL: String, _ peer: String, lifted: Bool) async throws
                -> CommandResult
            {
                try await Cairn.run(
                    "node", "init", "--role", "leader", "--dir", "\(folder.path)/\(name)", "--listen",
                    "127.0.0.1:8301", "--public-url", publicURL, "--peer-url", peer, "--log-origin", "test.example/log",
                    environment: lifted ? [Self.variable: "1"] : [:])
            }
            let other = "https://helper.example/"
            expectRefusal(
                try await initialize("a", Self.elsewhere, other, lifted: false), status: 64, "--public-url")
            expectRefusal(try await initialize("b", other, Self.elsewhere, lifted: false), status: 64, "--peer-url")
            #expect(try await initialize("c", "https://leader.example", other, lifted: false).status == 0)
            // What lifts the rule for one command does not lift it for the next.
            #expect(try await initialize("d", Self.elsewhere, other, lifted: true).status == 0)
            let file = "\(folder.path)/d/leader.yaml"
            let run = try await Cairn.run("node", "run", "--config", file)
            #expect(run.status == 1)
            #expect(run.errors.contains("\(file):3: 'public_url'") && run.errors.contains("https"), "\(run.errors)")
        }

        @Test func contributorsCollectorsAndAuditorsSendNothing() async throws {
            let folder = try TemporaryFolder()
            let collector = HpkeKeyPair.generate(id: 1)
            let configuration = try TaskConfiguration(
                taskInfo: [1], leaderURL: Self.elsewhere, helperURL: "https://helper.example/", timePrecision: 60,
                minBatchSize: 10, batchMode: .leaderSelected, vdaf: .count, taskInterval: nil,
                cairn: CairnTaskParameters(
                    collectorHpkeHash: Array(SHA256.hash(data: collector.config.encoded())), maxBatchSize: 10))
            let file = try TaskFile(
                name: "plain", configuration: configuration, collectorHpkeConfig: collector.config, logPolicy: nil,
                logURL: nil)
            let path = "\(folder.path)/plain.task"
            try Data(file.json()).write(to: URL(fileURLWithPath: path))
            let contribution = try await Cairn.run("contribute", "--task", path, "--value", "1", home: folder.path)
            expectRefusal(contribution, status: 1)
            #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/wallet"))
            #expect(throws: ContributorError.self) { try Collector(task: file, keyPair: collector, token: "t") }

            let policy = "\(folder.path)/log.policy"
            try "log \(NoteSigner(name: "test.example/log").verifier.vkey)\nquorum none\n"
                .write(toFile: policy, atomically: true, encoding: .utf8)
            let audit = try await Cairn.run("audit", "--log", Self.elsewhere, "--policy", policy)
            expectRefusal(audit, status: 64)
            await #expect(throws: ContributorError.self) {
                try await HTTPTransport().send(.init(.GET, "ftp://localhost/checkpoint"))
            }
        }
    }
}
