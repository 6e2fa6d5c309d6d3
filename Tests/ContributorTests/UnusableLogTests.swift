import Contributor
import Ledger
import LedgerFixtures
import Tasks
import Testing

/// A task whose log nobody can follow: that is said before a report is made, and not when it has been uploaded.
@Suite struct UnusableLogTests {
    private func prepare(key: String? = nil, policy: String? = nil) async throws {
        let log = try LogFixture()
        defer { log.removeFiles() }
        var parameters = try #require(log.task.cairn)
        parameters.ownerKey = nil
        if let key { parameters.logKey = key }
        let text = policy ?? log.policyText
        parameters.logPolicyHash = Blob.hash(Array(text.utf8))
        let configuration = try TaskConfiguration(
            taskInfo: [1], leaderURL: "https://127.0.0.1:1/", helperURL: "https://127.0.0.1:2/", timePrecision: 60,
            minBatchSize: 2, batchMode: .leaderSelected, vdaf: log.task.configuration.vdaf, taskInterval: nil,
            cairn: parameters)
        let file = try TaskFile(
            name: "unusable", configuration: configuration, collectorHpkeConfig: log.collector.config,
            logPolicy: text, logURL: nil)
        let client = try TaskClient(task: file, transport: HTTPTransport(deadline: .zero))
        _ = try await client.prepare([.vector([1, 2, 3])], seed: [UInt8](repeating: 1, count: 32))
    }

    /// What is wrong with the task; nil where it is something else that keeps reports from being made.
    private func complaint(key: String? = nil, policy: String? = nil) async throws -> String? {
        do {
            try await prepare(key: key, policy: policy)
        } catch ContributorError.invalidTask(let reason) {
            return reason
        } catch is ContributorError {}
        return nil
    }

    @Test func aLogKeyOrPolicyThatNobodyCanReadIsRefusedBeforeAReportIsMade() async throws {
        #expect(try await complaint() == nil, "only the nodes are missing")
        for key in ["log.example", "example.com/foo+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"] {
            #expect(try await complaint(key: key)?.contains("log key") == true, "\(key)")
        }
        for policy in ["", "quorum nobody\n", "log x\n"] {
            #expect(try await complaint(policy: policy)?.contains("log policy") == true, "\(policy)")
        }
    }
}
