import Foundation

/// Ports of the loopback interface that nobody listens on.
enum FreePort {
    /// Ports below the range from which the system gives ports to outgoing connections: one of those could be taken
    /// before a node listens on it.
    private static let range: ClosedRange<UInt16> = 10_000...29_999

    /// Picks at random and tries whether it can listen there.
    static func pick(_ count: Int) throws -> [UInt16] {
        var ports: [UInt16] = []
        for _ in 0..<1000 where ports.count < count {
            let port = UInt16.random(in: range)
            if !ports.contains(port), try isFree(port) { ports.append(port) }
        }
        guard ports.count == count else { throw failure() }
        return ports
    }

    private static func isFree(_ port: UInt16) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure() }
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

    private static func failure() -> CommandFailure {
        CommandFailure("no free port on 127.0.0.1: \(String(cString: strerror(errno)))")
    }
}
