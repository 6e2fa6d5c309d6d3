/// A bearer token in a file that a person names (`--token`).
enum TokenFile {
    /// - Throws: for what no request could carry: tokens have the characters of RFC 6750 section 2.1, and a request with
    ///   others is never sent, however often it is tried.
    static func read(_ path: String) throws -> String {
        let token = try UserFile.readLine(path)
        // Sent, it would be a secret no more.
        guard !token.hasPrefix("PRIVATE+KEY+") else {
            throw CommandFailure(
                "\(path) does not hold a token, but a signing key; it was sent to nobody",
                advice: "Name the collector's token, such as collector.token.")
        }
        guard isToken(token) else {
            throw CommandFailure(
                "\(path) does not hold a token: one consists of letters, digits and -._~+/= and has no space in it",
                advice: "Check that it is the file you mean.")
        }
        return token
    }

    /// Pure.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: "-._~+/=".utf8.contains(byte)
                }
            }
    }
}
