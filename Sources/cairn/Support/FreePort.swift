import Foundation

/// Ports of the loopback interface that nobody listens on.
enum FreePort {
    /// Asks the system for ports, holding all of them until the last is known so that they differ.
    static func pick(_ count: Int) throws -> [UInt16] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw failure() }
            sockets.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(descriptor, address, size) == 0 ? getsockname(descriptor, address, &size) : -1
                }
            }
            guard code == 0 else { throw failure() }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    private static func failure() -> CommandFailure {
        CommandFailure("no free port on 127.0.0.1: \(String(cString: strerror(errno)))")
    }
}
