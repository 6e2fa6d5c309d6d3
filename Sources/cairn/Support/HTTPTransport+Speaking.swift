import Contributor

extension HTTPTransport {
    /// For commands that a person waits for: says on standard error whom they wait for, and waits as long as
    /// `NetworkOptions` says.
    static var speaking: HTTPTransport {
        HTTPTransport(
            deadline: NetworkOptions.timeout ?? defaultDeadline, attemptTimeout: attemptTimeout,
            refusalPatience: .seconds(3), notice: { Console.error("cairn: \($0)") })
    }

    /// How long a node that is busy, or does not answer, is asked again.
    static let defaultDeadline = Duration.seconds(20)

    private static var attemptTimeout: Duration { min(.seconds(60), NetworkOptions.timeout ?? .seconds(60)) }
}
