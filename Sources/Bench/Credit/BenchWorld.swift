import Crypto
import DAP
import Ledger
import TaskTypes
import Tasks
import TransparencyLog

/// Keys of a log, its witness, two aggregators and an owner, and tasks among them: what a benchmark needs of the world.
struct BenchWorld: Sendable {
    let logSigner: NoteSigner
    let witness: Cosigner
    let leaderKey = Curve25519.Signing.PrivateKey()
    let helperKey = Curve25519.Signing.PrivateKey()
    let ownerKey = Curve25519.Signing.PrivateKey()
    let policy: LogPolicy
    private let policyText: String
    private let collector = HpkeKeyPair.generate(id: 1)

    init() throws {
        logSigner = try NoteSigner(name: "bench.example/log")
        witness = try Cosigner(name: "bench.example/helper")
        policyText = """
            log \(logSigner.verifier.vkey)
            witness helper \(witness.verifier.vkey)
            quorum helper

            """
        policy = try LogPolicy(parsing: Array(policyText.utf8))
    }

    /// A committed task over vectors.
    func task(
        length: Int, bits: Int, credit: CreditPolicy, lambdaHash: [UInt8]?, encodingBound: Double? = nil,
        batchSize: UInt64
    ) throws -> ValidatedTask {
        let vdaf = VDAFConfiguration.committed(
            .sumVec(
                length: UInt32(length), maxMeasurement: (1 << UInt64(bits)) - 1,
                chunkLength: VDAFConfiguration.recommendedChunkLength(elements: length * bits)))
        let parameters = CairnTaskParameters(
            statementKeys: StatementKeys(
                leader: Array(leaderKey.publicKey.rawRepresentation),
                helper: Array(helperKey.publicKey.rawRepresentation)),
            collectorHpkeHash: Blob.hash(collector.config.encoded()), logKey: logSigner.verifier.vkey,
            logPolicyHash: Blob.hash(Array(policyText.utf8)), maxBatchSize: batchSize, publish: .public,
            ownerKey: Array(ownerKey.publicKey.rawRepresentation), admission: .open,
            numericEncoding: encodingBound.map { NumericEncoding(bits: UInt8(bits), bound: $0) },
            creditPolicy: credit, lambdaHash: lambdaHash)
        return try TaskConfiguration(
            taskInfo: Array("bench".utf8), leaderURL: "http://leader.example/", helperURL: "http://helper.example/",
            timePrecision: 60, minBatchSize: 1, batchMode: .leaderSelected, vdaf: vdaf, taskInterval: nil,
            cairn: parameters
        ).validated()
    }

    /// The log entry of a task, signed by its owner.
    func entry(of task: ValidatedTask) throws -> [UInt8] {
        LedgerEntry.task(
            TaskEntry(
                configuration: task.configuration.encoding, collectorHpkeConfig: collector.config.encoded(),
                ownerSignature: try TaskOwnerSignature.sign(taskID: task.taskID, with: ownerKey))
        ).encoded()
    }

    /// The log entry of a close that both aggregators signed.
    func close(_ terms: CloseEntry.Terms) throws -> [UInt8] {
        LedgerEntry.close(
            CloseEntry(
                terms: terms, leaderSignature: try terms.sign(with: leaderKey),
                helperSignature: try terms.sign(with: helperKey))
        ).encoded()
    }

    /// A checkpoint with the log's signature, the leader's time and the witness's cosignature.
    func checkpoint(_ head: TreeHead) throws -> SignedCheckpoint {
        let checkpoint = try Checkpoint(origin: logSigner.verifier.name, size: head.size, root: head.root)
        var signed = try SignedCheckpoint(checkpoint, signedBy: logSigner)
        let clock = try Cosigner(name: checkpoint.origin, seed: Array(leaderKey.rawRepresentation))
        try signed.append(try clock.cosign(checkpoint, timestamp: 1_800_000_000))
        try signed.append(try witness.cosign(checkpoint, timestamp: 1_800_000_000))
        return signed
    }
}
