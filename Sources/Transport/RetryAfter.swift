/// What a server asks for by `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date in any form of ``HTTPDate``. Pure.
package enum RetryAfter {
    /// Nobody waits longer than a day, whoever asks for it.
    package static let longest = 86_400

    /// - Parameters:
    ///   - text: the header.
    ///   - date: the `Date` of the same answer. A date in `text` is one of the server's clock, so it is compared with the
    ///     time that the server states, where it does.
    ///   - now: when the answer came, in POSIX seconds.
    /// - Returns: seconds, at most ``longest``; nil where the header is not there or says nothing.
    package static func seconds(_ text: String?, date: String?, now: UInt64) -> Int? {
        guard let text = text?.trimmingPrefix(while: { $0 == " " }), !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return min(Int(text) ?? longest, longest)
        }
        guard let until = HTTPDate.parse(String(text), now: now) else { return nil }
        let server = date.flatMap { HTTPDate.parse($0, now: now) } ?? now
        return until <= server ? 0 : Int(min(until - server, UInt64(longest)))
    }
}
