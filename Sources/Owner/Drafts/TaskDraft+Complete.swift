import Contributor
import Crypto
import DAP
import Encodings
import Ledger
import Tasks
import TransparencyLog

// From a draft and two nodes' keys to a task file. (What is in a draft: `TaskDraft.swift`.)

extension TaskDraft {
    /// Asks both nodes for their keys and completes the task.
    ///
    /// - Parameter misnamed: Gets nodes that say that they are found elsewhere; the task is made all the same.
    /// - Throws: ``TaskDraftError``; `ContributorError` where a node does not answer.
    package func complete(
        transport: HTTPTransport, misnamed: (NodePair.Misnamed) -> Void = { _ in }
    ) async throws -> TaskFile {
        try checkURLs()
        let nodes = try await NodePair.ask(leader: leaderURL, helper: helperURL, transport: transport)
        nodes.misnamed(leader: leaderURL, helper: helperURL).forEach(misnamed)
        return try complete(nodes)
    }

    /// Completes the task with keys that are known already, and validates it: capacity and σ are checked here, before
    /// anybody contributes.
    package func complete(_ nodes: NodePair) throws(TaskDraftError) -> TaskFile {
        for (role, url) in [(Role.leader, leaderURL), (.helper, helperURL)] {
            let roles = nodes[role].allRoles
            guard roles.contains("\(role)") else { throw .otherRole(url: url, has: roles, wanted: role) }
        }
        guard !nodes.isOneNode else { throw .oneKey }
        let isCommitted = vdaf.isCommitted
        let policy = isCommitted ? try policy(nodes) : nil
        let configuration = try configuration(cairn: try parameters(nodes, policy: policy))
        let file: TaskFile
        do throws(TaskFileError) {
            file = try TaskFile(
                name: name, configuration: configuration, collectorHpkeConfig: collectorConfig, logPolicy: policy,
                logURL: isCommitted ? Self.logURL(leaderURL) : nil, ownerSignature: try signature(configuration.taskID))
        } catch {
            throw .file(error)
        }
        return try accepted(file, helper: nodes.helper.witnessKey)
    }

    /// Completes a task of nothing but DAP. Its aggregators need not be nodes of Cairn, so nobody is asked.
    package func completePlain() throws(TaskDraftError) -> TaskFile {
        try checkURLs()
        let configuration = try configuration(cairn: nil)
        let file: TaskFile
        do throws(TaskFileError) {
            file = try TaskFile(
                name: name, configuration: configuration, collectorHpkeConfig: collectorConfig, logPolicy: nil,
                logURL: nil)
        } catch {
            throw .file(error)
        }
        return try accepted(file)
    }

    private func checkURLs() throws(TaskDraftError) {
        if let leader = BaseURL(leaderURL), leader == BaseURL(helperURL) { throw .oneNode(leader) }
        for (role, url) in [(Role.leader, leaderURL), (.helper, helperURL)] {
            do throws(InsecureEndpoint) { try EndpointRule.check(url) } catch { throw .endpoint(role, error) }
        }
    }

    private func configuration(cairn: CairnTaskParameters?) throws(TaskDraftError) -> TaskConfiguration {
        let configuration: TaskConfiguration
        do throws(CodecError) {
            configuration = try TaskConfiguration(
                taskInfo: taskInfo, leaderURL: leaderURL, helperURL: helperURL, timePrecision: timePrecision,
                minBatchSize: minBatchSize, batchMode: batchMode, vdaf: vdaf, taskInterval: taskInterval, cairn: cairn)
        } catch {
            throw .encoding(error)
        }
        do throws(TaskValidationError) { _ = try configuration.validated() } catch { throw .invalid(error) }
        return configuration
    }

    private var taskInterval: Interval? {
        seconds.map { seconds in
            let start = seconds.lowerBound / timePrecision
            let end = (seconds.upperBound - 1) / timePrecision + 1
            return Interval(start: start, duration: end - start)
        }
    }

    private func parameters(_ nodes: NodePair, policy: String?) throws(TaskDraftError) -> CairnTaskParameters {
        var parameters = CairnTaskParameters(
            collectorHpkeHash: Array(SHA256.hash(data: collectorConfig.encoded())), maxBatchSize: maxBatchSize)
        parameters.ownerKey = owner.map { Array($0.publicKey.rawRepresentation) }
        parameters.modelHash = modelHash
        parameters.termsHash = termsHash
        guard let policy else { return parameters }
        parameters.statementKeys = StatementKeys(
            leader: try Self.statementKey(of: .leader, nodes), helper: try Self.statementKey(of: .helper, nodes))
        parameters.logKey = nodes.leader.logVkey
        parameters.logPolicyHash = Array(SHA256.hash(data: Array(policy.utf8)))
        parameters.publish = publish
        parameters.admission = .open
        parameters.creditPolicy = credit
        parameters.lambdaHash = lambdaHash
        parameters.logWindow = logWindow.map { LogWindow(seconds: $0) } ?? .usual(timePrecision: timePrecision)
        return parameters
    }

    private static func statementKey(of role: Role, _ nodes: NodePair) throws(TaskDraftError) -> [UInt8] {
        guard let key = Hex.decode(nodes[role].statementKey) else { throw .statementKey(role) }
        return key
    }

    private func signature(_ id: TaskID) throws(TaskFileError) -> [UInt8]? {
        // The platform's random generator is all that can fail; then the task is refused for its missing signature.
        guard let owner else { return nil }
        guard let signature = try? TaskOwnerSignature.sign(taskID: id, with: owner) else {
            throw .ownerSignatureMismatch
        }
        return signature
    }

    /// The task, unless it promises nothing and the author has not said that this will do.
    private func accepted(_ file: TaskFile, helper: NoteVerifier? = nil) throws(TaskDraftError) -> TaskFile {
        let weaknesses: [TaskWeakness]
        do throws(TaskValidationError) { weaknesses = try file.weaknesses(helper: helper) } catch {
            throw .invalid(error)
        }
        let empty = weaknesses.filter(\.needsAcceptance)
        guard acceptsWeakPromises || empty.isEmpty else { throw .weak(empty) }
        return file
    }

    private static func logURL(_ leader: String) -> String {
        leader.hasSuffix("/") ? leader + "log" : leader + "/log"
    }
}
