import AsyncHTTPClient
import NIOCore
import Synchronization

extension HTTPClient {
    /// Sends a request and reads the whole answer, all within the deadline.
    ///
    /// AsyncHTTPClient's own timeout ends with the head of the answer: a server that sends one byte a minute would keep
    /// its caller for as long as it likes.
    ///
    /// - Parameter leastBytesPerSecond: prolongs the deadline by a second for so many bytes that have come: a long answer
    ///   over a slow line is none that trickles.
    /// - Returns: the head, and the body, which is nil where it is longer than `maxResponseBytes`.
    package func exchange(
        _ request: HTTPClientRequest, maxResponseBytes: Int, deadline: Duration, leastBytesPerSecond: Int? = nil
    ) async throws -> (head: HTTPClientResponse, body: [UInt8]?) {
        let received = ReceivedBytes()
        return try await withThrowingTaskGroup(of: (head: HTTPClientResponse, body: [UInt8]?)?.self) { group in
            group.addTask {
                // The timer below ends it; this bound only must not come first.
                let limit = TimeAmount.nanoseconds(Int64(min(deadline, .seconds(86_400)) / .nanoseconds(1)))
                let response = try await self.execute(request, timeout: limit + .seconds(1))
                return (response, try await response.body.collected(upTo: maxResponseBytes, received))
            }
            group.addTask {
                let start = ContinuousClock.now
                var end = start + deadline
                while true {
                    try await _Concurrency.Task.sleep(until: end, clock: .continuous)
                    guard let leastBytesPerSecond else { return nil }
                    let later = start + deadline + .seconds(received.count / leastBytesPerSecond)
                    guard later > end else { return nil }
                    end = later
                }
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() ?? nil else {
                throw TransportFault(.timeout, "no whole answer within \(deadline.components.seconds) s")
            }
            return answer
        }
    }
}

extension HTTPClientResponse.Body {
    /// The whole body, or nil when it is longer than `limit`; nothing beyond the limit is kept.
    fileprivate func collected(upTo limit: Int, _ received: ReceivedBytes) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        for try await part in self {
            guard part.readableBytes <= limit - bytes.count else { return nil }
            bytes.append(contentsOf: part.readableBytesView)
            received.count = bytes.count
        }
        return bytes
    }
}

/// How much of an answer has come, for who watches the time.
private final class ReceivedBytes: Sendable {
    private let kept = Mutex(0)

    var count: Int {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }
}
