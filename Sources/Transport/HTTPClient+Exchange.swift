import AsyncHTTPClient
import NIOCore

extension HTTPClient {
    /// Sends a request and reads the whole answer, all within the deadline.
    ///
    /// AsyncHTTPClient's own timeout ends with the head of the answer: a server that sends one byte a minute would keep
    /// its caller for as long as it likes.
    ///
    /// - Returns: the head, and the body, which is nil where it is longer than `maxResponseBytes`.
    package func exchange(
        _ request: HTTPClientRequest, maxResponseBytes: Int, deadline: Duration
    ) async throws -> (head: HTTPClientResponse, body: [UInt8]?) {
        try await withThrowingTaskGroup(of: (head: HTTPClientResponse, body: [UInt8]?)?.self) { group in
            group.addTask {
                // The timer below ends it; this bound only must not come first.
                let limit = TimeAmount.nanoseconds(Int64(min(deadline, .seconds(86_400)) / .nanoseconds(1)))
                let response = try await self.execute(request, timeout: limit + .seconds(1))
                return (response, try await response.body.collected(upTo: maxResponseBytes))
            }
            group.addTask {
                try await _Concurrency.Task.sleep(for: deadline)
                return nil
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() ?? nil else {
                throw TransportFault(.timeout, "no whole answer within \(deadline)")
            }
            return answer
        }
    }
}

extension HTTPClientResponse.Body {
    /// The whole body, or nil when it is longer than `limit`; nothing beyond the limit is kept.
    fileprivate func collected(upTo limit: Int) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        for try await part in self {
            guard part.readableBytes <= limit - bytes.count else { return nil }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }
}
