/// Ports of the loopback interface for nodes that tests start, stop and start again.
///
/// They lie below the range from which the system gives ports to whoever asks for any, outgoing connections included: a
/// port from that range could be somebody else's when its node starts, and requests would reach a stranger.
package enum TestPorts {
    private static let pool = PortPool(10_000..<30_000)

    /// Free ports that neither this process nor another one that runs tests has given out before.
    package static func take(_ count: Int) throws -> [UInt16] { try pool.take(count) }
}
