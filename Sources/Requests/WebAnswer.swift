import DAP
import Encodings
import Foundation
import Transport

/// What a server answered, whatever its status. Nothing about it is believed.
package struct WebAnswer: Sendable {
    package var status: Int
    package var body: [UInt8]
    /// When the answer was there, by the clock of this machine; POSIX seconds.
    package var receivedAt: UInt64
    /// How often the request was sent until this came; above 1, the server may have acted on an earlier one.
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

    /// Whether the answer is of this type, which is written in lower case; parameters do not matter.
    package func hasMediaType(_ type: String) -> Bool {
        header("Content-Type").map { ProtocolText.same(MediaType.essence(of: $0), type) } ?? false
    }

    /// What the server's clock said when it answered, in POSIX seconds.
    package var date: UInt64? { header("Date").flatMap { HTTPDate.parse($0, now: receivedAt) } }

    /// Seconds that the server asks to wait, no more than a day.
    package var retryAfter: Int? {
        RetryAfter.seconds(header("Retry-After"), date: header("Date"), now: receivedAt)
    }

    /// The problem document that the answer is, under its media type.
    package var problem: ProblemDocument? {
        guard hasMediaType(ProblemDocument.contentType) else { return nil }
        return try? ProblemDocument(json: body)
    }
}

/// Why a request brought no answer.
package enum WebFailure: Error, Sendable, Equatable {
    /// No connection, or it broke.
    case fault(TransportFault)
    /// Nothing was sent: the URL is none, or plain `http` to another machine.
    case insecure(InsecureEndpoint)
    /// The answer is longer than the request allows.
    case tooLong(limit: Int)
    /// The caller does not want it any more.
    case cancelled

    /// In the middle of a sentence.
    package var words: String {
        switch self {
        case .fault(let fault): fault.words
        case .insecure(let endpoint): endpoint.description
        case .tooLong(let limit): "the answer has more than \(limit) bytes"
        case .cancelled: "cancelled"
        }
    }

    /// Whether the server may have got the request all the same.
    package var mayHaveArrived: Bool {
        switch self {
        case .fault(let fault): !fault.isPermanent && ![.refused, .lookup, .noRoute].contains(fault.kind)
        case .insecure: false
        case .tooLong, .cancelled: true
        }
    }
}
