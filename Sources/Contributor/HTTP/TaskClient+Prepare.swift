import DAP
import Encodings
import Ledger
import TaskTypes
import Tasks
import TransparencyLog
import Wallet

// From values to reports. (`TaskClient` is in `TaskClient.swift`.)

extension TaskClient {
    /// Splits each value into shares and encrypts one to each aggregator.
    ///
    /// - Parameters:
    ///   - seed: The contributor's 32 secret bytes, from which committed tasks derive a claim key for each report.
    ///   - time: POSIX seconds; coarsened to the task's unit before it leaves.
    /// - Throws: ``ContributorError``; nothing is sent.
    public nonisolated func prepare(
        _ measurements: [MeasurementValue], seed: [UInt8], time: UInt64 = currentTime()
    ) async throws -> [PreparedReport] {
        try checkOwner()
        try checkLog()
        let configs = try await aggregatorConfigs()
        return try measurements.enumerated().map { index, measurement in
            try prepare(measurement, index: index, seed: seed, time: time, configs: configs)
        }
    }

    /// Prepares as many reports as make one request of moderate size, at least one if there are any.
    ///
    /// - Parameter prepare: makes the report of an item.
    nonisolated func prepareRequest<Item>(
        _ items: ArraySlice<Item>,
        _ prepare: (Item, _ configs: (leader: HpkeConfig, helper: HpkeConfig)) throws -> PreparedReport
    ) async throws -> [PreparedReport] {
        try checkOwner()
        try checkLog()
        let configs = try await aggregatorConfigs()
        var reports: [PreparedReport] = []
        var total = 0
        for item in items.prefix(UploadSize.reports) {
            try Task.checkCancellation()
            reports.append(try prepare(item, configs))
            total += reports[reports.count - 1].size
            // One report more would perhaps be too much.
            if total + total / reports.count > UploadSize.bytes { break }
        }
        return reports
    }

    private nonisolated func checkOwner() throws {
        guard file.lacksOwnerSignature else { return }
        throw ContributorError.invalidTask(
            "it names an owner who has not signed it: its file lacks owner_signature, as files of older versions do")
    }

    /// A promise or a receipt under a log key or a policy that nobody can read is one that nobody can hold anybody to; behind
    /// the upload that would be too late to say.
    private nonisolated func checkLog() throws {
        guard task.isCommitted else { return }
        do throws(NoteKeyError) { _ = try NoteVerifier(vkey: task.cairn?.logKey ?? "") } catch {
            throw ContributorError.invalidTask("its log key is of no use: \(error)")
        }
        do throws(PolicyError) { _ = try LogPolicy(parsing: Array((file.logPolicy ?? "").utf8)) } catch {
            throw ContributorError.invalidTask("its log policy is of no use: \(error)")
        }
    }

    nonisolated func prepare(
        _ measurement: MeasurementValue, index: Int, seed: [UInt8], time: UInt64,
        configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws -> PreparedReport {
        var generator = SystemRandomNumberGenerator()
        let sharded = try shard(measurement, reportID: .random(), using: &generator)
        return try seal(sharded, index: index, seed: seed, time: time, configs: configs)
    }

    /// The report of a row, which is the same every time.
    nonisolated func prepare(
        _ measurement: MeasurementValue, row: ReportRow, secrets: RowSecrets, seed: [UInt8], time: UInt64,
        configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws -> PreparedReport {
        var randomness = secrets.randomness(of: row)
        let sharded = try shard(measurement, reportID: secrets.reportID(of: row), using: &randomness)
        var prepared = try seal(sharded, index: Int(row.row) - 1, seed: seed, time: time, configs: configs)
        prepared.row = row
        return prepared
    }

    nonisolated func shard(
        _ measurement: MeasurementValue, reportID: ReportID, using generator: inout some RandomNumberGenerator
    ) throws -> ShardedReport {
        do {
            return try vdaf.shard(taskID: taskID, measurement: measurement, reportID: reportID, using: &generator)
        } catch {
            throw ContributorError.invalidMeasurement(OwnErrors.text(error) ?? "it cannot be split")
        }
    }

    /// Encrypts shares that exist already. Separate from `prepare`, so that tests and the demo can forge shares.
    package nonisolated func seal(
        _ sharded: ShardedReport, index: Int, seed: [UInt8], time: UInt64,
        configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws -> PreparedReport {
        do {
            let report = try ReportBuilder.seal(
                sharded, task: file.configuration, time: file.configuration.time(ofSeconds: time),
                leader: configs.leader,
                helper: configs.helper, commitments: try vdaf.commitments(publicShare: sharded.publicShare),
                claimSeed: task.isCommitted ? seed : nil)
            return PreparedReport(
                report: report, opening: sharded.opening, index: index, shares: SealableShares(sharded))
        } catch {
            throw ContributorError.reportFailed(OwnErrors.text(error) ?? "it cannot be encrypted to these keys")
        }
    }

    /// Encrypts the same report to other keys: its id, time, claim key and shares stay what they were, so whoever has both
    /// forms has one report, which either honest aggregator counts once.
    ///
    /// The metadata are copied, not made again: another signature by the claim key would be another report in the log.
    ///
    /// - Returns: nil where the shares are gone.
    nonisolated func sealAgain(
        _ prepared: PreparedReport, configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws -> PreparedReport? {
        guard let shares = prepared.shares else { return nil }
        do {
            guard
                let report = try shares.withInputShares({ inputShares in
                    try seal(
                        prepared.report.metadata, publicShare: prepared.report.publicShare, inputShares,
                        configs: configs)
                })
            else { return nil }
            return PreparedReport(
                report: report, opening: prepared.opening, index: prepared.index, shares: shares, row: prepared.row)
        } catch {
            throw ContributorError.reportFailed(OwnErrors.text(error) ?? "it cannot be encrypted to these keys")
        }
    }

    /// Encrypts a report of which the wallet kept the shares.
    nonisolated func seal(
        _ kept: KeptShares, index: Int, configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws -> PreparedReport {
        let inputShares = [kept.leaderShare, kept.helperShare]
        do {
            return PreparedReport(
                report: try seal(kept.metadata, publicShare: kept.publicShare, inputShares, configs: configs),
                opening: nil, index: index, shares: SealableShares(inputShares))
        } catch {
            throw ContributorError.reportFailed(OwnErrors.text(error) ?? "it cannot be encrypted to these keys")
        }
    }

    private nonisolated func seal(
        _ metadata: ReportMetadata, publicShare: [UInt8], _ inputShares: [[UInt8]],
        configs: (leader: HpkeConfig, helper: HpkeConfig)
    ) throws(ReportBuilderError) -> Report {
        try ReportBuilder.seal(
            metadata: metadata, publicShare: publicShare,
            plaintexts: inputShares.map { PlaintextInputShare(privateExtensions: [], payload: $0) },
            task: file.configuration, leader: configs.leader, helper: configs.helper)
    }
}

/// How much goes into one request.
enum UploadSize {
    static let reports = 256
    static let bytes = 1 << 20
}
