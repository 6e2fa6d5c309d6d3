import DAP
import Datastore
import Tasks

/// A task that an operator wants to be served, and where it was read, for messages.
package enum NewTask: Sendable {
    case file(TaskFile, source: String)
    /// One of nothing but DAP, whose other aggregator need not be a node of Cairn.
    case plain(PlainTask, source: String)

    package var name: String {
        switch self {
        case .file(let task, _): task.name
        case .plain(let task, _): task.name
        }
    }

    package var configuration: TaskConfiguration {
        switch self {
        case .file(let task, _): task.configuration
        case .plain(let task, _): task.configuration
        }
    }

    /// The task's id, if its verification key follows from the operators' secret.
    var derivedID: TaskID? {
        switch self {
        case .file(let task, _): task.taskID
        case .plain(let task, _): task.isTaskprov ? task.id : nil
        }
    }
}

/// Adds a task to a node, for its operator, and asks the peer whether the two fit. The node may be running.
///
/// A peer that is not there yet is a note, and a contradiction does not undo what was added; but a task whose aggregators
/// have one HPKE key is never added, nor is a right verification key replaced by a wrong one.
package struct TaskAddition: Sendable {
    private let task: NewTask
    /// What the task makes of this node.
    package let part: PartInTask
    private let asked: NodeRole?
    private let configuration: NodeConfiguration
    private let keys: NodeKeys

    /// - Parameter asked: What the operator wants the node to be in the task; nil where any part will do.
    /// - Throws: ``TaskAdditionError/refused(source:_:)`` where the node has no part in the task.
    package init(
        _ task: NewTask, asked: NodeRole?, configuration: NodeConfiguration, keys: NodeKeys
    ) throws(TaskAdditionError) {
        do throws(TaskRefusal) {
            part = try PartInTask(task.configuration, configuration, keys, asked: asked)
        } catch {
            throw .refused(source: task.plainSource, error)
        }
        self.task = task
        self.asked = asked
        self.configuration = configuration
        self.keys = keys
    }

    /// What came of it.
    package struct Outcome: Sendable {
        package let added: TaskRegistry.Added
        /// What the node calls the task.
        package let name: String
        /// How many other tasks of the node have its name.
        package let namesakes: Int
        /// What stands between the two nodes.
        package let findings: [HandshakeFinding]
    }

    /// - Parameters:
    ///   - store: The node's newest database.
    ///   - acceptingWeakPromises: Whether the operator serves tasks that promise nothing, too.
    /// - Throws: ``TaskAdditionError``; `DatastoreError`.
    package func run(in store: NodeDatabase, acceptingWeakPromises: Bool) async throws -> Outcome {
        try await TaskAgreement.with(part, configuration, keys: keys) { peer in
            guard await !peer.peerHasOwnHpkeKey() else {
                throw TaskAdditionError.oneHpkeKey(peer: part.peer.url.string)
            }
            var peerHasKey = false
            if let id = task.derivedID { peerHasKey = try await checkKey(of: id, store, peer) }
            let added = try await add(to: store, acceptingWeakPromises, peerHasKey: peerHasKey)
            guard let stored = try await store.task(added.id) else {
                throw TaskAdditionError.gone(task: added.id.base64URL, database: configuration.database.name)
            }
            let namesakes = try await store.tasks().count { $0.name == stored.name && $0.id != stored.id }
            let revision = UInt64(clamping: try await store.taskRevision())
            return Outcome(
                added: added, name: stored.name, namesakes: namesakes,
                findings: await peer.findings(about: try NodeTask(stored), revision: revision))
        }
    }

    private func add(
        to store: NodeDatabase, _ acceptingWeakPromises: Bool, peerHasKey: Bool
    ) async throws -> TaskRegistry.Added {
        do throws(TaskRefusal) {
            switch task {
            case .file(let file, _):
                return try await TaskRegistry.add(
                    file, to: store, configuration: configuration, keys: keys, as: asked,
                    acceptingWeakPromises: acceptingWeakPromises, peerHasKey: peerHasKey)
            case .plain(let plain, _):
                return try await TaskRegistry.add(
                    plain, to: store, configuration: configuration, keys: keys, as: asked,
                    acceptingWeakPromises: acceptingWeakPromises, peerHasKey: peerHasKey)
            }
        } catch {
            throw TaskAdditionError.refused(source: task.plainSource, error)
        }
    }

    /// A key that the peer has as well is right, and whatever gives another one is wrong.
    ///
    /// - Returns: whether the stored key is another one than the peer's, which is the one to come.
    private func checkKey(of id: TaskID, _ store: NodeDatabase, _ peer: TaskAgreement) async throws -> Bool {
        let keys = part.shared.verifyKeys(of: id)
        let key = keys[0]
        guard let stored = try await store.task(id), stored.source != .manual, !keys.contains(stored.verifyKey) else {
            return false
        }
        guard await peer.peerHas(stored.verifyKey, of: id) else { return await peer.peerHas(key, of: id) }
        throw TaskAdditionError.rightKeyIsThere(secrets: PeerWords(part.peer, role: part.role).secrets)
    }
}

extension NewTask {
    /// The file that a refusal names: plain tasks are written by hand.
    fileprivate var plainSource: String? { if case .plain(_, let source) = self { source } else { nil } }
}

/// Why a task is not added.
package enum TaskAdditionError: Error, Sendable {
    /// The node does not serve it; with the file's name, where a person has written it.
    case refused(source: String?, TaskRefusal)
    /// Both aggregators open reports with one key.
    case oneHpkeKey(peer: String)
    /// The stored verification key is the peer's, and the operators' secret gives another one.
    case rightKeyIsThere(secrets: String)
    /// It was added, and is not there.
    case gone(task: String, database: String)
}

extension TaskAdditionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let source, let refusal): source.map { "\($0): \(refusal)" } ?? refusal.description
        case .oneHpkeKey(let peer):
            "the task's two aggregators have one HPKE key: \(peer) offers this node's own. Nothing was changed. Whoever has "
                + "that key opens both shares of every report: give each node a data_dir of its own, and the one that was "
                + "copied new keys."
        case .rightKeyIsThere(let secrets):
            "the task is there with the verification key that the peer has, and \(secrets) gives another. Nothing was "
                + "changed. Put the file back that both nodes had, or agree with the peer's operator on the new one and add "
                + "the task at the peer first."
        case .gone(let task, let database): "task \(task) is gone from \(database)"
        }
    }
}
