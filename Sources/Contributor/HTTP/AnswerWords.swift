import DAP
import Encodings

/// What an answer that is no success says, in words: the status, and as much of the rest as is fit to be shown. Pure.
package enum AnswerWords {
    /// What a status means for whoever sent the request; nil where the number says as much.
    package static func meaning(_ status: Int) -> String? {
        switch status {
        case 300..<400: "it sends requests elsewhere, which are not followed"
        case 400: "it cannot use the request"
        case 401: "it wants a token, or another one"
        case 403: "it does not allow this"
        case 404: "there is nothing at this URL"
        case 405: "it does not know this kind of request"
        case 408: "the request took too long"
        case 410: "it is not there any more"
        case 411, 413, 431: "the request is too large for it"
        case 415: "it does not take requests of this type"
        case 421: "it does not serve this host name"
        case 429: "it has too many requests just now"
        case 500: "something failed inside it"
        case 502, 504: "a proxy does not reach the node behind it"
        case 503: "it is busy or does not serve now"
        case 507: "its disk is nearly full"
        default: nil
        }
    }

    /// - Parameters:
    ///   - type: `Content-Type`.
    ///   - location: `Location`.
    package static func text(status: Int, type: String?, location: String?, body: [UInt8]) -> String {
        var text = "HTTP \(status)" + (meaning(status).map { ", \($0)" } ?? "")
        if (300..<400).contains(status), let location {
            text += " (to \(visible(location, limit: 120)))"
        }
        guard type.map({ ProtocolText.same(MediaType.essence(of: $0), "text/plain") }) == true, !body.isEmpty,
            let said = String(validating: body.prefix(200), as: UTF8.self)
        else { return text }
        return text + ": " + visible(said.trimmingSuffix(while: \.isWhitespace), limit: 200)
    }

    /// What a server says, fit for a terminal.
    package static func visible(_ text: some StringProtocol, limit: Int) -> String {
        String(text.unicodeScalars.prefix(limit).map { (0x20...0x7E).contains($0.value) ? Character($0) : " " })
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> SubSequence {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return self[startIndex..<end]
    }
}
