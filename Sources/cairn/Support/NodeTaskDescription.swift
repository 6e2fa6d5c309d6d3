import AggregatorNode
import Crypto
import DAP
import Datastore
import Encodings

/// A task as its node has it: what it is, what has become of its reports here, and how the nodes stand with each other.
struct NodeTaskDescription: Encodable {
    struct Job: Encodable {
        let job: Int64
        let reports: UInt64
        let attempts: UInt64?
        let notBefore: String?
        let lastReason: String?
    }

    struct Owed: Encodable {
        let waiting: UInt64
        let promised: UInt64
        let uncollected: UInt64
        let collections: UInt64
    }

    struct Peer: Encodable {
        /// `unknown`, `fits`, `plain` or `blocked`, as of the last handshake.
        let standing: String
        let since: String?
        let findings: [PeerNotes.Finding]
    }

    let taskId: String
    let name: String
    let role: String
    /// `served`, `ended` or `discarded`.
    let state: String
    /// Why this version cannot serve the stored task; nil where it can.
    let unusable: String?
    let leaderUrl: String?
    let helperUrl: String?
    let vdaf: String?
    let committed: Bool?
    let batchMode: String?
    let timePrecision: UInt64?
    let minBatchSize: UInt64?
    let maxBatchSize: UInt64?
    let start: String?
    let end: String?
    /// Of a training round: the run, as `--run` takes it, and the number of the round.
    let runId: String?
    let round: UInt32?
    /// Fingerprints (the first 16 hex digits of SHA-256): equal at both nodes where the keys are.
    let verifyKeyFingerprint: String
    let collectorKeyFingerprint: String
    let logKey: String?
    let logPolicy: String?
    let reports: [String: UInt64]
    let refused: [String: UInt64]
    let owed: Owed
    let pendingJobs: [Job]
    let peer: Peer

    /// The most pending jobs that are listed.
    static let jobLimit = 100

    /// What the last handshakes said.
    struct Standings {
        let tasks: [StoredStanding]
        let peers: [StoredPeer]

        init(_ store: NodeDatabase) async throws {
            tasks = try await store.standings()
            peers = try await store.storedPeers()
        }
    }

    init(
        _ stored: StoredTask, _ node: NodeConfiguration, store: NodeDatabase, standings: Standings
    ) async throws {
        taskId = stored.id.base64URL
        name = stored.name
        state = "\(stored.service)"
        let (task, complaint) = Self.derive(stored)
        let role = task.map(node.role(of:)) ?? stored.role ?? node.roles[0]
        self.role = role.rawValue
        unusable = complaint
        let configuration = task?.configuration
        leaderUrl = configuration?.leaderURL
        helperUrl = configuration?.helperURL
        vdaf = task.map { $0.validated.vdaf.text }
        committed = task?.isCommitted
        batchMode = configuration?.batchMode.word
        timePrecision = configuration?.timePrecision
        minBatchSize = configuration?.minBatchSize
        maxBatchSize = task?.maxBatchSize
        start = (configuration?.taskSeconds?.start).map(TimeArgument.text)
        end = (configuration?.taskSeconds?.end).map(TimeArgument.text)
        runId = configuration?.trainingRound?.runName
        round = configuration?.trainingRound?.number
        verifyKeyFingerprint = Self.fingerprint(stored.verifyKey)
        collectorKeyFingerprint = Self.fingerprint(stored.collectorConfig)
        logKey = task?.parameters?.logKey
        logPolicy = stored.policyText.map { String(decoding: $0, as: UTF8.self) }
        let overview = try await store.overview(of: stored.id, jobLimit: Self.jobLimit)
        reports = overview.states
        refused = overview.rejected
        pendingJobs = overview.jobs.map { job in
            Job(
                job: job.key, reports: job.reports, attempts: (job.progress?.attempts).map(UInt64.init),
                notBefore: (job.progress?.notBefore).map(TimeArgument.text), lastReason: job.progress?.reason)
        }
        let burden = try await store.burden(of: stored.id)
        owed = Owed(
            waiting: burden.waiting, promised: burden.promised, uncollected: burden.uncollected,
            collections: burden.collections)
        peer = Self.peer(stored, role, at: task?.aggregators[role.peer]?.string, standings)
    }

    private static func derive(_ stored: StoredTask) -> (NodeTask?, complaint: String?) {
        do throws(StoredTaskError) { return (try NodeTask(stored), nil) } catch { return (nil, error.reason) }
    }

    /// A standing counts for the key that it was about.
    private static func peer(_ stored: StoredTask, _ role: NodeRole, at url: String?, _ known: Standings) -> Peer {
        let peers = known.peers.filter { $0.role == role }
        let node = peers.first { $0.url == url } ?? (peers.count == 1 ? peers[0] : nil)
        let nodes = HandshakeFinding.list(node?.findings ?? [])
            .filter { $0.code == .unreachable || $0.code == .hidden || $0.weight == .warning }
        guard stored.service == .served else { return Peer(standing: "unknown", since: nil, findings: []) }
        let row = known.tasks.first { $0.task == stored.id && $0.keyHash == Array(SHA256.hash(data: stored.verifyKey)) }
        let findings = HandshakeFinding.list(row?.findings ?? [])
        return Peer(
            standing: row?.state ?? "unknown", since: row.map { TimeArgument.text($0.since) },
            findings: (findings + nodes.filter { !findings.contains($0) }).map(PeerNotes.Finding.init))
    }

    private static func fingerprint(_ key: [UInt8]) -> String {
        Hex.encode(Array(SHA256.hash(data: Array("cairn key fingerprint".utf8) + [0] + key).prefix(8)))
    }

    /// For people: one fact a line.
    var lines: [String] {
        func list(_ counts: [String: UInt64]) -> String {
            counts.isEmpty
                ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        }
        var lines = [
            "task         \(name)", "id           \(taskId)", "role         \(role)", "state        \(state)",
        ]
        if let unusable { lines.append("unusable     \(unusable)") }
        if let leaderUrl, let helperUrl { lines += ["leader       \(leaderUrl)", "helper       \(helperUrl)"] }
        if let vdaf { lines.append("type         \(vdaf)\(committed == true ? ", committed" : "")") }
        if let batchMode, let minBatchSize, let maxBatchSize {
            lines.append("batches      \(batchMode), \(minBatchSize) to \(maxBatchSize) reports")
        }
        if let start, let end {
            lines.append("reports      from \(TimeArgument.forPeople(start)) until \(TimeArgument.forPeople(end))")
        }
        if let runId, let round { lines.append("training     round \(round) of run \(runId)") }
        lines += [
            "keys         verify \(verifyKeyFingerprint), collector \(collectorKeyFingerprint) (fingerprints)",
            "reports      \(list(reports))",
        ]
        if !refused.isEmpty { lines.append("refused      \(list(refused))") }
        lines.append(
            "owed         \(owed.waiting) waiting (\(owed.promised) promised), \(owed.uncollected) accepted and not "
                + "collected, \(owed.collections) collections under way")
        for job in pendingJobs {
            let why = job.lastReason.map { ": \($0)" } ?? ""
            let tries = job.attempts.map { ", tried \($0) times" } ?? ""
            lines.append("job \(job.job)".padded(to: 13) + "\(job.reports) reports\(tries)\(why)")
        }
        lines.append("peer         \(peer.standing)\(peer.since.map { " since \(TimeArgument.forPeople($0))" } ?? "")")
        lines += peer.findings.map { "             \($0.weight): \($0.advice)" }
        return lines
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
