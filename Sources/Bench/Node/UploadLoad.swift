import Contributor
import DAP
import Ledger

/// Uploads the requests of a load: over a few connections that stay open, each with one request under way at a time, and
/// the next one sent as soon as the last is answered. So the leader has always something to do, and never more than so
/// many requests at once.
package struct UploadLoad: Sendable {
    private let load: ReportMaker.Load
    private let task: TaskFile
    private let connections: Int
    private let isCommitted: Bool
    private let transport: HTTPTransport

    /// How it went.
    package struct Outcome: Sendable {
        /// From the first request until all are answered, and the processor time of this process meanwhile.
        let elapsed: Elapsed
        /// Seconds of each request, from sending it to its answer.
        let latencies: [Double]
        /// Requests that had to be sent more than once, because the leader was busy or the connection broke.
        let repeatedRequests: Int
    }

    package init(_ load: ReportMaker.Load, _ benchCase: LoadCase, task: TaskFile, transport: HTTPTransport) {
        self.load = load
        self.task = task
        self.transport = transport
        connections = benchCase.connections
        isCommitted = benchCase.isCommitted
    }

    /// Waits until the leader takes uploads, with one that has no report.
    package func waitForAdmission() async throws {
        _ = try await transport.sendExpectingSuccess(request([]))
    }

    /// - Parameter progress: gets how many reports were acknowledged since it was called last; from any task.
    /// - Throws: also `.checkFailed` where the leader does not take a report, or does not promise those of a committed task.
    package func run(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> Outcome {
        let numbers = SharedCounter()
        let count = load.requests.count
        let (lanes, elapsed) = try await timedWait {
            try await withThrowingTaskGroup(of: Lane.self) { group in
                for _ in 0..<connections {
                    group.addTask {
                        var lane = Lane()
                        while true {
                            let number = numbers.next()
                            guard number < count else { return lane }
                            progress(try await send(number, &lane))
                        }
                    }
                }
                return try await group.reduce(into: [Lane]()) { $0.append($1) }
            }
        }
        return Outcome(
            elapsed: elapsed, latencies: lanes.flatMap(\.latencies),
            repeatedRequests: lanes.reduce(0) { $0 + $1.repeated })
    }

    private struct Lane {
        var latencies: [Double] = []
        var repeated = 0
    }

    private func send(_ number: Int, _ lane: inout Lane) async throws -> Int {
        let (body, reports) = try load.requests.request(number)
        let start = ContinuousClock.now
        let answer = try await transport.sendExpectingSuccess(request(body))
        lane.latencies.append((ContinuousClock.now - start) / .seconds(1))
        if answer.attempts > 1 { lane.repeated += 1 }
        guard answer.body.isEmpty else {
            let failures = try? UploadErrors(decoding: answer.body).statuses
            // The answer to a request that is sent again says of what arrived before that it is a replay.
            guard let failures, answer.attempts > 1, failures.allSatisfy({ $0.error == .reportReplayed }) else {
                let reason = failures?.first.map { "\($0.error.name)" } ?? "its answer is no list of errors"
                throw BenchError.checkFailed("the leader did not take an honest report: \(reason)")
            }
            return reports
        }
        guard !isCommitted || answer.header(UploadPromise.headerName) != nil else {
            throw BenchError.checkFailed("the leader did not promise to log reports that it took")
        }
        return reports
    }

    private func request(_ body: [UInt8]) -> HTTPTransport.Request {
        HTTPTransport.Request(
            .POST, ResourceURL.reports(task.configuration.leaderURL, task.taskID),
            headers: [
                (name: Taskprov.headerName, value: Taskprov.headerValue(task.configuration)),
                (name: "Content-Type", value: MediaType.uploadReq.headerValue),
            ], body: body)
    }
}
