import Foundation
import Synchronization

/// Ports of the loopback interface for nodes that tests start, stop and start again.
///
/// They lie below the range from which the system gives ports to whoever asks for any, outgoing connections included: a
/// port from that range could be somebody else's when its node starts, and requests would reach a stranger.
package enum TestPorts {
    private static let range: ClosedRange<UInt16> = 10_000...29_999
    private static let next = Mutex(UInt16.random(in: range))

    /// Free ports that this process has not given out before.
    package static func take(_ count: Int) throws -> [UInt16] {
        var ports: [UInt16] = []
        for _ in range {
            let port = next.withLock { next in
                defer { next = next == range.upperBound ? range.lowerBound : next + 1 }
                return next
            }
            if isFree(port) { ports.append(port) }
            if ports.count == count { return ports }
        }
        throw NoFreePort()
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    package struct NoFreePort: Error {}
}
