import DAP
import Encodings
import Foundation
import Ledger
import NodeAPI
import Requests
import TaskTypes
import Tasks
import TransparencyLog
import Transport

/// Everything that one task's leader does for a contributor or a model owner.
///
/// Every request carries the task's configuration in the `DAP-Taskprov` header (taskprov-04), so that a node can
/// recognise a task that was announced to it as a rule.
public actor TaskClient {
    /// The task as published.
    public nonisolated let file: TaskFile
    package nonisolated let task: ValidatedTask
    package nonisolated let vdaf: any TaskVDAF
    nonisolated let transport: HTTPTransport
    private let seenLists: SeenHpkeLists
    private var hpkeConfigs: (leader: HpkeConfig, helper: HpkeConfig, expires: UInt64)?

    /// Checks the task before anything is sent: a contributor refuses a task whose sums could overflow or whose
    /// commitments would not hide.
    ///
    /// - Parameter home: where is remembered which HPKE configurations the nodes have signed; without one it is for this
    ///   client alone.
    /// - Throws: ``ContributorError/invalidTask(_:)``, ``ContributorError/insecure(_:)``.
    public init(
        task file: TaskFile, transport: HTTPTransport = HTTPTransport(), home: ContributorHome? = nil
    ) throws {
        self.file = file
        self.transport = transport
        seenLists = SeenHpkeLists(home: home)
        do {
            task = try file.configuration.validated()
            vdaf = try makeTaskVDAF(task.vdaf)
            try file.configuration.checkTransport()
        } catch let error as InsecureEndpoint {
            throw ContributorError.insecure(error)
        } catch {
            throw ContributorError.invalidTask(OwnErrors.text(error) ?? "it is not one for this program")
        }
    }

    nonisolated var taskID: TaskID { task.taskID }
    nonisolated var leaderURL: String { file.configuration.leaderURL }

    nonisolated var taskHeader: (name: String, value: String) {
        (Taskprov.headerName, Taskprov.headerValue(file.configuration))
    }

    /// The HPKE configurations of both aggregators, fetched once and used until their signatures expire.
    ///
    /// - Parameter refresh: Fetches them again, past all caches, after a node said that the ones in use are outdated.
    package func aggregatorConfigs(refresh: Bool = false) async throws -> (leader: HpkeConfig, helper: HpkeConfig) {
        if !refresh, let known = hpkeConfigs, currentTime() < known.expires { return (known.leader, known.helper) }
        async let leader = fetchConfig(of: .leader, at: leaderURL, isFresh: refresh)
        async let helper = fetchConfig(of: .helper, at: file.configuration.helperURL, isFresh: refresh)
        let configs = (leader: try await leader, helper: try await helper)
        // One key opens both shares, and two shares are the input.
        guard configs.leader.config.publicKey != configs.helper.config.publicKey else {
            throw ContributorError.invalidTask(
                "the leader and the helper open reports with one key, so they are one node or copies of one, which would "
                    + "see every input; nothing was sent")
        }
        hpkeConfigs = (
            configs.leader.config, configs.helper.config, min(configs.leader.expires, configs.helper.expires)
        )
        return (configs.leader.config, configs.helper.config)
    }

    private nonisolated func fetchConfig(
        of role: Role, at url: String, isFresh: Bool
    ) async throws -> (config: HpkeConfig, expires: UInt64) {
        let key = task.cairn?.statementKeys?[role]
        let signer = key.map { HpkeListSigner(role: role, key: $0, seen: seenLists) }
        return try await NodeClient(url: url, transport: transport).hpkeConfig(signedBy: signer, isFresh: isFresh)
    }
}

/// What the leader says about a report's receipt.
public enum ReceiptAnswer: Sendable, Equatable {
    /// The `.tlog-proof` file.
    case available(String)
    /// The report is not yet under a checkpoint with the policy's quorum: ask again.
    case pending(ReceiptWait)
    /// The report was refused after its upload, for this reason.
    case rejected(String)
    /// The leader does not know the report.
    case unknown
}

/// What the leader says about when a receipt can be expected.
public struct ReceiptWait: Sendable, Equatable {
    /// After how many seconds to ask again; nil where any moment may bring it. (A second is the least that an answer can say.)
    public let seconds: Int?
    /// For whom the receipt waits, in the leader's words.
    public let reason: String?

    /// - Parameters:
    ///   - asked: of the answer's `Retry-After`.
    ///   - reason: of its `Cairn-Waiting-For`.
    package init(asked: Int?, reason: String?) {
        seconds = asked.flatMap { $0 > 1 ? $0 : nil }
        self.reason = reason.map { AnswerWords.visible($0, limit: 300) }
    }

    /// When to ask again, in POSIX seconds; nil where any moment may bring it.
    package func time(from now: UInt64) -> UInt64? {
        seconds.map { now.addingReportingOverflow(UInt64($0)) }.map { $0.overflow ? .max : $0.partialValue }
    }
}

extension TaskClient {
    /// Asks for a report's receipt once, and checks it as anybody can.
    ///
    /// - Throws: also `.unexpectedAnswer` for a receipt that does not hold.
    public nonisolated func receipt(of reportID: ReportID) async throws -> ReceiptAnswer {
        let request = WebRequest(API.receipt, at: leaderURL, taskID, reportID, headers: [taskHeader])
        let url = request.url
        let answer = try await transport.send(request)
        switch answer.status {
        case 200:
            guard let text = String(validating: answer.body, as: UTF8.self) else {
                throw ContributorError.unexpectedAnswer(url: url, reason: "the receipt is not UTF-8 text")
            }
            try check(receipt: answer.body, of: reportID, from: url)
            return .available(text)
        case 202:
            return .pending(ReceiptWait(asked: answer.retryAfter, reason: answer.header("Cairn-Waiting-For")))
        case 404: return .unknown
        case 410:
            let problem = try? ProblemDocument(json: answer.body)
            let text = problem?.detail ?? problem?.title ?? "no reason given"
            // The standard's name of the error where the sentence has one.
            return .rejected(ReportError.allCases.first { text.contains($0.name) }?.name ?? text)
        default: throw HTTPTransport.error(for: answer, url: url)
        }
    }

    private nonisolated func check(receipt: [UInt8], of reportID: ReportID, from url: String) throws {
        guard let text = file.logPolicy else { throw ContributorError.invalidTask("it has no log policy") }
        let report = Receipt.verify(file: receipt, policy: try LogPolicy(parsing: Array(text.utf8)), task: task)
        if let failure = report.failure {
            throw ContributorError.unexpectedAnswer(
                url: url, reason: "the receipt does not hold (\(failure.check.rawValue)): \(failure.reason)")
        }
        guard report.entry?.metadata.reportID == reportID else {
            throw ContributorError.unexpectedAnswer(url: url, reason: "the receipt is another report's")
        }
    }

    /// Asks for a receipt until the leader has it, has refused the report, or `deadline` has passed. Where the leader says when to
    /// come back, it is not asked before; and if that is behind the deadline, nobody waits for it here.
    public nonisolated func awaitReceipt(
        of reportID: ReportID, deadline: Duration = .seconds(60)
    ) async throws -> ReceiptAnswer {
        let start = ContinuousClock.now
        let words = WaitingWords(for: "the receipt of \(reportID)", notice: deadline > .zero ? transport.notice : nil)
        defer { withExtendedLifetime(words) {} }
        var pause = Duration.milliseconds(200)
        while true {
            let answer = try await receipt(of: reportID)
            guard case .pending(let wait) = answer else { return answer }
            words.explain(
                wait.reason.map { "\(leaderURL) waits for \($0)" }
                    ?? "\(leaderURL) has the report and has not logged it under a checkpoint with the quorum yet")
            let left = deadline - (ContinuousClock.now - start)
            guard left > .zero else { return answer }
            if let seconds = wait.seconds {
                guard .seconds(seconds) <= left else { return answer }
                try await Task.sleep(for: .seconds(seconds))
            } else {
                try await Task.sleep(for: min(pause, left))
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// Hands the leader a `round`, `model`, `payout` or `reveal` entry, with a blob that it names by hash.
    ///
    /// - Returns: The entry's position in the log; checkpoints reach it a little later.
    @discardableResult
    package nonisolated func post(_ entry: LedgerEntry, blob: [UInt8]) async throws -> UInt64 {
        var body = ByteWriter()
        body.opaque32(entry.encoded())
        body.opaque32(blob)
        let request = WebRequest(
            API.logEntries, at: leaderURL, taskID, headers: [taskHeader], body: .bytes(body.bytes))
        let url = request.url
        let answer = try await transport.sendExpectingSuccess(request)
        struct Logged: Decodable { let index: UInt64 }
        guard let logged = try? JSONDecoder().decode(Logged.self, from: Data(answer.body)) else {
            throw ContributorError.unexpectedAnswer(url: url, reason: "it does not say where in the log the entry is")
        }
        return logged.index
    }
}
