import Contributor

extension HTTPTransport {
    /// For commands that a person waits for: says on standard error whom they wait for.
    static var speaking: HTTPTransport { HTTPTransport(notice: { Console.error("cairn: \($0)") }) }
}
