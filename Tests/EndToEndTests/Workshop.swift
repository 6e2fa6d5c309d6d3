import Contributor
import DAP
import Foundation
import TaskTypes
import Tasks

/// Makes bad reports out of good ones: one thing is wrong, and everything else is as it should be (so that the thing
/// itself, and not a broken signature or ciphertext, is what the nodes stumble over).
struct Workshop: Sendable {
    let client: TaskClient
    /// POSIX seconds of all reports unless something else is said.
    let now: UInt64
    private let seed = [UInt8](repeating: 9, count: 32)

    init(client: TaskClient, now: UInt64) {
        self.client = client
        self.now = now
    }

    private var configuration: TaskConfiguration { client.file.configuration }

    private func shard(_ values: [UInt64], _ reportID: ReportID) throws -> ShardedReport {
        try client.vdaf.shard(taskID: configuration.taskID, measurement: .vector(values), reportID: reportID)
    }

    private func seal(
        _ sharded: ShardedReport, time: UInt64? = nil, configs: (leader: HpkeConfig, helper: HpkeConfig)? = nil
    ) async throws -> PreparedReport {
        let used: (leader: HpkeConfig, helper: HpkeConfig)
        if let configs { used = configs } else { used = try await client.aggregatorConfigs() }
        return try client.seal(sharded, index: 0, seed: seed, time: time ?? now, configs: used)
    }

    func good(_ values: [UInt64], reportID: ReportID = .random()) async throws -> PreparedReport {
        try await seal(try shard(values, reportID))
    }

    func at(_ time: UInt64) async throws -> PreparedReport {
        try await seal(try shard([1, 1], .random()), time: time)
    }

    func changing(_ role: Role, _ change: @Sendable (inout [UInt8]) -> Void) async throws -> PreparedReport {
        let good = try shard([1, 1], .random())
        var shares = good.inputShares
        change(&shares[role == .leader ? 0 : 1])
        return try await seal(
            ShardedReport(
                reportID: good.reportID, publicShare: good.publicShare, inputShares: shares, opening: nil))
    }

    /// The claim key signs the changed commitments where they can be read at all.
    func changingPublicShare(_ change: @Sendable (inout [UInt8]) -> Void) async throws -> PreparedReport {
        let good = try shard([1, 1], .random())
        var publicShare = good.publicShare
        change(&publicShare)
        let changed = ShardedReport(
            reportID: good.reportID, publicShare: publicShare, inputShares: good.inputShares, opening: nil)
        if (try? client.vdaf.commitments(publicShare: publicShare)) != nil { return try await seal(changed) }
        let metadata = try await seal(good).report.metadata
        return try await rebuild(changed, metadata: metadata)
    }

    /// Extensions with these types and no data, except a claim key of the right form where its type is asked for.
    func withExtensions(_ types: [UInt16]) async throws -> PreparedReport {
        let good = try shard([1, 1], .random())
        let metadata = ReportMetadata(
            reportID: good.reportID, time: configuration.time(ofSeconds: now),
            publicExtensions: types.map {
                Extension(type: $0, data: [UInt8](repeating: 0, count: $0 == 0xFF00 ? 96 : 0))
            })
        return try await rebuild(good, metadata: metadata)
    }

    func withForeignClaimKey() async throws -> PreparedReport {
        let good = try shard([1, 1], .random())
        let other = try await seal(try shard([1, 1], .random()))
        let metadata = ReportMetadata(
            reportID: good.reportID, time: configuration.time(ofSeconds: now),
            publicExtensions: other.report.metadata.publicExtensions)
        return try await rebuild(good, metadata: metadata)
    }

    func forUnknownKey() async throws -> PreparedReport {
        let configs = try await client.aggregatorConfigs()
        let stranger = HpkeKeyPair.generate(id: configs.leader.id &+ 1).config
        return try await seal(try shard([1, 1], .random()), configs: (leader: stranger, helper: configs.helper))
    }

    func withBrokenHelperCiphertext() async throws -> PreparedReport {
        try await good([1, 1]).withBrokenHelperCiphertext()
    }

    private func rebuild(_ sharded: ShardedReport, metadata: ReportMetadata) async throws -> PreparedReport {
        let configs = try await client.aggregatorConfigs()
        let report = try ReportBuilder.seal(
            metadata: metadata, publicShare: sharded.publicShare,
            plaintexts: sharded.inputShares.map { PlaintextInputShare(privateExtensions: [], payload: $0) },
            task: configuration, leader: configs.leader, helper: configs.helper)
        return PreparedReport(report: report, opening: nil, index: 0)
    }
}

extension PreparedReport {
    /// The same report, whose second ciphertext its helper cannot open.
    func withBrokenHelperCiphertext() -> PreparedReport {
        var prepared = self
        let sealed = report.helperEncryptedInputShare
        var payload = sealed.payload
        payload[payload.count - 1] ^= 1
        prepared.report = Report(
            metadata: report.metadata, publicShare: report.publicShare,
            leaderEncryptedInputShare: report.leaderEncryptedInputShare,
            helperEncryptedInputShare: HpkeCiphertext(
                configID: sealed.configID, encapsulatedKey: sealed.encapsulatedKey, payload: payload))
        return prepared
    }
}
