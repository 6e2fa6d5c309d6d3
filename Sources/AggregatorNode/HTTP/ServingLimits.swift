import NIOCore

/// How much of a process strangers may use: time, connections, memory, disk. One value for nodes and witness servers.
///
/// Everybody can reach these servers, so whatever a request may take has a bound that does not depend on who sends it.
/// Operators read the same figures in the README, section 'Limits'.
package struct ServingLimits: Sendable {
    // MARK: Time

    /// From the first byte of a request's head to its last, and from accepting a connection to its first request.
    package var head: TimeAmount = .seconds(15)
    /// How long a kept connection may be silent between two requests. More than the minute after which our own clients
    /// give theirs up, so that they do not meet in the middle.
    package var idle: TimeAmount = .seconds(75)
    /// The same, and ``head``, where connections run short.
    package var crowdedIdle: TimeAmount = .seconds(2)
    /// How long a client may let us wait for a body, or for it to take an answer, whatever the length.
    package var transfer: TimeAmount = .seconds(20)
    /// The same where connections run short; and …
    package var crowdedTransfer: TimeAmount = .seconds(5)
    /// … a second more for so many bytes.
    package var minimumRate = 16 << 10
    /// How long a connection that we close stays open for reading, so that the answer arrives before a reset does.
    package var linger: TimeAmount = .seconds(5)

    // MARK: Connections

    /// Open connections, as far as the process may have that many descriptors (``Descriptors``).
    package var connections = 2_048
    /// Of the rest of a request whose answer is out, so many bytes are read and forgotten, because many clients do not
    /// look at an answer before they have sent everything; if there are more, the connection is closed.
    package var drained = 32 << 20
    /// Bytes of a request's head.
    package var headBytes = 32 << 10
    /// Requests that may come before the first of them is answered; the connection ends behind them if there are more.
    package var pipelined = 32

    // MARK: Memory

    /// So many bytes of every body count nothing; the cap on connections bounds them.
    package var freeBodyBytes = 64 << 10
    /// Bytes of all bodies in memory at a time, beyond ``freeBodyBytes`` each.
    package var bodyBytesInFlight = SystemMemory.size / 8

    package init() {}

    /// When a transfer of so many bytes must have ended that has begun at `start`, if nobody waits for us.
    func deadline(of bytes: Int, since start: NIODeadline, isCrowded: Bool) -> NIODeadline {
        start + (isCrowded ? min(transfer, crowdedTransfer) : transfer)
            + .nanoseconds(Int64(Double(bytes) / Double(max(1, minimumRate)) * 1e9))
    }
}
