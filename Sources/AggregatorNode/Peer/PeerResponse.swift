import DAP
import Encodings
import Foundation
import Transport

/// What came back from another server.
package struct PeerResponse: Sendable {
    package var status: Int
    package var body: [UInt8]
    /// When the answer was there, by the clock of this machine; POSIX seconds.
    package var receivedAt: UInt64
    /// How often the request was sent until this came; above 1, something else came before.
    package var attempts = 1
    private var headers: [(name: String, value: String)]

    package init(
        status: Int, headers: [(name: String, value: String)], body: [UInt8],
        receivedAt: UInt64 = UInt64(max(0, Date().timeIntervalSince1970))
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.receivedAt = receivedAt
    }

    package var isSuccess: Bool { (200..<300).contains(status) }

    /// The first field of that name, in any case of letters.
    package func header(_ name: String) -> String? {
        headers.first { ProtocolText.sameIgnoringCase($0.name, name) }?.value
    }

    /// What the server's clock said when it answered, in POSIX seconds.
    package var date: UInt64? { header("Date").flatMap { HTTPDate.parse($0, now: receivedAt) } }

    /// Seconds that the server asks to wait, no more than a day.
    package var retryAfter: Int? {
        RetryAfter.seconds(header("Retry-After"), date: header("Date"), now: receivedAt)
    }
}
