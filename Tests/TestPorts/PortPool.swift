import Foundation
import Synchronization

/// Gives out ports, each once, that no other pool of the machine gives out, in this process or another one.
///
/// A node that is stopped leaves its port free for a while, so that it is free says nothing about whose it is. So a pool
/// owns blocks of ports: one is owned by whoever has bound the first port of it, which the system takes back when the
/// process ends, however it ends.
package final class PortPool: Sendable {
    private struct State {
        /// Where to look for the next block.
        var next: Int
        /// Ports of the newest block that have not been given out.
        var rest: Range<UInt16> = 0..<0
        /// What holds the blocks.
        var sockets: [Int32] = []
    }

    private static let blockSize = 50

    private let range: Range<UInt16>
    private let blocks: Int
    private let state: Mutex<State>

    /// - Parameter range: where the ports lie; whole blocks of it are used.
    package init(_ range: Range<UInt16>) {
        self.range = range
        blocks = range.count / Self.blockSize
        state = Mutex(State(next: Int.random(in: 0..<max(1, blocks))))
    }

    deinit {
        for socket in state.withLock({ $0.sockets }) { close(socket) }
    }

    /// Ports on which nobody listens now.
    package func take(_ count: Int) throws -> [UInt16] {
        try state.withLock { state in
            var ports: [UInt16] = []
            while ports.count < count {
                guard let port = state.rest.popFirst() else {
                    try takeBlock(&state)
                    continue
                }
                if let socket = Self.bound(port) {
                    close(socket)
                    ports.append(port)
                }
            }
            return ports
        }
    }

    private func takeBlock(_ state: inout State) throws {
        for _ in 0..<blocks {
            let first = range.lowerBound + UInt16(state.next * Self.blockSize)
            state.next = (state.next + 1) % blocks
            guard let socket = Self.bound(first) else { continue }
            state.sockets.append(socket)
            state.rest = (first + 1)..<(first + UInt16(Self.blockSize))
            return
        }
        throw NoFreePort()
    }

    /// A socket that has the port; nil where somebody else has it. Programs that the process starts do not inherit it.
    private static func bound(_ port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    package struct NoFreePort: Error {}
}
