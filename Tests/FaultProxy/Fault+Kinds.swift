import DAP
import Foundation

// What proxies, load balancers, firewalls and bad lines do. Unless a kind says otherwise, the server behind the proxy has
// handled the request before: that is where an odd answer does more harm than none.

extension Fault {
    /// The answer as it is.
    package static let pass = Fault("pass")

    private static func replacing(_ name: String, _ answer: ProxyAnswer) -> Fault {
        var fault = Fault(name)
        fault.change = { _, _ in answer }
        return fault
    }

    private static func changing(_ name: String, _ change: @escaping @Sendable (inout ProxyAnswer) -> Void) -> Fault {
        var fault = Fault(name)
        fault.change = {
            _ = $0
            var answer = $1
            change(&answer)
            return answer
        }
        return fault
    }

    /// An HTML page with this status.
    package static func page(_ status: Int) -> Fault { replacing("page \(status)", .page(status)) }

    /// This status and nothing else.
    package static func empty(_ status: Int) -> Fault { replacing("empty \(status)", ProxyAnswer(status: status)) }

    /// As if the server had put the work off, at a place that it does not know.
    package static let foreignLocation = replacing(
        "foreign location",
        ProxyAnswer(status: 201, headers: [("Location", "/tasks/elsewhere/jobs/AAAAAAAAAAAAAAAAAAAAAA")]))

    /// As a proxy answers that wants people to log in, or to use another address.
    package static let redirect = replacing(
        "redirect", ProxyAnswer(status: 302, headers: [("Location", "/login"), ("Content-Type", "text/html")]))

    /// Too many, or too much to do.
    package static func busy(_ status: Int, retryAfter: String) -> Fault {
        var answer = ProxyAnswer.page(status)
        answer["Retry-After"] = retryAfter
        return replacing("busy \(status)", answer)
    }

    /// The same with a date, as RFC 9110 writes it.
    package static func busy(_ status: Int, until date: Date) -> Fault {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        var fault = busy(status, retryAfter: formatter.string(from: date))
        fault.name += " until a date"
        return fault
    }

    /// A problem document of the standard, which no ordinary proxy makes.
    package static func problem(_ type: DAPErrorType, status: Int = 400) -> Fault {
        replacing(
            "problem \(type.rawValue)",
            ProxyAnswer(
                status: status, headers: [("Content-Type", "application/problem+json")],
                body: Array(#"{"type":"\#(type.urn)","status":\#(status),"detail":"made up"}"#.utf8)))
    }

    /// The true body under another media type.
    package static let retyped = changing("another media type") { $0["Content-Type"] = "text/plain" }

    /// The first half of the true body, with a length that fits it.
    package static let shortened = changing("shortened body") { $0.body.removeLast(($0.body.count + 1) / 2) }

    /// The true body and one byte more.
    package static let lengthened = changing("lengthened body") { $0.body.append(0) }

    private static func delivered(_ name: String, _ delivery: Delivery) -> Fault {
        var fault = Fault(name)
        fault.delivery = delivery
        return fault
    }

    /// Half of the true body, then the connection ends.
    package static let torn = delivered("torn body", .torn)

    /// The connection ends without an answer.
    package static let cut = delivered("cut", .never)

    /// Byte by byte.
    package static func trickled(every pause: Duration) -> Fault { delivered("trickled", .trickled(pause)) }

    /// The server gets the request late.
    package static func delayed(_ delay: Duration) -> Fault {
        var fault = Fault("delayed")
        fault.delay = delay
        return fault
    }

    /// The answer is on its way for so long.
    package static func late(_ lateness: Duration) -> Fault {
        var fault = Fault("late")
        fault.lateness = lateness
        return fault
    }

    /// The server gets the request twice at once.
    package static let duplicated = {
        var fault = Fault("duplicated")
        fault.upstream = .askedTwice
        return fault
    }()

    /// The answer waits at a gate.
    package static func held(at gate: Gate) -> Fault {
        var fault = Fault("held")
        fault.gate = gate
        return fault
    }

    /// Answers that are neither right nor wrong by the standard: whoever gets one knows nothing, and asks again.
    package static let oddAnswers: [Fault] = [
        .page(200), .page(400), .page(403), .page(404), .page(413), .page(502), .empty(200), .empty(204), .empty(422),
        .foreignLocation, .redirect, .retyped, .shortened, .lengthened, .torn, .cut, .busy(429, retryAfter: "1"),
        .busy(503, retryAfter: "0"),
    ]

    /// What delays, repeats or keeps a request, and answers nothing odd.
    package static let disturbances: [Fault] = [
        .duplicated, .delayed(.milliseconds(700)), .late(.milliseconds(700)), .cut.unasked, .page(502).unasked,
        .trickled(every: .milliseconds(1)),
    ]
}
