import DAP
import Datastore
import Encodings
import Foundation
import Ledger
import Tasks
import TransparencyLog

/// Why a node does not opt into a task.
package enum TaskRefusal: Error, Sendable, CustomStringConvertible {
    /// Capacity, σ rule or required fields; the reason shows the arithmetic.
    case invalid(TaskValidationError)
    /// The task names another aggregator in this node's or its peer's place.
    case wrongURL(role: NodeRole, task: String, configured: String)
    /// The task has this node in another role than it is configured for, or its operator means.
    case wrongRole(NodeRole, url: String, asked: NodeRole)
    /// The task names one node in both places.
    case sameAggregator(url: String)
    /// The leader is a peer of which the configuration does not know that it leads tasks.
    case noLog(peer: String)
    /// The statement key in this node's place is not this node's.
    case wrongStatementKey(role: NodeRole, task: String, own: String)
    /// The collector's key is not of a suite that we can seal to.
    case collectorKey(String)
    /// The log policy does not parse, or does not accept the task's log.
    case policy(String)
    /// The task's log is not the one that this node writes or witnesses.
    case wrongLog(String)
    /// This node is no witness in the task's policy, although it is the helper.
    case notWitness(vkey: String)
    /// The task names an owner who has not signed it, as far as its file shows.
    case notSignedByOwner
    /// Reports, tokens or checkpoints of the task would travel in plain text.
    case transport(InsecureEndpoint)
    /// The task promises nothing, and the operator has not accepted that.
    case weak([TaskWeakness])
    /// The task that a request announced is not one that the operator serves unasked.
    case optedOut(String)
    /// The task is stored with other particulars, or its log is known under another key.
    case conflict(String)
    case database(DatastoreError)

    package var description: String {
        switch self {
        case .invalid(let error): "the task is not valid: \(error)"
        case .wrongURL(let role, let task, let configured):
            "the task's \(role.rawValue) is \(task), this node's configuration says \(configured)"
                + "; the two aggregators of a task are a node (its public_url) and one of its peers (their url)"
        case .wrongRole(let role, let url, let asked):
            "the task has this node (\(url)) as its \(role.rawValue), not as its \(asked.rawValue): a node that is to be a "
                + "\(role.rawValue) has a section '\(role.rawValue)' in its configuration"
        case .sameAggregator(let url):
            "the task's leader and helper are one node (\(url)), which would see every input: a task has two aggregators"
        case .noLog(let peer):
            "the task's leader is \(peer), and 'peers' of this node's configuration has no log_origin for it: a peer that "
                + "leads tasks keeps a log, which has a name"
        case .wrongStatementKey(let role, let task, let own):
            "the task's \(role.rawValue) statement key is \(task), this node's is \(own); "
                + "make the task with the keys that GET /cairn/info of both nodes shows"
        case .collectorKey(let reason): "collector HPKE configuration: \(reason)"
        case .policy(let reason): "log policy: \(reason)"
        case .wrongLog(let reason): "log: \(reason)"
        case .notWitness(let vkey): "the policy does not name this node as a witness; its key is \(vkey)"
        case .notSignedByOwner:
            "the task names an owner, but its file lacks the owner's signature (owner_signature), which files of older "
                + "versions do not have; have the owner make the task with `cairn task create --owner-key`"
        case .transport(let endpoint): endpoint.description
        case .weak(let weaknesses):
            "the task promises too little: \(weaknesses.map(\.description).joined(separator: "; ")). "
                + "--accept-weak-promises serves it all the same"
        case .optedOut(let reason), .conflict(let reason): reason
        case .database(let error): error.description
        }
    }
}

extension TaskRefusal {
    init(_ error: DatastoreError) {
        if case .conflict(let reason) = error { self = .conflict(reason) } else { self = .database(error) }
    }
}

extension TaskRegistry {
    package struct Added: Sendable {
        package var id: TaskID
        /// False: the same task was served before.
        package var isNew: Bool
        /// The task had another verification key, which had done nothing yet.
        package var isRekeyed: Bool
        /// What the task does not promise.
        package var weaknesses: [TaskWeakness]
    }

    /// Opts into a task: checks that it is sound and that it means this node, derives its verification key from the
    /// operators' shared secret, and stores both. A leader logs the task in the same transaction, unless it is a plain
    /// DAP task, of which nothing is logged; a helper starts to witness its log.
    ///
    /// Adding the same task again changes nothing, unless the operators' secret is another one now: then the task gets the
    /// verification key that derives from it, as long as no report has been accepted under the old one.
    ///
    /// - Parameters:
    ///   - role: what the operator takes this node for in the task; nil for what the task says.
    ///   - acceptingWeakPromises: whether the operator serves tasks that promise nothing, too.
    ///   - peerHasKey: whether the peer has proved to have the key that derives from the secret.
    package static func add(
        _ file: TaskFile, to store: any TaskStore & WitnessStore, configuration: NodeConfiguration, keys: NodeKeys,
        as role: NodeRole? = nil, acceptingWeakPromises: Bool = false, peerHasKey: Bool = false
    ) async throws(TaskRefusal) -> Added {
        let task: ValidatedTask
        do throws(TaskValidationError) { task = try file.configuration.validated() } catch { throw .invalid(error) }
        let part = try checkParties(task, configuration, keys, asked: role)
        try checkCollector(file.collectorHpkeConfig, keys)
        let policy = try checkLog(file, task, part, configuration, keys)
        // The file's reader has checked the signature that is there.
        guard !file.lacksOwnerSignature else { throw .notSignedByOwner }
        do throws(InsecureEndpoint) {
            try task.configuration.checkTransport()
            try policy?.checkTransport()
        } catch {
            throw .transport(error)
        }
        let weaknesses = TaskWeakness.all(
            of: task, policy: policy, helper: part.role == .helper ? keys.noteKey(.helper) : nil)
        if !acceptingWeakPromises, weaknesses.contains(where: \.needsAcceptance) {
            throw .weak(weaknesses.filter(\.needsAcceptance))
        }

        let stored = StoredTask(
            id: task.taskID, name: file.name, configuration: file.configuration.encoding,
            collectorConfig: file.collectorHpkeConfig.encoded(), policyText: file.logPolicy.map { Array($0.utf8) },
            verifyKey: try await derivedKey(of: task.taskID, part, store), role: part.role)
        if part.role == .leader, let policy {
            try await checkRoom(for: policy, of: stored, part, store, configuration, keys)
        }
        let entry = LedgerEntry.task(
            TaskEntry(
                configuration: stored.configuration, collectorHpkeConfig: stored.collectorConfig,
                ownerSignature: file.ownerSignature))
        do throws(DatastoreError) {
            if part.role == .helper, let vkey = task.cairn?.logKey, let origin = part.logOrigin(configuration) {
                try await store.trustLog(origin: origin, vkey: vkey)
            }
            let isRekeyed = try await rekey(stored, part, in: store, peerHasKey: peerHasKey)
            let isNew = try await store.addTask(
                stored, logEntry: part.role == .leader && !task.isPlain ? entry.encoded() : nil,
                file: part.role == .leader ? file.json() : nil)
            return Added(id: task.taskID, isNew: isNew, isRekeyed: isRekeyed, weaknesses: weaknesses)
        } catch {
            throw TaskRefusal(error)
        }
    }

    static func checkCollector(_ config: HpkeConfig, _ keys: NodeKeys) throws(TaskRefusal) {
        guard config.publicKey != keys.hpke.config.publicKey else {
            throw .collectorKey("it has this node's own key; whoever has the sums opened has a key of its own")
        }
        guard config.isSupported else {
            throw .collectorKey("its cipher suite is not X25519, HKDF-SHA256, AES-128-GCM")
        }
    }

    /// The verification key of a task that is added: the one that it has already, if one of the operators' secrets gives it,
    /// else what the first of them gives.
    static func derivedKey(
        of task: TaskID, _ part: PartInTask, _ store: any TaskStore
    ) async throws(TaskRefusal) -> [UInt8] {
        let keys = part.shared.verifyKeys(of: task)
        let present: StoredTask?
        do throws(DatastoreError) { present = try await store.task(task) } catch { throw TaskRefusal(error) }
        return present.flatMap { keys.contains($0.verifyKey) ? $0.verifyKey : nil } ?? keys[0]
    }

    /// Replaces the verification key of a task that is stored with another.
    ///
    /// - Returns: whether it was.
    static func rekey(
        _ task: StoredTask, _ part: PartInTask, in store: any TaskStore, peerHasKey: Bool
    ) async throws(DatastoreError) -> Bool {
        guard let present = try await store.task(task.id), present.source != .manual,
            present.verifyKey != task.verifyKey
        else { return false }
        let secrets = PeerWords(part.peer, role: part.role).secrets
        switch try await store.replaceVerifyKey(
            task.verifyKey, of: task.id, peerHasKey: peerHasKey, at: UInt64(max(0, Date().timeIntervalSince1970)))
        {
        case .replaced: return true
        case .same: return false
        case .inUse(let accepted):
            throw .conflict(
                "task \(task.id.base64URL) has accepted \(accepted) reports under the verification key that it was added "
                    + "with, and \(secrets) now gives another: put the old file back, or collect what is there, end the task "
                    + "(`cairn node task remove`) and make a new one")
        case .underWay(let reports):
            throw .conflict(
                "task \(task.id.base64URL) has \(reports) reports in aggregation jobs that the peer may have accepted under "
                    + "the verification key that it was added with, and \(secrets) now gives another: put the old file back, "
                    + "or add the task at the peer first and try again while the peer answers")
        }
    }

    /// - Returns: this node's part in the task.
    static func checkParties(
        _ task: ValidatedTask, _ configuration: NodeConfiguration, _ keys: NodeKeys, asked: NodeRole? = nil
    ) throws(TaskRefusal) -> PartInTask {
        let part = try PartInTask(task.configuration, configuration, keys, asked: asked)
        guard let statementKeys = task.cairn?.statementKeys else { return part }
        let named = part.role == .leader ? statementKeys.leader : statementKeys.helper
        guard named == keys.statementPublicKey else {
            throw .wrongStatementKey(
                role: part.role, task: Hex.encode(named), own: Hex.encode(keys.statementPublicKey))
        }
        guard statementKeys.leader != statementKeys.helper else { throw .invalid(.sameStatementKeys) }
        return part
    }

    /// - Returns: the task's policy, where it has one.
    private static func checkLog(
        _ file: TaskFile, _ task: ValidatedTask, _ part: PartInTask, _ configuration: NodeConfiguration,
        _ keys: NodeKeys
    ) throws(TaskRefusal) -> LogPolicy? {
        let origin = part.logOrigin(configuration) ?? ""
        if let vkey = task.cairn?.logKey {
            let verifier: NoteVerifier
            do throws(NoteKeyError) { verifier = try NoteVerifier(vkey: vkey) } catch {
                throw .wrongLog("the task's log key does not parse: \(error)")
            }
            guard ProtocolText.same(verifier.name, origin) else {
                throw .wrongLog("the task is logged in '\(verifier.name)', this node knows '\(origin)'")
            }
            if part.role == .leader, let own = keys.noteKey(.leader), own != verifier {
                throw .wrongLog("the task names log key \(vkey), this node signs with \(own.vkey)")
            }
        }
        // The file's reader has compared the text with the hash in the task.
        guard let text = file.logPolicy else { return nil }
        let policy: LogPolicy
        do throws(PolicyError) { policy = try LogPolicy(parsing: Array(text.utf8)) } catch {
            throw .policy(String(describing: error))
        }
        guard let log = task.cairn?.logKey,
            policy.logs.contains(where: { ProtocolText.same($0.verifier.vkey, log) })
        else {
            throw .policy("it does not accept the task's own log")
        }
        if part.role == .helper, let own = keys.noteKey(.helper) {
            guard policy.witnesses.contains(where: { $0.verifier == own }) else { throw .notWitness(vkey: own.vkey) }
        }
        return policy
    }
}
