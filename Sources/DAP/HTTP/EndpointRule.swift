import Encodings
import Foundation

/// Where requests may go: to `https` URLs, and by plain `http` to this machine itself.
///
/// DAP demands HTTPS (DAP-18 section 3). HPKE keeps inputs and shares secret whatever carries them; TLS is for the rest:
/// bearer tokens, who contributes when, and answers that nobody has signed. On the loopback interface nobody is in
/// between, so that nodes behind a TLS terminator, tests and the demo need no certificates there.
///
/// The rule reads text and interprets nothing. An `http` URL is this machine's only if its authority *is* `localhost`,
/// `127.a.b.c` in plain decimals or `[::1]`, with or without a port. Other spellings that some resolver takes there
/// (`127.1`, `0177.0.0.1`, `localhost.`, `[::ffff:127.0.0.1]`) are refused, and so is everything in which two parsers
/// could see two hosts: a user, an escape, a backslash. So it does not matter how the HTTP library reads the URL. What is no
/// URL at all (`WebAddress`), or names a port that does not exist, goes nowhere either: this is the gate of every request.
package enum EndpointRule {
    /// Lifts the rule where it is `1` in the environment. Its name says what for.
    package static let lifting = "CAIRN_INSECURE_PLAIN_HTTP_FOR_TESTS"

    private static let isLifted = ProcessInfo.processInfo.environment[lifting] == "1"

    /// Refuses a URL to which nothing may be sent.
    package static func check(_ url: String) throws(InsecureEndpoint) {
        do throws(WebAddressError) { _ = try WebAddress(url) } catch {
            throw InsecureEndpoint(url: url, malformed: error)
        }
        guard isAllowed(url, isLifted: isLifted) else { throw InsecureEndpoint(url: url, malformed: nil) }
    }

    /// - Parameter isLifted: whether any `http` URL will do.
    package static func isAllowed(_ url: String, isLifted: Bool = false) -> Bool {
        guard (try? WebAddress(url)) != nil else { return false }
        if remainder(of: url, scheme: "https://") != nil { return true }
        guard let rest = remainder(of: url, scheme: "http://") else { return false }
        return isLifted || isLoopback(rest.prefix { $0 != UInt8(ascii: "/") })
    }

    /// What follows a scheme, in lower case; nil where the URL has another one.
    private static func remainder(of url: String, scheme: String) -> ArraySlice<UInt8>? {
        let bytes = url.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        return bytes.starts(with: scheme.utf8) ? bytes.dropFirst(scheme.utf8.count) : nil
    }

    private static func isLoopback(_ authority: ArraySlice<UInt8>) -> Bool {
        for name in ["localhost", "[::1]"] where authority.starts(with: name.utf8) {
            return isPort(authority.dropFirst(name.utf8.count))
        }
        let address = authority.prefix { $0 != UInt8(ascii: ":") }
        let parts = address.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { decimal($0).map { $0 <= 255 } ?? false }
            && decimal(parts[0]) == 127 && isPort(authority.dropFirst(address.count))
    }

    /// `""`, or `:` and a number from 1 to 65535.
    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: ":") else { return text.isEmpty }
        return decimal(text.dropFirst()).map { (1...65_535).contains($0) } ?? false
    }

    /// A number of at most five digits, without leading zeros.
    private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...5).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = 10 * value + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

/// A URL to which nothing is sent, because whoever is in between could read and change it, or because it is none.
public struct InsecureEndpoint: Error, Sendable, Hashable, CustomStringConvertible {
    /// The URL, as it was given.
    public let url: String
    /// Why it is no URL; nil where it is an `http` URL of another machine.
    package let malformed: WebAddressError?

    package init(url: String, malformed: WebAddressError?) {
        (self.url, self.malformed) = (url, malformed)
    }

    /// What is wrong and what to do, for a person.
    public var description: String {
        if let malformed { return malformed.description }
        return "'\(url)' is not an https URL. Plain http is for this machine itself (localhost, 127.0.0.0/8, [::1]): "
            + "put the server behind TLS, and write https"
    }
}
