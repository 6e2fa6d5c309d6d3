import HummingbirdCore
import NIOCore
import Synchronization

/// The connections that a server has open: it accepts none beyond a number, and goes on as soon as some have ended.
///
/// Who waits meanwhile waits in the kernel's queue. Silent connections have to go soon where the number is nearly
/// reached, so that nobody keeps others out by doing nothing.
package final class OpenConnections: Sendable {
    private struct State {
        var count = 0
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    /// Told to a connection that has to look at its deadline again.
    struct Crowded: Sendable {}

    private let most: Int
    private let state = Mutex(State())

    package init(most: Int) {
        self.most = max(1, most)
    }

    package var count: Int { state.withLock(\.count) }
    var isFull: Bool { count >= most }
    var isCrowded: Bool { Self.isCrowded(count, most) }

    static func isCrowded(_ count: Int, _ most: Int) -> Bool { count >= most - most / 4 }

    fileprivate func opened() {
        let toTell = state.withLock { state -> [any Channel] in
            let was = Self.isCrowded(state.count, most)
            state.count += 1
            return !was && Self.isCrowded(state.count, most) ? Array(state.channels.values) : []
        }
        for channel in toTell { channel.triggerUserOutboundEvent(Crowded(), promise: nil) }
    }

    fileprivate func closed() { state.withLock { $0.count -= 1 } }

    func enter(_ channel: any Channel) { state.withLock { $0.channels[ObjectIdentifier(channel)] = channel } }
    func leave(_ channel: any Channel) { state.withLock { $0.channels[ObjectIdentifier(channel)] = nil } }
}

/// Asks before a server accepts. (A round of accepting takes up to four connections, so there may be three more.)
struct ConnectionCap: AvailableConnectionsDelegate {
    let connections: OpenConnections

    func connectionOpened() { connections.opened() }
    func connectionClosed() { connections.closed() }
    func isAcceptingNewConnections() -> Bool { !connections.isFull }
}
