import DAP
import Encodings
import Ledger
import NIOHTTP1
import NodeAPI
import Requests
import TaskTypes
import Tasks

/// A batch's aggregate, as the collector opened it.
///
/// Count and interval are the leader's word; of a committed task the log proves or disproves them (`CollectionVerdict`).
public struct CollectionOutcome: Sendable, Equatable {
    /// Number of reports in the batch.
    public let count: UInt64
    /// The shortest interval that contains the reports' times, in the task's unit.
    public let interval: Interval
    /// The sum of all valid measurements.
    public let value: AggregateValue
    package let leaderShare: [UInt8]
    package let helperShare: [UInt8]

    package init(
        count: UInt64, interval: Interval, value: AggregateValue, leaderShare: [UInt8], helperShare: [UInt8]
    ) {
        self.count = count
        self.interval = interval
        self.value = value
        self.leaderShare = leaderShare
        self.helperShare = helperShare
    }
}

/// Asks the leader for a batch's aggregate shares and adds them up (DAP-18 section 4.7).
///
/// Each aggregator encrypts its share to the collector's HPKE key, so the leader that carries both learns nothing.
public struct Collector: Sendable {
    private let task: ValidatedTask
    private let vdaf: any TaskVDAF
    private let keyPair: HpkeKeyPair
    private let token: String
    private let transport: HTTPTransport

    /// - Parameters:
    ///   - keyPair: The private key whose configuration the task names.
    ///   - token: The bearer token that the leader expects of this collector.
    /// - Throws: ``ContributorError``, `.collectionFailed` where the key is not the task's.
    public init(
        task file: TaskFile, keyPair: HpkeKeyPair, token: String, transport: HTTPTransport = HTTPTransport()
    ) throws {
        guard keyPair.config == file.collectorHpkeConfig else {
            throw ContributorError.collectionFailed(
                "this HPKE key is not the one that the task names as its collector's")
        }
        do {
            task = try file.configuration.validated()
            vdaf = try makeTaskVDAF(task.vdaf)
            try file.configuration.checkTransport()
        } catch let error as InsecureEndpoint {
            throw ContributorError.insecure(error)
        } catch {
            throw ContributorError.invalidTask(OwnErrors.text(error) ?? "it is not one for this program")
        }
        self.keyPair = keyPair
        self.token = token
        self.transport = transport
    }

    /// Creates a collection job and waits for its result.
    ///
    /// A job for the same query may exist already, from an earlier call that was cut off: its result comes back.
    ///
    /// - Parameters:
    ///   - next: whether to forget a job of the same query that had finished before, so that the leader selects another
    ///     batch. One that is being worked on has not been handed out yet, and its batch is the next one.
    ///   - deadline: How long to wait for the aggregators.
    ///   - longestPause: How long to wait at most before asking again. Pauses grow up to it.
    ///   - waiting: Called before each pause, with what the leader says that the job waits for, in visible ASCII; nil where
    ///     it does not say.
    public func collect(
        _ query: Query, next: Bool = false, deadline: Duration = .seconds(600), longestPause: Duration = .seconds(2),
        waiting: (@Sendable (String?) -> Void)? = nil
    ) async throws -> CollectionOutcome {
        let request = CollectionJobReq(query: query, aggregationParameter: [], extensions: [])
        let start = ContinuousClock.now
        var (location, wasFinished) = try await create(request)
        if next, wasFinished {
            try await delete(location)
            location = try await create(request).location
        }
        var pause = min(.milliseconds(50), longestPause)
        while true {
            let answer = try await transport.sendExpectingSuccess(
                .init(.GET, location, headers: headers, maximumAnswer: Self.maximumAnswer))
            if !answer.body.isEmpty { return try open(answer.body, request: request, url: location) }
            let note = answer.header(Self.waitingHeader).map(Self.visible)
            guard ContinuousClock.now - start < deadline else {
                let reason = note.map { "; it waits for \($0)" } ?? ""
                throw ContributorError.unfinished(
                    url: location,
                    reason: "the result is not there after \(deadline.components.seconds) s\(reason)")
            }
            waiting?(note)
            // A leader that works on the job right now is asked sooner than its general advice says, but not in a loop.
            try await Task.sleep(for: min(pause, answer.retryAfter.map { .seconds($0) } ?? pause))
            pause = min(pause * 2, longestPause)
        }
    }

    /// Forgets a job. One that is not there any more, after an answer that was lost, is forgotten.
    private func delete(_ location: String) async throws {
        let answer = try await transport.send(.init(.DELETE, location, headers: headers))
        guard (200..<300).contains(answer.status) || answer.status == 404 else {
            throw HTTPTransport.error(for: answer, url: location)
        }
    }

    /// Sends the request.
    ///
    /// - Returns: where the job is, and whether it had been finished before. What the leader answers at once says that: a
    ///   job that this request made can be finished before anybody could ask for it, and would be taken for an old one.
    private func create(_ request: CollectionJobReq) async throws -> (location: String, wasFinished: Bool) {
        let creation = WebRequest(
            API.createCollection, at: task.configuration.leaderURL, task.taskID, headers: headers,
            body: .bytes(request.encoded()), maximumAnswer: Self.maximumAnswer)
        let url = creation.url
        let answer = try await transport.sendExpectingSuccess(creation)
        guard let location = answer.header("Location") else {
            throw ContributorError.unexpectedAnswer(url: url, reason: "no Location header names the collection job")
        }
        guard let resolved = Self.resolve(location, against: url) else {
            throw ContributorError.unexpectedAnswer(
                url: url, reason: "the collection job would be at another server, which gets no token")
        }
        // After an answer that was lost, it may be this request's own job. Rather a batch twice than one never.
        return (resolved, !answer.body.isEmpty && answer.attempts == 1)
    }

    private func open(_ body: [UInt8], request: CollectionJobReq, url: String) throws -> CollectionOutcome {
        let response: CollectionJobResp
        do {
            response = try CollectionJobResp(decoding: body)
        } catch {
            throw ContributorError.unexpectedAnswer(url: url, reason: error.description)
        }
        guard let count = Int(exactly: response.reportCount) else {
            throw ContributorError.unexpectedAnswer(url: url, reason: "a batch of \(response.reportCount) reports")
        }
        let aad = AggregateShareAad(
            taskID: task.taskID, taskConfiguration: task.configuration, collectionJobReq: request
        ).encoded()
        do {
            let leader = try keyPair.open(
                response.leaderEncryptedAggregateShare, info: HpkeInfo.aggregateShare(from: .leader), aad: aad)
            let helper = try keyPair.open(
                response.helperEncryptedAggregateShare, info: HpkeInfo.aggregateShare(from: .helper), aad: aad)
            return CollectionOutcome(
                count: response.reportCount, interval: response.interval,
                value: try vdaf.unshard(leader: leader, helper: helper, count: count), leaderShare: leader,
                helperShare: helper)
        } catch {
            throw ContributorError.collectionFailed(OwnErrors.text(error) ?? "it does not decrypt")
        }
    }

    private var headers: [(name: String, value: String)] {
        [
            (name: "Authorization", value: "Bearer \(token)"),
            (name: Taskprov.headerName, value: Taskprov.headerValue(task.configuration)),
        ]
    }

    /// Where a `Location` is: a path or a URL of the same server; nil for others, which would get our bearer token.
    package static func resolve(_ location: String, against url: String) -> String? {
        guard let own = try? WebAddress(url), let place = try? own.resolving(location: location),
            place.server == own.server, !place.path.isEmpty
        else { return nil }
        return place.string
    }

    private static let maximumAnswer = 1 << 28

    /// Cairn's own header of an answer without a result.
    private static let waitingHeader = "Cairn-Waiting-For"

    /// What a server says, fit for a terminal.
    package static func visible(_ text: String) -> String {
        String(text.unicodeScalars.prefix(400).map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
    }
}
