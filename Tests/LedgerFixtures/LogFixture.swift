import Crypto
import DAP
import Foundation
import Ledger
import TaskTypes
import Tasks
import TransparencyLog

/// A small log on disk, written with real keys, real commitments and real tiles: what two honest aggregators would leave
/// behind for one batch. Tests then change one thing.
package struct LogFixture {
    package private(set) var directory: String
    package let logSigner: NoteSigner
    package let witness: Cosigner
    package let leaderKey = Curve25519.Signing.PrivateKey()
    package let helperKey = Curve25519.Signing.PrivateKey()
    package let ownerKey: Curve25519.Signing.PrivateKey
    package let policyText: String
    package let policy: LogPolicy
    package let task: ValidatedTask
    package let vdaf: any TaskVDAF
    package let batchID = BatchID.random()
    package let collector = HpkeKeyPair.generate(id: 1)
    package let seed = (0..<32).map { _ in UInt8.random(in: 0...255) }

    /// When the witness signs, in seconds since 1970.
    package var cosignedAt: UInt64 = 1_800_000_000
    /// The time that the leader states on the checkpoint; nil for none.
    package var leaderTime: UInt64? = 1_800_000_000
    /// The entries in log order; `publish()` writes them.
    package var entries: [[UInt8]] = []
    package var blobs: [[UInt8]] = []
    /// Leaders of other tasks in the log, who state the same time.
    private var otherLeaders: [Curve25519.Signing.PrivateKey] = []

    /// - Parameters:
    ///   - type: What a report holds; a vector of integers by default.
    ///   - keys: A log with the same keys of log and witness.
    ///   - owner: The owner whom the task names; a new one by default.
    ///   - isSigned: Whether that owner has signed the task.
    ///   - otherLog: The key of a second log that the policy accepts.
    package init(
        minBatchSize: UInt64 = 2, credit: CreditPolicy = CreditPolicy(kind: .unit, bound: 0),
        lambdaHash: [UInt8]? = nil,
        encoding: NumericEncoding? = nil, length: UInt32 = 3, maxMeasurement: UInt64 = 100,
        vdaf type: VDAFConfiguration? = nil, maxBatchSize: UInt64 = 1000, taskInterval: Interval? = nil,
        keys: LogFixture? = nil,
        owner: Curve25519.Signing.PrivateKey? = nil, isSigned: Bool = true,
        taskInfo: [UInt8] = Array("ledger test".utf8),
        modelHash: [UInt8]? = nil, publish: PublishMode = .public, otherLog: NoteSigner? = nil
    ) throws {
        ownerKey = owner ?? Curve25519.Signing.PrivateKey()
        directory = NSTemporaryDirectory() + "cairn-ledger-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory + "/blob", withIntermediateDirectories: true)
        logSigner = try keys?.logSigner ?? NoteSigner(name: "example.org/log")
        witness = try keys?.witness ?? Cosigner(name: "example.org/helper")
        policyText = """
            log \(logSigner.verifier.vkey)\(otherLog.map { "\nlog \($0.verifier.vkey)" } ?? "")
            witness helper \(witness.verifier.vkey)
            quorum helper

            """
        policy = try LogPolicy(parsing: Array(policyText.utf8))
        let parameters = CairnTaskParameters(
            statementKeys: StatementKeys(
                leader: Array(leaderKey.publicKey.rawRepresentation),
                helper: Array(helperKey.publicKey.rawRepresentation)),
            collectorHpkeHash: Blob.hash(collector.config.encoded()), logKey: logSigner.verifier.vkey,
            logPolicyHash: Blob.hash(Array(policyText.utf8)), maxBatchSize: maxBatchSize, publish: publish,
            ownerKey: Array(ownerKey.publicKey.rawRepresentation), admission: .open,
            numericEncoding: encoding, modelHash: modelHash, creditPolicy: credit, lambdaHash: lambdaHash)
        task = try TaskConfiguration(
            taskInfo: taskInfo, leaderURL: "http://leader.example/",
            helperURL: "http://helper.example/", timePrecision: 60, minBatchSize: minBatchSize,
            batchMode: .leaderSelected,
            vdaf: .committed(
                type ?? .sumVec(length: length, maxMeasurement: maxMeasurement, chunkLength: 5)),
            taskInterval: taskInterval,
            cairn: parameters
        ).validated()
        vdaf = try makeTaskVDAF(task.vdaf)
        entries.append(
            LedgerEntry.task(
                TaskEntry(
                    configuration: task.configuration.encoding, collectorHpkeConfig: collector.config.encoded(),
                    ownerSignature: isSigned ? try TaskOwnerSignature.sign(taskID: task.taskID, with: ownerKey) : nil)
            ).encoded())
    }

    /// The same log, with the same keys, after its operator has rewritten the entries. It is published elsewhere.
    package static func rewritten(_ log: LogFixture, _ change: (inout [[UInt8]]) -> Void) throws -> LogFixture {
        var copy = log
        copy.directory = NSTemporaryDirectory() + "cairn-ledger-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: copy.directory + "/blob", withIntermediateDirectories: true)
        change(&copy.entries)
        return copy
    }

    /// A contributor's report, its leaf, and both aggregators' output shares.
    package struct Contribution {
        package var entry: ReportEntry
        package var leaderOutput: [UInt8]
        package var helperOutput: [UInt8]
        /// What the contributor keeps.
        package var opening: ReportOpening?
    }

    package func contribution(_ values: [UInt64]) throws -> Contribution {
        try contribution(of: .vector(values))
    }

    package func contribution(of measurement: MeasurementValue) throws -> Contribution {
        let verifyKey = [UInt8](repeating: 7, count: 32)
        let reportID = ReportID.random()
        let sharded = try vdaf.shard(taskID: task.taskID, measurement: measurement, reportID: reportID)
        let commitments = try vdaf.commitments(publicShare: sharded.publicShare)
        let claim = try ClaimKey.make(seed: seed, taskID: task.taskID, reportID: reportID, commitments: commitments)
        let shares = sharded.inputShares.map {
            ReportToVerify(reportID: reportID, publicShare: sharded.publicShare, inputShare: $0)
        }
        let leader = try vdaf.leaderInitialize(
            [shares[0]], verifyKey: verifyKey, taskID: task.taskID, threads: 1)[0].get()
        let helper = try vdaf.helperInitialize(
            [shares[1]], inbound: [leader.outbound], verifyKey: verifyKey, taskID: task.taskID, threads: 1)[0].get()
        let entry = ReportEntry(
            taskID: task.taskID, batchID: batchID,
            metadata: ReportMetadata(
                reportID: reportID, time: 29_000_000,
                publicExtensions: [claim.reportExtension]),
            leaderCommitment: commitments[0], helperCommitment: commitments[1])
        return Contribution(
            entry: entry, leaderOutput: try leader.finish(inbound: helper.outbound).get(),
            helperOutput: helper.outputShare, opening: sharded.opening)
    }

    package mutating func log(_ entry: LedgerEntry) {
        entries.append(entry.encoded())
    }

    package func terms(over contributions: [Contribution]) -> CloseEntry.Terms {
        var root = BatchRoot()
        for contribution in contributions { root.append(entry: LedgerEntry.report(contribution.entry).encoded()) }
        return CloseEntry.Terms(
            taskID: task.taskID, selector: BatchScope.batch(batchID).selector, root: root.root, count: root.count)
    }

    package mutating func logClose(_ terms: CloseEntry.Terms) throws {
        log(
            .close(
                CloseEntry(
                    terms: terms, leaderSignature: try terms.sign(with: leaderKey),
                    helperSignature: try terms.sign(with: helperKey))))
    }

    package func shares(of contributions: [Contribution]) throws -> (leader: [UInt8], helper: [UInt8]) {
        var leader = vdaf.makeAccumulator()
        var helper = vdaf.makeAccumulator()
        for contribution in contributions {
            try leader.add(contribution.leaderOutput)
            try helper.add(contribution.helperOutput)
        }
        return (leader.aggregateShare(), helper.aggregateShare())
    }

    package mutating func logBatch(_ terms: CloseEntry.Terms, leaderShare: [UInt8], helperShare: [UInt8]) throws {
        log(
            .batch(
                BatchEntry(
                    leader: try Statement(
                        role: .leader, terms: terms, shareHash: Blob.hash(leaderShare), key: leaderKey),
                    helper: try Statement(
                        role: .helper, terms: terms, shareHash: Blob.hash(helperShare), key: helperKey))))
        blobs += [leaderShare, helperShare]
    }

    package mutating func logReports(_ contributions: [Contribution]) {
        for contribution in contributions { log(.report(contribution.entry)) }
    }

    /// A withdrawal by the report's claim key, or by the one that another seed gives.
    package mutating func logWithdrawal(of contribution: Contribution, seed: [UInt8]? = nil) throws {
        let id = contribution.entry.metadata.reportID
        let key = try ClaimKey.derive(seed: seed ?? self.seed, taskID: task.taskID, reportID: id)
        log(.withdrawal(try WithdrawalEntry(taskID: task.taskID, reportID: id, key: key)))
    }

    /// Closes over `contributions` and logs the statements about their honest shares, which `change` may falsify.
    package mutating func logCollection(
        of contributions: [Contribution],
        change: (inout (leader: [UInt8], helper: [UInt8])) -> Void = { _ in }
    ) throws {
        let terms = terms(over: contributions)
        try logClose(terms)
        var shares = try shares(of: contributions)
        change(&shares)
        try logBatch(terms, leaderShare: shares.leader, helperShare: shares.helper)
    }

    /// Reports, close and batch as honest aggregators log them.
    package mutating func logHonestBatch(_ contributions: [Contribution]) throws {
        logReports(contributions)
        try logCollection(of: contributions)
    }

    /// Writes tiles, blobs and a checkpoint signed by log and witness; returns the checkpoint.
    ///
    /// - Parameter signer: another log's key, under whose name the same entries are published.
    @discardableResult
    package func publish(cosigned: Bool = true, signer: NoteSigner? = nil) throws -> SignedCheckpoint {
        let logSigner = signer ?? logSigner
        var writer = try TileWriter(directory: directory)
        let head = try writer.append(entries: entries, startingAt: 0)
        let checkpoint = try Checkpoint(origin: logSigner.verifier.name, size: head.size, root: head.root)
        var signed = try SignedCheckpoint(checkpoint, signedBy: logSigner)
        if let leaderTime {
            for key in [leaderKey] + otherLeaders {
                try signed.append(try Self.stated(leaderTime, on: checkpoint, by: key))
            }
        }
        if cosigned { try signed.append(try witness.cosign(checkpoint, timestamp: cosignedAt)) }
        try writer.publish(signed)
        for blob in blobs {
            try Data(blob).write(to: URL(fileURLWithPath: directory + "/" + Blob.path(hash: Blob.hash(blob))))
        }
        return signed
    }

    /// The leader's own time on a checkpoint, under its statement key.
    package func stated(_ time: UInt64, on checkpoint: Checkpoint) throws -> NoteSignature {
        try Self.stated(time, on: checkpoint, by: leaderKey)
    }

    private static func stated(
        _ time: UInt64, on checkpoint: Checkpoint, by key: Curve25519.Signing.PrivateKey
    ) throws -> NoteSignature {
        try Cosigner(name: checkpoint.origin, seed: Array(key.rawRepresentation)).cosign(checkpoint, timestamp: time)
    }

    /// A tlog-proof of one of the entries, which have been published.
    package func proof(of index: Int, in checkpoint: SignedCheckpoint) throws -> TlogProof {
        TlogProof(
            extra: entries[index], index: UInt64(index),
            inclusionProof: try MerkleTree.inclusionProof(
                index: UInt64(index), leafHashes: entries.map { MerkleTree.leafHash($0) }),
            checkpoint: checkpoint)
    }

    /// Puts another task's entries behind this one's: one log may serve several.
    package mutating func append(_ other: LogFixture) {
        entries += other.entries
        blobs += other.blobs
        otherLeaders.append(other.leaderKey)
    }

    package var source: DirectoryTileSource { DirectoryTileSource(directory: directory) }

    package func audit() async throws -> AuditReport {
        try await Auditor(source: source, policy: policy).audit()
    }

    package func removeFiles() {
        try? FileManager.default.removeItem(atPath: directory)
    }
}
