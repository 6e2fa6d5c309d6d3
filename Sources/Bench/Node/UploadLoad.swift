import Contributor
import DAP
import Encodings
import Foundation
import Ledger
import NodeAPI
import Requests
import Synchronization
import Tasks

/// Uploads the requests of a load: over a few connections that stay open, each with one request under way at a time, and
/// the next one sent as soon as the last is answered. So the leader has always something to do, and never more than so
/// many requests at once.
package struct UploadLoad: Sendable {
    private let load: ReportMaker.Load
    private let task: TaskFile
    private let connections: Int
    private let isCommitted: Bool
    private let transport: HTTPTransport
    private let address: WebAddress
    private let headers: [(name: String, value: String)]
    /// The head of every request, up to the number of its body's bytes.
    private let head: [UInt8]

    /// How it went.
    package struct Outcome: Sendable {
        /// From the first request until all are answered, and the processor time of this process meanwhile.
        let elapsed: Elapsed
        /// Seconds of each request, from sending it to its answer.
        let latencies: [Double]
        /// Requests that had to be sent more than once, because the leader was busy or the connection broke.
        let repeatedRequests: Int
    }

    /// - Parameter transport: for whatever is not answered with a plain 'taken'.
    package init(_ load: ReportMaker.Load, _ benchCase: LoadCase, task: TaskFile, transport: HTTPTransport) throws {
        self.load = load
        self.task = task
        self.transport = transport
        connections = benchCase.connections
        isCommitted = benchCase.isCommitted
        address = try WebAddress(API.upload.url(at: task.configuration.leaderURL, task.taskID))
        headers = [
            (name: Taskprov.headerName, value: Taskprov.headerValue(task.configuration)),
            (name: "Content-Type", value: MediaType.uploadReq.headerValue),
        ]
        let fields = [(name: "Host", value: "\(address.host):\(address.port)")] + headers
        let lines = ["POST \(address.path) HTTP/1.1"] + fields.map { "\($0.name): \($0.value)" }
        head = Array((lines.joined(separator: "\r\n") + "\r\nContent-Length: ").utf8)
    }

    /// Waits until the leader takes uploads, with one that has no report.
    package func waitForAdmission() async throws {
        _ = try await transport.sendExpectingSuccess(request([]))
    }

    /// - Parameter progress: gets how many reports were acknowledged since it was called last; from any thread.
    /// - Throws: also `.checkFailed` where the leader does not take a report, or does not promise those of a committed task.
    package func run(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> Outcome {
        let numbers = SharedCounter()
        let (lanes, elapsed) = try await timedWait {
            try await withThrowingTaskGroup(of: Lane.self) { group in
                for _ in 0..<connections { group.addTask { try await upload(numbers, progress) } }
                return try await group.reduce(into: [Lane]()) { $0.append($1) }
            }
        }
        return Outcome(
            elapsed: elapsed, latencies: lanes.flatMap(\.latencies),
            repeatedRequests: lanes.reduce(0) { $0 + $1.repeated })
    }

    /// One connection's part.
    private struct Lane {
        var latencies: [Double] = []
        var repeated = 0
        /// The request that was answered otherwise, and when it was sent; nil once there are none left.
        var odd: (number: Int, sent: ContinuousClock.Instant)?
    }

    private func upload(_ numbers: SharedCounter, _ progress: @escaping @Sendable (Int) -> Void) async throws -> Lane {
        var all = Lane()
        while true {
            let part = try await OwnThread.run { isCancelled in try pump(numbers, progress, isCancelled) }
            all.latencies += part.latencies
            try Task.checkCancellation()
            guard let odd = part.odd else { return all }
            progress(try await again(odd.number))
            all.latencies.append((ContinuousClock.now - odd.sent) / .seconds(1))
            all.repeated += 1
        }
    }

    /// Sends requests until one is not simply taken, on a thread of its own.
    private func pump(
        _ numbers: SharedCounter, _ progress: (Int) -> Void, _ isCancelled: () -> Bool
    ) throws(BenchError) -> Lane {
        var lane = Lane()
        let port = UInt16(exactly: address.port) ?? 0
        var connection = LoadConnection(
            port: port, promise: UploadPromise.headerName, patience: transport.attemptTimeout)
        while !isCancelled() {
            let number = numbers.next()
            guard number < load.requests.count else { break }
            let (body, reports) = try load.requests.request(number)
            let message = head + Array("\(body.count)\r\n\r\n".utf8) + body
            let sent = ContinuousClock.now
            guard let answer = connection.exchange(message), answer.status == 200, answer.bodyBytes == 0 else {
                lane.odd = (number, sent)
                break
            }
            lane.latencies.append((ContinuousClock.now - sent) / .seconds(1))
            guard !isCommitted || answer.isPromised else { throw Self.unpromised }
            progress(reports)
        }
        return lane
    }

    /// Sends a request once more, as contributors' own client does.
    private func again(_ number: Int) async throws -> Int {
        let (body, reports) = try load.requests.request(number)
        let answer = try await transport.sendExpectingSuccess(request(body))
        guard answer.body.isEmpty else {
            let failures = (try? UploadErrors(decoding: answer.body).statuses) ?? []
            let reason = failures.first?.error.name ?? "its answer is no list of errors"
            throw BenchError.checkFailed("the leader did not take an honest report: \(reason)")
        }
        guard !isCommitted || answer.header(UploadPromise.headerName) != nil else { throw Self.unpromised }
        return reports
    }

    private static let unpromised = BenchError.checkFailed("the leader did not promise to log reports that it took")

    private func request(_ body: [UInt8]) -> WebRequest {
        WebRequest(.POST, address.string, headers: headers, body: body)
    }
}

/// Work that blocks, beside the few threads that tasks share.
enum OwnThread {
    /// - Parameter body: gets a function that says whether the task that waits for it was cancelled.
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable (_ isCancelled: () -> Bool) throws -> Result
    ) async throws -> Result {
        let flag = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(with: Swift.Result { try body { flag.isRaised } })
                }
            }
        } onCancel: {
            flag.raise()
        }
    }

    private final class CancellationFlag: Sendable {
        private let flag = Atomic<Bool>(false)
        var isRaised: Bool { flag.load(ordering: .relaxed) }
        func raise() { flag.store(true, ordering: .relaxed) }
    }
}
