import DAP
import Datastore
import Ledger
import Tasks

// Plain DAP tasks: an operator adds them with `cairn node task add --dap`, or allows that requests announce them. Nothing
// about them is logged, and the peer may be any DAP-18 aggregator.

extension TaskRegistry {
    /// Serves a plain task as the operator configured it. Adding the same task again changes nothing.
    package static func add(
        _ task: PlainTask, to store: any TaskStore, configuration: NodeConfiguration, keys: NodeKeys,
        as role: NodeRole? = nil, acceptingWeakPromises: Bool = false, peerHasKey: Bool = false
    ) async throws(TaskRefusal) -> Added {
        let (validated, part) = try checkPlain(
            task.configuration, task.collectorConfig, configuration, keys, asked: role)
        let weaknesses = TaskWeakness.all(of: validated, policy: nil)
        let empty = weaknesses.filter(\.needsAcceptance)
        guard acceptingWeakPromises || empty.isEmpty else { throw .weak(empty) }
        // The draft's key for a task that its configuration names, as it is for tasks from task files.
        let derived = [VerifyKey(id: 0, bytes: try await derivedKey(of: task.id, part, store))]
        let stored = StoredTask(
            id: task.id, name: task.name, configuration: task.configuration.encoding,
            collectorConfig: task.collectorConfig.encoded(), policyText: nil,
            verifyKeys: task.isTaskprov ? derived : task.verifyKeys, source: task.isTaskprov ? .taskprov : .manual,
            role: part.role)
        do throws(DatastoreError) {
            let isRekeyed = task.isTaskprov ? try await rekey(stored, part, in: store, peerHasKey: peerHasKey) : false
            let isNew = try await store.addTask(stored, logEntry: nil, file: nil)
            return Added(id: task.id, isNew: isNew, isRekeyed: isRekeyed, weaknesses: weaknesses)
        } catch {
            throw TaskRefusal(error)
        }
    }

    /// Opts into a task that a request announced, if the operator allows it: with the same checks as for a task that the
    /// operator adds, and on the disk before the request is answered. Once in, a node never opts out again.
    ///
    /// - Parameters:
    ///   - role: what whoever heard of the task is; the task has to give this node that part.
    ///   - peer: who announced it, where that is known: it has to be the task's other aggregator.
    ///   - now: POSIX seconds.
    /// - Returns: `.full` where as many tasks as the operator allows were announced before.
    static func optIn(
        _ announcement: Taskprov.Announcement, _ settings: TaskprovSettings, store: any TaskStore,
        configuration: NodeConfiguration, keys: NodeKeys, as role: NodeRole, from peer: Peer?, now: UInt64
    ) async throws(TaskRefusal) -> AnnouncedTaskOutcome {
        let task: TaskConfiguration
        do throws(CodecError) { task = try announcement.configuration.get() } catch {
            throw .optedOut("this node does not know what the task asks for: \(error)")
        }
        let (validated, part) = try checkPlain(task, settings.collectorConfig, configuration, keys, asked: role)
        if let peer, peer.settings.url != part.peer.url {
            throw .optedOut("the task's \(role.peer.rawValue) is another than the one that announces it")
        }
        if let objection = settings.objection(to: validated, now: now) { throw .optedOut(objection) }
        let stored = StoredTask(
            id: announcement.taskID, name: name(task.taskInfo), configuration: announcement.bytes,
            collectorConfig: settings.collectorConfig.encoded(), policyText: nil,
            verifyKeys: [VerifyKey(id: 0, bytes: part.shared.verifyKeys(of: announcement.taskID)[0])],
            source: .announced, role: part.role)
        do throws(DatastoreError) {
            return try await store.addAnnouncedTask(stored, limit: settings.maxTasks)
        } catch {
            throw TaskRefusal(error)
        }
    }

    private static func checkPlain(
        _ task: TaskConfiguration, _ collector: HpkeConfig, _ configuration: NodeConfiguration, _ keys: NodeKeys,
        asked: NodeRole?
    ) throws(TaskRefusal) -> (ValidatedTask, PartInTask) {
        let validated: ValidatedTask
        do throws(TaskValidationError) { validated = try task.validated() } catch { throw .invalid(error) }
        guard validated.isPlain else {
            throw .optedOut(
                "the task has Cairn's own parameters (extension 0xff00), so its operator has to add its task file "
                    + "(cairn node task add)")
        }
        let part = try checkParties(validated, configuration, keys, asked: asked)
        try checkCollector(collector, keys)
        do throws(InsecureEndpoint) { try task.checkTransport() } catch { throw .transport(error) }
        return (validated, part)
    }

    /// A name for people, of what a stranger wrote.
    private static func name(_ info: [UInt8]) -> String {
        let text = String(decoding: info.prefix(64), as: UTF8.self).prefix {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_. ".contains($0))
        }
        return text.isEmpty ? "announced" : String(text)
    }
}
